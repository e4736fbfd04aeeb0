#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/str.h"
#include "delta/apply.h"

namespace slipway::delta {

Result<FileSource> FileSource::open(const std::filesystem::path& path) {
  return FileSource(path, TRY(open_to_read(path)));
}

Status FileSource::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  while (!to.empty()) {
    const ssize_t count =
        ::pread(file_.descriptor.number(), to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(str("cannot read ", path_.string()));
    if (count == 0) {
      return Error{Code::kIo, str(path_.string(), " ends before byte ", offset + to.size(),
                                  ": it was cut short while it was read")};
    }
    to = to.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Status MemorySource::read_at(std::uint64_t offset, std::span<std::byte> to) const {
  if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
    return Error{Code::kIo, str("there are no ", to.size(), " bytes at ", offset)};
  }
  if (!to.empty()) std::memcpy(to.data(), bytes_.data() + offset, to.size());
  return {};
}

}  // namespace slipway::delta
