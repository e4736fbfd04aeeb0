#include "fetch/file_fetcher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/files.h"
#include "base/str.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 << 10;

// A descriptor's entry in /proc, by which Linux tells its real path and opens it again.
std::string entry_of(const Descriptor& descriptor) {
  return str("/proc/self/fd/", descriptor.number());
}

Result<std::string> real_path(const Descriptor& descriptor) {
  std::array<char, 4096 + 16> text{};
  const ssize_t size = readlink(entry_of(descriptor).c_str(), text.data(), text.size());
  if (size < 0) return system_error("cannot look into /proc, which has to be mounted");
  return std::string(text.data(), static_cast<std::size_t>(size));
}

bool is_below(const std::string& path, const std::string& root) {
  if (root == "/") return true;
  return path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/';
}

// O_PATH: a name's file without opening it.
Result<Descriptor> locate(const fs::path& path) {
  Descriptor found(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found.is_open()) return system_error(str("cannot open ", shown_url(path.string())));
  return found;
}

Error refused(const fs::path& path, std::string_view why) {
  return {Code::kIo, str(shown_url(path.string()), " is refused: ", why)};
}

struct Found {
  Descriptor descriptor;
  std::uint64_t bytes = 0;
  std::string version;
};

std::string version_of(const struct stat& status) {
  return str(status.st_dev, "-", status.st_ino, "-", status.st_size, "-", status.st_mtim.tv_sec,
             ".", status.st_mtim.tv_nsec);
}

Result<struct stat> examine(const Descriptor& descriptor, const fs::path& path) {
  struct stat status {};
  if (fstat(descriptor.number(), &status) != 0)
    return system_error(str("cannot examine ", shown_url(path.string())));
  return status;
}

Result<Found> open_below(const fs::path& root, const fs::path& path) {
  for (const fs::path& part : path) {
    if (part == "..")
      return refused(path, "a part \"..\" may lead out of the folder; write the path without");
  }
  const Result<Descriptor> folder = locate(root);
  if (!folder.ok()) {  // not kNotFound: nothing is known of the file
    return Error{Code::kIo, str(folder.error().message, "; is the medium there, and mounted?")};
  }
  const Descriptor located = TRY(locate(path));
  const std::string real_root = TRY(real_path(*folder));
  const std::string real = TRY(real_path(located));
  if (!is_below(real, real_root)) {
    return refused(path, str("it lies at ", shown_url(real), ", outside of ", shown_url(real_root),
                             "; copy the file into that folder"));
  }
  const struct stat before = TRY(examine(located, path));
  if (!S_ISREG(before.st_mode)) return refused(path, "it is not a regular file");
  Found found;
  found.descriptor = Descriptor(open(entry_of(located).c_str(), O_RDONLY | O_CLOEXEC));
  if (!found.descriptor.is_open())
    return system_error(str("cannot open ", shown_url(path.string())));
  const struct stat status = TRY(examine(found.descriptor, path));
  found.bytes = static_cast<std::uint64_t>(status.st_size);
  found.version = version_of(status);
  return found;
}

Status copy(const Found& file, std::uint64_t offset, const fs::path& path, const Watch& watch,
            Sink& sink) {
  std::vector<std::byte> piece(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, file.bytes - offset)));
  while (offset < file.bytes) {
    if (watch.wants_to_stop())
      return Error{Code::kIo, str(shown_url(path.string()), ": the transfer was cancelled")};
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.bytes - offset));
    const ssize_t got =
        pread(file.descriptor.number(), piece.data(), wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Error{Code::kIo,
                   str("cannot read ", shown_url(path.string()), ": ", std::strerror(errno),
                       "; is the medium damaged, or was it taken out?")};
    }
    if (got == 0) break;
    TRY(sink.write(std::span(piece).first(static_cast<std::size_t>(got))));
    offset += static_cast<std::uint64_t>(got);
    if (watch.progress) watch.progress(offset, file.bytes);
  }
  if (version_of(TRY(examine(file.descriptor, path))) != file.version || offset != file.bytes) {
    return Error{Code::kIo, str(shown_url(path.string()),
                                " changed while it was read; try again once it is complete")};
  }
  return {};
}

}  // namespace

Status FileFetcher::fetch(const Request& request, Sink& sink) {
  const fs::path path = TRY(path_of(request.url));
  const Found file = TRY(open_below(root_, path));
  if (file.bytes > request.most_bytes) {
    return Error{Code::kTooLarge, str(shown_url(request.url), " has ", file.bytes,
                                      " bytes, more than the ", request.most_bytes, " accepted")};
  }
  const bool is_same = request.never_changes || request.version == file.version;
  const std::uint64_t offset = is_same && request.offset <= file.bytes ? request.offset : 0;
  TRY(sink.begin({.offset = offset, .total_bytes = file.bytes, .version = file.version}));
  return copy(file, offset, path, watch_, sink);
}

}  // namespace slipway::fetch
