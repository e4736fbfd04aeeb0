#include "choose/publication.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/str.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

Result<Descriptor> open_folder(const fs::path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open()) return system_error(str(path.string(), " cannot be opened"));
  return descriptor;
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) {
    return Error{Code::kIo, str(path.string(), " cannot be removed: ", error.message())};
  }
  return {};
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

Status sync(const fs::path& path, int flags) {
  const Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC));
  if (!descriptor.is_open() || ::fsync(descriptor.number()) != 0)
    return system_error(str(path.string(), " cannot be put on disk"));
  return {};
}

// Files first, then the folders that name them.
Status sync_tree(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) {
      TRY(sync_tree(entry.path()));
    } else {
      TRY(sync(entry.path(), O_RDONLY));
    }
  }
  if (error) return Error{Code::kIo, str(folder.string(), " cannot be read: ", error.message())};
  return sync(folder, O_RDONLY | O_DIRECTORY);
}

Status refuse_strangers(const fs::path& target) {
  if (!is_there(target)) return {};
  std::error_code error;
  const bool is_folder = fs::is_directory(fs::symlink_status(target, error));
  const bool is_ours =
      is_folder && (fs::exists(target / kMark, error) || fs::is_empty(target, error));
  if (is_ours) return {};
  return Error{Code::kUsage, str(target.string(),
                                 " is there and was not made by slipway build: move "
                                 "it away, or name another folder with -o")};
}

Status rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return system_error(str(from.string(), " cannot become ", to.string()));
}

}  // namespace

Result<Publication> Publication::begin(const fs::path& target) {
  std::error_code error;
  const fs::path whole = fs::absolute(target, error).lexically_normal();
  const fs::path clean = whole.has_filename() ? whole : whole.parent_path();
  if (error || !clean.has_filename())
    return Error{Code::kUsage, str(target.string(), " is no name for a folder of artifacts")};
  Publication publication;
  publication.target_ = clean;
  const std::string name = clean.filename().string();
  publication.old_ = clean.parent_path() / str(".", name, ".old");
  publication.lock_ = TRY(open_folder(clean.parent_path()));
  if (::flock(publication.lock_.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return system_error(str(clean.parent_path().string(), " cannot be locked"));
    return Error{Code::kIo, str("another build is at work in ", clean.parent_path().string(),
                                ": wait until it is done")};
  }
  // Where folders cannot be exchanged, a build may have been killed between the two renames.
  if (!is_there(clean) && is_there(publication.old_)) TRY(rename_path(publication.old_, clean));
  TRY(refuse_strangers(clean));
  TRY(remove_tree(publication.old_));
  const fs::path folder = clean.parent_path() / str(".", name, ".new");
  TRY(remove_tree(folder));
  if (::mkdir(folder.c_str(), 0777) != 0)
    return system_error(str(folder.string(), " cannot be made"));
  publication.folder_ = folder;
  return publication;
}

Publication::Publication(Publication&& other) noexcept
    : target_(std::move(other.target_)),
      folder_(std::exchange(other.folder_, {})),
      old_(std::move(other.old_)),
      lock_(std::move(other.lock_)) {}

Publication::~Publication() {
  if (!folder_.empty()) (void)remove_tree(folder_);  // else the next build does
}

Status Publication::publish() {
  TRY(sync_tree(folder_));
  const fs::path parent = target_.parent_path();
  if (!is_there(target_)) {
    TRY(rename_path(folder_, target_));
    folder_.clear();
    return sync(parent, O_RDONLY | O_DIRECTORY);
  }
  if (::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) {
    TRY(sync(parent, O_RDONLY | O_DIRECTORY));
    return remove_tree(std::exchange(folder_, {}));
  }
  if (errno != EINVAL && errno != ENOSYS)
    return system_error(str(folder_.string(), " cannot become ", target_.string()));
  TRY(rename_path(target_, old_));
  Status renamed = rename_path(folder_, target_);
  if (!renamed.ok()) {
    (void)rename_path(old_, target_);
    return renamed;
  }
  folder_.clear();
  TRY(sync(parent, O_RDONLY | O_DIRECTORY));
  return remove_tree(old_);
}

}  // namespace slipway::choose
