#include "fetch/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "base/str.h"
#include "digest/digest.h"
#include "fetch/url.h"

namespace slipway::fetch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 << 10;
constexpr std::uint64_t kCheckpointBytes = 64 << 20;
constexpr std::size_t kMostRecordBytes = 4096;
constexpr std::string_view kFormat = "slipway part 1";

fs::path with_suffix(fs::path path, std::string_view suffix) {
  path += suffix;
  return path;
}

// Another one after each start of the machine: what was written in this one cannot have been lost.
std::string boot_id() {
  const Descriptor file(open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  char text[64];
  const ssize_t size = file.is_open() ? read(file.number(), text, sizeof text) : -1;
  std::string id(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id.empty() ? "unknown" : id;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

Status check_target(const fs::path& to) {
  struct stat status {};
  if (!to.has_filename() || to.filename() == "." || to.filename() == "..")
    return Error{Code::kUsage, str(to.string(), " is no name of a file")};
  if (stat(to.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return Error{Code::kUsage,
                 str(to.string(), S_ISDIR(status.st_mode) ? " is a folder: name a file in it"
                                                          : " is not a regular file: name one")};
  }
  return {};
}

}  // namespace

PartFile::PartFile(fs::path to, Descriptor descriptor)
    : to_(std::move(to)),
      part_(with_suffix(to_, ".part")),
      record_(with_suffix(to_, ".part.from")),
      descriptor_(std::move(descriptor)) {}

Result<PartFile> PartFile::open(fs::path to, const std::string& url, std::string sha256) {
  TRY(check_target(to));
  const std::string name = with_suffix(to, ".part").string();
  PartFile part(std::move(to),
                Descriptor(::open(name.c_str(),
                                  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666)));
  const int number = part.descriptor_.number();
  if (!part.descriptor_.is_open()) return system_error(str("cannot write ", name));
  struct stat status {};
  if (fstat(number, &status) != 0) return system_error(str("cannot examine ", name));
  if (!S_ISREG(status.st_mode))
    return Error{Code::kIo, str(name, " is not a regular file: remove it, or name another file")};
  if (flock(number, LOCK_EX | LOCK_NB) != 0) {
    return Error{Code::kIo, str(name,
                                " is in use: another slipway fetches to it; wait for it, or "
                                "name another file")};
  }
  part.bytes_ = static_cast<std::uint64_t>(status.st_size);
  part.url_sha256_ = slipway::sha256(without_credentials(url));
  part.sha256_ = std::move(sha256);
  part.read_record();
  return part;
}

// Lines: the format, the URL's hash, the version, the hash that is expected or "-", the boot, the
// bytes that were on disk for certain.
void PartFile::read_record() {
  const std::uint64_t there = std::exchange(bytes_, 0);
  const Result<std::string> text = read_file(record_, kMostRecordBytes);
  if (!text.ok()) return;
  const std::vector<std::string> lines = lines_of(*text);
  if (lines.size() != 6 || lines[0] != kFormat) return;
  std::uint64_t synced = 0;
  const char* end = lines[5].data() + lines[5].size();
  if (std::from_chars(lines[5].data(), end, synced).ptr != end) return;
  const bool is_same_url = lines[1] == url_sha256_;
  const bool is_same_hash = !sha256_.empty() && lines[3] == sha256_;
  if (!is_same_hash && !(is_same_url && !lines[2].empty())) return;
  if (is_same_url) version_ = lines[2];
  never_changes_ = is_same_hash && version_.empty();
  bytes_ = lines[4] == boot_id() ? there : std::min(there, synced);
  synced_bytes_ = std::min(bytes_, synced);
}

Status PartFile::write_record() const {
  return write_file(
      record_, str(kFormat, "\n", url_sha256_, "\n", version_, "\n",
                   sha256_.empty() ? "-" : sha256_, "\n", boot_id(), "\n", synced_bytes_, "\n"));
}

Request PartFile::request(std::string url, std::uint64_t most_bytes) const {
  Request request{.url = std::move(url), .most_bytes = most_bytes};
  if (bytes_ > most_bytes) return request;
  request.offset = bytes_;
  request.version = version_;
  request.never_changes = never_changes_;
  return request;
}

Status PartFile::begin(const Source& source) {
  const int number = descriptor_.number();
  if (ftruncate(number, static_cast<off_t>(source.offset)) != 0 ||
      lseek(number, static_cast<off_t>(source.offset), SEEK_SET) < 0)
    return system_error(str("cannot write ", part_.string()));
  bytes_ = resumed_from_ = source.offset;
  synced_bytes_ = std::min(synced_bytes_, bytes_);
  version_ = source.version;
  TRY(write_record());
  struct statvfs space {};
  if (source.total_bytes.has_value() && fstatvfs(number, &space) == 0) {
    const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
    if (*source.total_bytes - bytes_ > free_bytes) {
      return Error{Code::kIo, str(part_.string(), ": ", *source.total_bytes - bytes_,
                                  " bytes are to come, and there is space for ", free_bytes,
                                  ": free some, or name a file on another disk")};
    }
  }
  return {};
}

Status PartFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_.number(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return system_error(str("cannot write ", part_.string()));
    bytes_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return bytes_ - synced_bytes_ < kCheckpointBytes ? Status() : checkpoint();
}

Status PartFile::checkpoint() {
  if (fdatasync(descriptor_.number()) != 0)
    return system_error(str("cannot write ", part_.string(), " to disk"));
  synced_bytes_ = bytes_;
  return write_record();
}

Result<std::string> PartFile::sha256_of_all() const {
  Hasher hasher;
  std::vector<std::byte> piece(kPieceBytes);
  for (std::uint64_t at = 0; at < bytes_;) {
    const ssize_t got =
        pread(descriptor_.number(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return system_error(str("cannot read ", part_.string(), " back"));
    hasher.update(std::span(piece).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
  }
  return hasher.finish();
}

Status PartFile::publish() {
  if (fsync(descriptor_.number()) != 0)
    return system_error(str("cannot write ", part_.string(), " to disk"));
  if (rename(part_.c_str(), to_.c_str()) != 0)
    return system_error(str("cannot rename ", part_.string(), " to ", to_.string()));
  unlink(record_.c_str());
  const fs::path folder = to_.has_parent_path() ? to_.parent_path() : fs::path(".");
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || fsync(opened.number()) != 0)
    return system_error(str("cannot sync the folder ", folder.string()));
  return {};
}

Status PartFile::discard() {
  if (ftruncate(descriptor_.number(), 0) != 0)
    return system_error(str("cannot write ", part_.string()));
  bytes_ = synced_bytes_ = 0;
  version_.clear();
  never_changes_ = false;
  unlink(record_.c_str());
  unlink(part_.c_str());
  return {};
}

}  // namespace slipway::fetch
