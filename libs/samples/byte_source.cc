#include "samples/byte_source.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/str.h"

namespace slipway::samples {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

// A window of the file.
struct Range {
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::uint64_t left_bytes = 0;

  Status read(std::span<std::byte> to) {
    if (to.size() > left_bytes) return Error{Code::kInvalid, "ends before its data does"};
    while (!to.empty()) {
      const ssize_t got = pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error("cannot be read");
      if (got == 0) return Error{Code::kInvalid, "was shortened while it was read"};
      const auto bytes = static_cast<std::size_t>(got);
      to = to.subspan(bytes);
      offset += bytes;
      left_bytes -= bytes;
    }
    return {};
  }
};

class Plain : public ByteSource {
 public:
  explicit Plain(Range range) : range_(range) {}
  Status read(std::span<std::byte> to) override { return range_.read(to); }
  Status finish() override { return {}; }

 private:
  Range range_;
};

uLong crc_of(uLong crc, std::span<const std::byte> bytes) {
  return crc32_z(crc, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

Status compare_crc(uLong made, std::uint32_t declared) {
  if (made == declared) return {};
  return Error{Code::kInvalid, "does not match its checksum: the file is damaged"};
}

class Stored : public ByteSource {
 public:
  Stored(Range range, std::uint32_t crc) : range_(range), declared_crc_(crc) {}
  Status read(std::span<std::byte> to) override {
    TRY(range_.read(to));
    crc_ = crc_of(crc_, to);
    return {};
  }
  Status finish() override { return compare_crc(crc_, declared_crc_); }

 private:
  Range range_;
  std::uint32_t declared_crc_;
  uLong crc_ = 0;
};

class Inflated : public ByteSource {
 public:
  Inflated(Range range, std::uint32_t crc)
      : range_(range), declared_crc_(crc), piece_(kPieceBytes) {}
  Inflated(const Inflated&) = delete;
  Inflated& operator=(const Inflated&) = delete;
  ~Inflated() override { inflateEnd(&stream_); }

  Status start() {
    if (inflateInit2(&stream_, -MAX_WBITS) == Z_OK) return {};
    return Error{Code::kTooLarge, "no memory to decompress with"};
  }

  Status read(std::span<std::byte> to) override {
    // zlib counts in 32 bits.
    constexpr std::size_t kMostBytes = std::size_t{1} << 30;
    while (!to.empty()) {
      const std::size_t now = std::min(to.size(), kMostBytes);
      TRY(read_piece(to.first(now)));
      crc_ = crc_of(crc_, to.first(now));
      to = to.subspan(now);
    }
    return {};
  }

  Status finish() override { return compare_crc(crc_, declared_crc_); }

 private:
  Status read_piece(std::span<std::byte> to) {
    stream_.next_out = reinterpret_cast<Bytef*>(to.data());
    stream_.avail_out = static_cast<uInt>(to.size());
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) TRY(refill());
      const int state = inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END && stream_.avail_out == 0) return {};
      if (state != Z_OK) return Error{Code::kInvalid, "is damaged: it cannot be decompressed"};
    }
    return {};
  }

  Status refill() {
    const auto bytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece_.size(), range_.left_bytes));
    if (bytes == 0) return Error{Code::kInvalid, "ends before its data does"};
    TRY(range_.read(std::span(piece_).first(bytes)));
    stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
    stream_.avail_in = static_cast<uInt>(bytes);
    return {};
  }

  Range range_;
  std::uint32_t declared_crc_;
  std::vector<std::byte> piece_;
  z_stream stream_{};
  uLong crc_ = 0;
};

}  // namespace

std::unique_ptr<ByteSource> plain_source(const OpenFile& file) {
  return std::make_unique<Plain>(Range{file.descriptor.number(), 0, file.size_bytes});
}

Result<std::unique_ptr<ByteSource>> entry_source(const OpenFile& file, const ZipEntry& entry,
                                                 std::uint64_t offset) {
  const Range range = {file.descriptor.number(), offset, entry.stored.size()};
  if (!entry.deflated) return std::unique_ptr<ByteSource>(new Stored(range, entry.crc));
  auto inflated = std::make_unique<Inflated>(range, entry.crc);
  TRY(inflated->start());
  return std::unique_ptr<ByteSource>(std::move(inflated));
}

}  // namespace slipway::samples
