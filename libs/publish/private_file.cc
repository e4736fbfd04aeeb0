#include "publish/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"
#include "base/str.h"
#include "disk/disk.h"

namespace slipway::publish {
namespace {

Status write_all(const Descriptor& file, std::string_view content,
                 const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t put = ::write(file.number(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error(str("cannot write ", path.native()));
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  if (fsync(file.number()) == 0) return {};
  return system_error(str("cannot write to disk: ", path.native()));
}

}  // namespace

Status write_private_file(const std::filesystem::path& path, std::string_view content) {
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open() && errno == EEXIST)
    return Error{Code::kUsage, str(path.native(), " is there already: it stays as it is")};
  if (!file.is_open()) return system_error(str("cannot create ", path.native()));
  Status done = write_all(file, content, path);
  if (done.ok()) done = sync_folder(path.parent_path());
  if (!done.ok()) unlink(path.c_str());
  return done;
}

Status make_private_folder(const std::filesystem::path& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(str("cannot make the folder ", path.native()));
  std::error_code error;
  if (!std::filesystem::is_directory(path, error))
    return Error{Code::kUsage, str(path.native(), " is no folder")};
  return sync_folder(disk::folder_of(path));
}

Status sync_folder(const std::filesystem::path& path) {
  return disk::real_disk().sync_folder(path.empty() ? "." : path);
}

Result<bool> is_open_to_others(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return system_error(str("cannot examine ", path.native()));
  return (status.st_mode & 0077U) != 0;
}

}  // namespace slipway::publish
