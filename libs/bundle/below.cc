#include "bundle/below.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/str.h"

namespace slipway::bundle {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

Result<Below> Below::open(const std::filesystem::path& folder) {
  Descriptor root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.is_open()) return system_error(str("cannot open the folder ", folder.string()));
  return Below(std::move(root), folder);
}

Result<Descriptor> Below::parent_of(const std::string& path, bool makes_folders) const {
  Descriptor at(openat(root_.number(), ".", kFolder));
  if (!at.is_open()) return system_error(str("cannot open the folder ", folder_.string()));
  for (std::size_t begin = 0, end = 0; (end = path.find('/', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string part = path.substr(begin, end - begin);
    if (makes_folders && mkdirat(at.number(), part.c_str(), 0777) != 0 && errno != EEXIST)
      return system_error(str("cannot make the folder ", shown(path.substr(0, end))));
    Descriptor next(openat(at.number(), part.c_str(), kFolder));
    if (!next.is_open()) {
      const bool is_link = errno == ELOOP || errno == ENOTDIR;
      if (is_link) return Error{Code::kInvalid, str(shown(path.substr(0, end)), " is no folder")};
      return system_error(str("cannot open the folder ", shown(path.substr(0, end))));
    }
    at = std::move(next);
  }
  return at;
}

Result<OpenFile> Below::open_file(const std::string& path) const {
  const Descriptor parent = TRY(parent_of(path, false));
  OpenFile file;
  file.descriptor = Descriptor(openat(parent.number(), name_of(path).c_str(),
                                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.descriptor.is_open()) {
    if (errno == ELOOP) return Error{Code::kInvalid, shown(path) + " is a link, not a file"};
    return system_error(str("cannot open ", shown(path)));
  }
  struct stat status {};
  if (fstat(file.descriptor.number(), &status) != 0)
    return system_error(str("cannot examine ", shown(path)));
  if (!S_ISREG(status.st_mode)) return Error{Code::kInvalid, shown(path) + " is no file"};
  file.size_bytes = static_cast<std::size_t>(status.st_size);
  return file;
}

Result<Descriptor> Below::create_file(const std::string& path) const {
  const Descriptor parent = TRY(parent_of(path, true));
  Descriptor file(openat(parent.number(), name_of(path).c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file.is_open()) return system_error(str("cannot make ", shown(path)));
  return file;
}

Status Below::sync_folders(const std::vector<std::string>& paths) const {
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1))
      folders.insert(path.substr(0, end + 1));
  }
  folders.insert("");
  for (const std::string& folder : folders) {
    const Descriptor parent = TRY(parent_of(folder, false));
    if (fsync(parent.number()) != 0)
      return system_error(str("cannot sync the folder ", shown(folder)));
  }
  return {};
}

}  // namespace slipway::bundle
