#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/str.h"

namespace slipway {
namespace {

// Linux transfers at most about 2 GiB in one call.
constexpr std::size_t kMaxTransferBytes = std::size_t{1} << 30;
constexpr int kMaxNameAttempts = 1000;

std::filesystem::path folder_of(const std::filesystem::path& file) {
  const std::filesystem::path parent = file.parent_path();
  return parent.empty() ? std::filesystem::path(".") : parent;
}

// A new file with a name of its own beside the target. The umask applies, as to any new file.
Descriptor create_beside(const std::filesystem::path& target, std::string& name) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    name = (folder_of(target) /
            str(".", target.filename().string(), ".", getpid(), "-", counter.fetch_add(1), ".new"))
               .string();
    Descriptor descriptor(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (descriptor.is_open() || errno != EEXIST) return descriptor;
  }
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open() || fsync(descriptor.number()) != 0) {
    return system_error(str("cannot sync the folder ", folder.string()));
  }
  return {};
}

}  // namespace

Error system_error(std::string_view what) {
  const int number = errno;
  const Code code = number == ENOENT || number == ENOTDIR ? Code::kNotFound : Code::kIo;
  const bool is_full = number == ENOSPC || number == EDQUOT;
  return Error{code, str(what, ": ", std::strerror(number), is_full ? "; free some space" : "")};
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Result<OpenFile> open_to_read(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe that nobody writes must not wait.
  OpenFile file{.descriptor = Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
                .size_bytes = 0};
  if (!file.descriptor.is_open()) return system_error(str("cannot open ", path.string()));
  struct stat status {};
  if (fstat(file.descriptor.number(), &status) != 0) {
    return system_error(str("cannot examine ", path.string()));
  }
  if (S_ISDIR(status.st_mode)) {
    return Error{Code::kUsage, str(path.string(), " is a folder: name a file in it")};
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{Code::kUsage, str(path.string(), " is not a regular file: save it to one first")};
  }
  file.size_bytes = static_cast<std::size_t>(status.st_size);
  return file;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const OpenFile file = TRY(open_to_read(path));
  if (file.size_bytes > max_bytes) {
    return Error{Code::kTooLarge, str(path.string(), " has ", file.size_bytes,
                                      " bytes, more than the ", max_bytes, " accepted")};
  }
  std::string content(file.size_bytes, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = read(file.descriptor.number(), content.data() + done,
                             std::min(content.size() - done, kMaxTransferBytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(str("cannot read ", path.string()));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  content.resize(done);
  return content;
}

AtomicFile::AtomicFile(std::filesystem::path target, std::string temporary, Descriptor descriptor)
    : target_(std::move(target)),
      temporary_(std::move(temporary)),
      descriptor_(std::move(descriptor)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::move(other.descriptor_)) {}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& path) {
  std::string temporary;
  Descriptor descriptor = create_beside(path, temporary);
  if (!descriptor.is_open()) return system_error(str("cannot write ", path.string()));
  AtomicFile file(path, std::move(temporary), std::move(descriptor));
  struct stat replaced {};
  if (stat(path.c_str(), &replaced) == 0 &&
      fchmod(file.descriptor_.number(), replaced.st_mode & 0777U) != 0) {
    return system_error(str("cannot set the permissions of ", path.string()));
  }
  return file;
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::write(descriptor_.number(), bytes.data(), std::min(bytes.size(), kMaxTransferBytes));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error(str("cannot write ", target_.string()));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status AtomicFile::skip(std::uint64_t bytes) {
  const off_t end = lseek(descriptor_.number(), static_cast<off_t>(bytes), SEEK_CUR);
  if (end < 0 || ftruncate(descriptor_.number(), end) != 0) {
    return system_error(str("cannot write ", target_.string()));
  }
  return {};
}

Status AtomicFile::commit() {
  if (fsync(descriptor_.number()) != 0) {
    return system_error(str("cannot write ", target_.string(), " to disk"));
  }
  if (rename(temporary_.c_str(), target_.c_str()) != 0) {
    return system_error(str("cannot replace ", target_.string()));
  }
  temporary_.clear();
  return sync_folder(folder_of(target_));
}

Status write_file(const std::filesystem::path& path, std::string_view content) {
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.write(content));
  return file.commit();
}

}  // namespace slipway
