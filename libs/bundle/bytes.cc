#include "bundle/bytes.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/str.h"

namespace slipway::bundle {
namespace {

class FileBytes final : public Bytes {
 public:
  FileBytes(OpenFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  std::uint64_t size() const override { return file_.size_bytes; }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) override {
    if (offset >= size()) return std::size_t{0};
    to = to.first(static_cast<std::size_t>(std::min<std::uint64_t>(to.size(), size() - offset)));
    std::size_t done = 0;
    while (done < to.size()) {
      const ssize_t got = pread(file_.descriptor.number(), to.data() + done, to.size() - done,
                                static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(str("cannot read ", name_));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Run run_at(std::uint64_t offset) override {
    if (offset >= size()) return {};
    const std::uint64_t data = seek(offset, SEEK_DATA, offset);
    if (data > offset) return {data - offset, true};
    return {std::max<std::uint64_t>(seek(offset, SEEK_HOLE, size()) - offset, 1), false};
  }

 private:
  // Where the next data or hole is, the file's end where none follows.
  std::uint64_t seek(std::uint64_t offset, int what, std::uint64_t where_nobody_tells) const {
    const off_t found = lseek(file_.descriptor.number(), static_cast<off_t>(offset), what);
    if (found < 0) return errno == ENXIO ? size() : where_nobody_tells;
    return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(found), offset, size());
  }

  OpenFile file_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Bytes> bytes_of(OpenFile file, std::string name) {
  return std::make_unique<FileBytes>(std::move(file), std::move(name));
}

Result<std::unique_ptr<Bytes>> open_bytes(const std::filesystem::path& path) {
  return bytes_of(TRY(open_to_read(path)), path.string());
}

}  // namespace slipway::bundle
