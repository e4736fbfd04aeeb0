#include "delta/patch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/files.h"
#include "base/str.h"
#include "delta/apply.h"

namespace slipway::delta {
namespace {

Status write_all(const Descriptor& file, const std::string& path,
                 std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(str("cannot write ", path));
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status sync_folder_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.is_open() || ::fsync(descriptor.number()) != 0) {
    return system_error(str("cannot sync ", folder.string()));
  }
  return {};
}

// What is right of the part, which is cut behind it.
Result<std::uint64_t> take_up(Applier& applier, const std::string& part, const Descriptor& file) {
  const Result<FileSource> written = FileSource::open(part);
  if (!written.ok()) return written.error();
  const std::uint64_t good = TRY(applier.resume(*written));
  if (::ftruncate(file.number(), static_cast<off_t>(good)) != 0 ||
      ::lseek(file.number(), 0, SEEK_END) < 0) {
    return system_error(str("cannot shorten ", part));
  }
  return good;
}

}  // namespace

Result<Patched> patch_file(const std::filesystem::path& old, const std::filesystem::path& delta,
                           const std::filesystem::path& target) {
  const FileSource was = TRY(FileSource::open(old));
  const FileSource source = TRY(FileSource::open(delta));
  Applier applier = TRY(Applier::open(was, source));
  const std::string part = target.string() + ".part";
  const Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file.is_open()) return system_error(str("cannot write ", part));
  Patched patched;
  patched.resumed_bytes = TRY(take_up(applier, part, file));
  patched.new_bytes = applier.header().new_bytes;
  const Status done =
      applier.run([&](std::span<const std::byte> bytes) { return write_all(file, part, bytes); });
  if (!done.ok()) {
    if (done.error().code == Code::kInvalid) std::remove(part.c_str());
    return done.error();
  }
  if (::fsync(file.number()) != 0) return system_error(str("cannot sync ", part));
  if (std::rename(part.c_str(), target.c_str()) != 0) {
    return system_error(str("cannot rename ", part, " to ", target.string()));
  }
  TRY(sync_folder_of(target));
  return patched;
}

}  // namespace slipway::delta
