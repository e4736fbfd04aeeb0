#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/files.h"
#include "base/str.h"
#include "disk/disk.h"

namespace slipway::disk {
namespace {

// Linux transfers at most about 2 GiB in one call.
constexpr std::size_t kMaxTransferBytes = std::size_t{1} << 30;

Error failure(std::string_view what, const Path& path) {
  const int number = errno;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
    return {Code::kTooLarge,
            str(what, " ", path.string(), ": ", std::strerror(number), "; free some space")};
  }
  return system_error(str(what, " ", path.string()));
}

template <typename Call>
auto again_if_interrupted(Call call) {
  auto got = call();
  while (got < 0 && errno == EINTR) got = call();
  return got;
}

class RealFile : public File {
 public:
  RealFile(Path path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  Status write(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = again_if_interrupted([&] {
        return ::write(descriptor_.number(), bytes.data(),
                       std::min(bytes.size(), kMaxTransferBytes));
      });
      if (put < 0) return failure("cannot write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }

  Status zeros(std::uint64_t count) override {
    struct stat status {};
    if (fstat(descriptor_.number(), &status) != 0) return failure("cannot examine", path_);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    constexpr std::uint64_t kMost = std::numeric_limits<off_t>::max();
    if (count > kMost || size > kMost - count) errno = EFBIG;
    if (count > kMost || size > kMost - count ||
        again_if_interrupted([&] {
          return ftruncate(descriptor_.number(), static_cast<off_t>(size + count));
        }) != 0) {
      return failure("cannot write", path_);
    }
    // What is written next goes behind them.
    if (lseek(descriptor_.number(), 0, SEEK_END) < 0) return failure("cannot write", path_);
    return {};
  }

  Status sync() override {
    if (again_if_interrupted([&] { return fsync(descriptor_.number()); }) != 0)
      return failure("cannot write to disk:", path_);
    return {};
  }

 private:
  Path path_;
  Descriptor descriptor_;
};

class RealLock : public Lock {
 public:
  explicit RealLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

Descriptor open_at(const Path& path, int flags) {
  // O_NONBLOCK: opening a pipe that nobody reads or writes must not wait.
  return Descriptor(again_if_interrupted(
      [&] { return open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666); }));
}

Result<Descriptor> open_regular(const Path& path, int flags) {
  Descriptor descriptor = open_at(path, flags);
  if (!descriptor.is_open()) return failure("cannot open", path);
  struct stat status {};
  if (fstat(descriptor.number(), &status) != 0) return failure("cannot examine", path);
  if (!S_ISREG(status.st_mode))
    return Error{Code::kIo, str("cannot open ", path.string(), ": it is not a regular file")};
  return descriptor;
}

Result<Entry> entry_of(const Path& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return failure("cannot examine", path);
  Entry entry{.name = path.filename().string(), .kind = Kind::kOther, .bytes = 0, .id = 0};
  if (S_ISDIR(status.st_mode)) entry.kind = Kind::kFolder;
  if (S_ISREG(status.st_mode)) {
    entry.kind = Kind::kFile;
    entry.bytes = static_cast<std::uint64_t>(status.st_size);
  }
  entry.id = status.st_ino;
  return entry;
}

// Who wrote its number into the file of a lock.
std::string holder_of(const Descriptor& descriptor) {
  char text[32] = {};
  const ssize_t got = pread(descriptor.number(), text, sizeof text - 1, 0);
  const std::string_view digits(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t end = std::min(digits.find_first_not_of("0123456789"), digits.size());
  return end == 0 ? "another process" : str("process ", digits.substr(0, end));
}

class RealDisk : public Disk {
 public:
  Result<std::unique_ptr<File>> create(const Path& path) override {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL;
    Descriptor descriptor = open_at(path, kFlags);
    if (!descriptor.is_open() && errno == EEXIST) {
      if (unlink(path.c_str()) != 0) return failure("cannot replace", path);
      descriptor = open_at(path, kFlags);
    }
    if (!descriptor.is_open()) return failure("cannot create", path);
    return std::unique_ptr<File>(std::make_unique<RealFile>(path, std::move(descriptor)));
  }

  Result<std::unique_ptr<File>> append(const Path& path) override {
    Descriptor descriptor = TRY(open_regular(path, O_WRONLY | O_CREAT | O_APPEND));
    return std::unique_ptr<File>(std::make_unique<RealFile>(path, std::move(descriptor)));
  }

  Status make_folder(const Path& path) override {
    if (mkdir(path.c_str(), 0777) == 0) return {};
    if (errno != EEXIST) return failure("cannot make the folder", path);
    const Entry entry = TRY(entry_of(path));
    if (entry.kind == Kind::kFolder) return {};
    return Error{Code::kIo,
                 str("cannot make the folder ", path.string(), ": something else has that name")};
  }

  Status rename(const Path& from, const Path& to) override {
    struct stat source {};
    struct stat target {};
    if (lstat(from.c_str(), &source) == 0 && lstat(to.c_str(), &target) == 0 &&
        (S_ISDIR(source.st_mode) || S_ISDIR(target.st_mode))) {
      return Error{Code::kIo, str("cannot rename ", from.string(), " to ", to.string(),
                                  ": that name is taken")};
    }
    if (::rename(from.c_str(), to.c_str()) == 0) return {};
    return failure(str("cannot rename ", from.string(), " to"), to);
  }

  Status link(const Path& file, const Path& name) override {
    if (::link(file.c_str(), name.c_str()) == 0) return {};
    if (errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS) {
      return Error{Code::kUnsupported,
                   str("cannot give ", file.string(), " the name ", name.string(),
                       ": this file system has no hard links; use one that has, as ext4")};
    }
    return failure(str("cannot give ", file.string(), " the name"), name);
  }

  Status remove(const Path& path) override {
    if (::remove(path.c_str()) == 0) return {};
    return failure("cannot remove", path);
  }

  Status sync_folder(const Path& path) override {
    const Descriptor descriptor = open_at(path, O_RDONLY | O_DIRECTORY);
    if (!descriptor.is_open()) return failure("cannot open the folder", path);
    if (again_if_interrupted([&] { return fsync(descriptor.number()); }) == 0) return {};
    if (errno == EINVAL) return {};  // file systems that have no such call
    return failure("cannot write to disk the folder", path);
  }

  Status reserve(const Path& path, std::uint64_t bytes) override {
    const Descriptor descriptor = TRY(open_regular(path, O_WRONLY));
    if (bytes == 0) return {};
    if (again_if_interrupted([&] {
          return fallocate(descriptor.number(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes));
        }) == 0) {
      return {};
    }
    if (errno != EOPNOTSUPP && errno != ENOSYS) return failure("cannot take space for", path);
    const std::uint64_t taken = TRY(look(path)).bytes;
    if (bytes <= taken || bytes - taken <= TRY(free_bytes(folder_of(path)))) return {};
    errno = ENOSPC;
    return failure("cannot take space for", path);
  }

  Status shorten(const Path& path, std::uint64_t bytes) override {
    const Descriptor descriptor = TRY(open_regular(path, O_WRONLY));
    struct stat status {};
    if (fstat(descriptor.number(), &status) != 0) return failure("cannot examine", path);
    if (static_cast<std::uint64_t>(status.st_size) < bytes) {
      return Error{Code::kIo,
                   str("cannot shorten ", path.string(), ": it has fewer than ", bytes, " bytes")};
    }
    const auto size = static_cast<off_t>(bytes);
    if (again_if_interrupted([&] { return ftruncate(descriptor.number(), size); }) != 0 ||
        again_if_interrupted([&] { return fsync(descriptor.number()); }) != 0) {
      return failure("cannot shorten", path);
    }
    return {};
  }

  Result<std::unique_ptr<Lock>> lock(const Path& path) override {
    Descriptor descriptor = TRY(open_regular(path, O_RDWR | O_CREAT));
    if (again_if_interrupted([&] { return flock(descriptor.number(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return failure("cannot lock", path);
      return Error{Code::kIo, str(path.string(), " is held by ", holder_of(descriptor),
                                  ": wait until it has finished")};
    }
    // Only a message needs the number: on a full disk it is not there.
    const std::string number = str(getpid(), "\n");
    if (ftruncate(descriptor.number(), 0) == 0) {
      [[maybe_unused]] const ssize_t put =
          pwrite(descriptor.number(), number.data(), number.size(), 0);
    }
    return std::unique_ptr<Lock>(std::make_unique<RealLock>(std::move(descriptor)));
  }

  Result<Entry> look(const Path& path) override { return entry_of(path); }

  Result<std::vector<Entry>> list(const Path& folder) override {
    const Descriptor descriptor = open_at(folder, O_RDONLY | O_DIRECTORY);
    if (!descriptor.is_open()) return failure("cannot list", folder);
    const int copy = dup(descriptor.number());  // closedir() closes it
    DIR* const stream = copy < 0 ? nullptr : fdopendir(copy);
    if (stream == nullptr) {
      Error error = failure("cannot list", folder);
      if (copy >= 0) close(copy);
      return error;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> closes(stream, closedir);
    std::vector<Entry> entries;
    errno = 0;
    while (const dirent* found = readdir(stream)) {
      const std::string_view name = found->d_name;
      if (name != "." && name != "..") {
        Result<Entry> entry = entry_of(folder / name);
        if (!entry.ok() && entry.error().code != Code::kNotFound) return entry.error();
        if (entry.ok()) entries.push_back(*std::move(entry));
      }
      errno = 0;
    }
    if (errno != 0) return failure("cannot list", folder);
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::string> read(const Path& path, std::size_t max_bytes) override {
    const Descriptor descriptor = TRY(open_regular(path, O_RDONLY));
    struct stat status {};
    if (fstat(descriptor.number(), &status) != 0) return failure("cannot examine", path);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > max_bytes) {
      return Error{Code::kTooLarge, str(path.string(), " has ", size, " bytes, more than the ",
                                        max_bytes, " accepted")};
    }
    std::string content(size, '\0');
    const std::size_t got =
        TRY(read_from(descriptor, path, 0, std::as_writable_bytes(std::span(content))));
    content.resize(got);
    return content;
  }

  Result<std::size_t> read_at(const Path& path, std::uint64_t offset,
                              std::span<std::byte> to) override {
    const Descriptor descriptor = TRY(open_regular(path, O_RDONLY));
    return read_from(descriptor, path, offset, to);
  }

  void read_anew(const Path& path) override {
    const Result<Descriptor> descriptor = open_regular(path, O_RDONLY);
    if (descriptor.ok()) posix_fadvise(descriptor->number(), 0, 0, POSIX_FADV_DONTNEED);
  }

  Result<std::uint64_t> free_bytes(const Path& folder) override {
    struct statvfs status {};
    if (again_if_interrupted([&] { return statvfs(folder.c_str(), &status); }) != 0)
      return failure("cannot tell how much is free in", folder);
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }

 private:
  static Result<std::size_t> read_from(const Descriptor& descriptor, const Path& path,
                                       std::uint64_t offset, std::span<std::byte> to) {
    std::size_t done = 0;
    while (done < to.size()) {
      const ssize_t got = again_if_interrupted([&] {
        return pread(descriptor.number(), to.data() + done,
                     std::min(to.size() - done, kMaxTransferBytes),
                     static_cast<off_t>(offset + done));
      });
      if (got < 0) return failure("cannot read", path);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

}  // namespace slipway::disk
