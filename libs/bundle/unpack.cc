#include "bundle/unpack.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "base/str.h"
#include "bundle/below.h"

namespace slipway::bundle {
namespace {

namespace fs = std::filesystem;

constexpr int kMostAttempts = 1000;

Error already_there(const fs::path& folder) {
  return Error{Code::kUsage,
               str(folder.string(), " is there already: name a folder that is not, or remove it")};
}

bool is_there(const fs::path& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

// "a/b/" names what "a/b" does.
fs::path without_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

// A new folder beside the target, which goes away with all that is in it unless it becomes the
// target.
class NewFolder {
 public:
  static Result<NewFolder> make(const fs::path& target) {
    const std::string name = target.filename().string();
    if (name.empty() || name == "." || name == "..") return already_there(target);
    for (int i = 0; i < kMostAttempts; ++i) {
      const fs::path path = target.parent_path() / str(".", name, ".", getpid(), "-", i, ".new");
      if (mkdir(path.c_str(), 0777) == 0) return NewFolder(path);
      if (errno != EEXIST) break;
    }
    return system_error(str("cannot make a folder beside ", target.string()));
  }
  NewFolder(NewFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  Status become(const fs::path& target) {
    int failed = renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE);
    if (failed != 0 && (errno == EINVAL ||
                        errno == ENOSYS)) {  // the file system cannot: it replaces an empty folder
      if (is_there(target)) return already_there(target);
      failed = rename(path_.c_str(), target.c_str());
    }
    if (failed != 0 && errno == EEXIST) return already_there(target);
    if (failed != 0) return system_error(str("cannot make ", target.string()));
    path_.clear();
    const fs::path parent = target.parent_path();
    const Below beside = TRY(Below::open(parent.empty() ? fs::path(".") : parent));
    return beside.sync_folders({});
  }

 private:
  explicit NewFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

class FileSink final : public Sink {
 public:
  FileSink(Descriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  Status write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = ::write(file_.number(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return system_error(str("cannot write ", name_));
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  Status zeros(std::uint64_t count) override {
    const off_t end = lseek(file_.number(), static_cast<off_t>(count), SEEK_CUR);
    if (end < 0 || ftruncate(file_.number(), end) != 0)
      return system_error(str("cannot write ", name_));
    return {};
  }
  Status sync() const {
    if (fsync(file_.number()) == 0) return {};
    return system_error(str("cannot write ", name_, " to disk"));
  }

 private:
  Descriptor file_;
  std::string name_;
};

// Whether a path is `name`, or lies in the folder of this name.
bool is_in(std::string_view path, std::string_view name) {
  return path == name || (path.starts_with(name) && path.substr(name.size()).starts_with('/'));
}

Result<std::vector<FileEntry>> selected(const Manifest& manifest,
                                        const std::vector<std::string>& only) {
  if (only.empty()) return manifest.files;
  std::vector<FileEntry> files;
  for (const std::string& given : only) {
    const std::string name = given.ends_with('/') ? given.substr(0, given.size() - 1) : given;
    if (!std::ranges::any_of(manifest.files,
                             [&](const FileEntry& file) { return is_in(file.path, name); }))
      return Error{Code::kUsage, str("the bundle has no file and no folder '", shorten(given),
                                     "': slipway show lists its files")};
  }
  std::ranges::copy_if(manifest.files, std::back_inserter(files), [&](const FileEntry& file) {
    return std::ranges::any_of(only, [&](const std::string& given) {
      return is_in(file.path, given.ends_with('/') ? given.substr(0, given.size() - 1) : given);
    });
  });
  return files;
}

}  // namespace

Status unpack(Source& source, const fs::path& folder, const std::vector<std::string>& only,
              const Progress& progress) {
  const fs::path target = without_slash(folder);
  const std::vector<FileEntry> files = TRY(selected(source.manifest(), only));
  if (is_there(target)) return already_there(target);
  NewFolder made = TRY(NewFolder::make(target));
  const Below below = TRY(Below::open(made.path()));
  const auto sink_of = [&](const std::string& path) -> Result<FileSink> {
    return FileSink(TRY(below.create_file(path)), (target / path).string());
  };
  std::vector<std::string> paths;
  for (const FileEntry& file : files) {
    FileSink sink = TRY(sink_of(file.path));
    TRY(copy_object(source, file, sink, progress));
    TRY(sink.sync());
    paths.push_back(file.path);
  }
  if (only.empty()) {
    FileSink sink = TRY(sink_of(std::string(kManifestName)));
    TRY(sink.write(std::as_bytes(std::span(source.manifest_text()))));
    TRY(sink.sync());
    TRY(source.check_rest());
  }
  TRY(below.sync_folders(paths));
  return made.become(target);
}

}  // namespace slipway::bundle
