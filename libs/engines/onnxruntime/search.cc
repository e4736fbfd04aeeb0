#include "engines/onnxruntime/search.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/str.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 100'000;  // of one folder

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> split(const std::string& folders) {
  std::vector<fs::path> parts;
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t colon = std::min(folders.find(':', at), folders.size());
    // A relative folder would load whatever lies where the program happens to run.
    fs::path part = folders.substr(at, colon - at);
    if (part.is_absolute()) parts.push_back(std::move(part));
    at = colon + 1;
  }
  return parts;
}

// Files or folders of `folder` whose names begin with `start`, the highest number first: "2.10"
// before "2.9".
std::vector<fs::path> entries(const fs::path& folder, std::string_view start) {
  std::vector<fs::path> found;
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && count < kMostEntries;
       at.increment(error), ++count) {
    if (at->path().filename().string().starts_with(start)) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return strverscmp(a.c_str(), b.c_str()) > 0;
  });
  return found;
}

// The library of a folder, by the name without a version first.
void add_library(const fs::path& folder, const std::string& why, std::vector<Candidate>& to) {
  std::error_code error;
  if (fs::exists(folder / "libonnxruntime.so", error)) {
    to.push_back({folder / "libonnxruntime.so", why});
    return;
  }
  const std::vector<fs::path> versions = entries(folder, "libonnxruntime.so.");
  if (!versions.empty()) to.push_back({versions.front(), why});
}

// Of a Python installation: PREFIX/lib/python3.11/site-packages, or Debian's dist-packages.
void add_package(const fs::path& prefix, const std::string& why, std::vector<Candidate>& to) {
  for (const fs::path& python : entries(prefix / "lib", "python3")) {
    for (const char* packages : {"site-packages", "dist-packages"})
      add_library(python / packages / "onnxruntime" / "capi", why, to);
  }
}

// A folder that anybody could have filled is no place to load code from.
bool is_ours(const fs::path& folder) {
  struct stat status {};
  return stat(folder.c_str(), &status) == 0 && (status.st_uid == geteuid() || status.st_uid == 0) &&
         (status.st_mode & S_IWOTH) == 0;
}

}  // namespace

Surroundings Surroundings::here() {
  Surroundings here;
  here.chosen = environment("SLIPWAY_ONNXRUNTIME");
  here.virtual_environment = environment("VIRTUAL_ENV");
  here.path = environment("PATH");
  here.library_path = environment("LD_LIBRARY_PATH");
  here.home = environment("HOME");
  std::error_code error;
  here.folder = fs::current_path(error);
#ifdef __aarch64__
  const char* const triplet = "aarch64-linux-gnu";
#else
  const char* const triplet = "x86_64-linux-gnu";
#endif
  for (const char* root : {"/usr/local/lib", "/usr/lib", "/opt/onnxruntime/lib"}) {
    here.system_folders.push_back(fs::path(root) / triplet);
    here.system_folders.emplace_back(root);
  }
  return here;
}

std::vector<Candidate> find_onnxruntime(const Surroundings& surroundings) {
  if (!surroundings.chosen.empty()) return {{surroundings.chosen, "SLIPWAY_ONNXRUNTIME"}};
  std::vector<Candidate> found;
  if (!surroundings.virtual_environment.empty())
    add_package(surroundings.virtual_environment, "the active virtual environment", found);
  for (const fs::path& folder : split(surroundings.path)) {
    std::error_code error;
    const fs::path python = folder / "python3";
    if (!fs::exists(python, error)) continue;
    const std::string why = str("the pip package of ", python.string());
    add_package(folder.parent_path(), why, found);
    if (folder.parent_path() == "/usr") add_package("/usr/local", why, found);
  }
  const fs::path own = surroundings.folder / ".venv";
  if (!surroundings.folder.empty() && is_ours(own)) add_package(own, "./.venv", found);
  if (!surroundings.home.empty())
    add_package(surroundings.home / ".local", "the user's pip package", found);
  for (const fs::path& folder : split(surroundings.library_path))
    add_library(folder, "LD_LIBRARY_PATH", found);
  for (const fs::path& folder : surroundings.system_folders)
    add_library(folder, "the system", found);

  // The same file by two ways counts once.
  std::vector<fs::path> seen;
  std::erase_if(found, [&](const Candidate& candidate) {
    std::error_code error;
    const fs::path real = fs::canonical(candidate.library, error);
    if (error || std::find(seen.begin(), seen.end(), real) != seen.end()) return true;
    seen.push_back(real);
    return false;
  });
  return found;
}

}  // namespace slipway::engines
