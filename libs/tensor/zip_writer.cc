#include <zlib.h>

#include <algorithm>
#include <limits>

#include "tensor/zip.h"

namespace slipway {
namespace {

constexpr std::uint64_t kMax32 = 0xFFFFFFFF;
constexpr std::uint16_t kVersionZip64 = 45;
constexpr std::uint16_t kUtf8Names = 1U << 11;
constexpr std::uint16_t kMethodDeflate = 8;
// 1980-01-01, the zip format's zero: equal content makes equal files.
constexpr std::uint32_t kNoTime = 0x00210000;

template <typename T>
void append(std::string& out, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xFFU);
  }
}

Result<std::string> deflated(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Error{Code::kTooLarge, "no memory to compress with"};
  }
  constexpr std::size_t kPiece = std::numeric_limits<uInt>::max();
  std::string out;
  std::string buffer(std::size_t{1} << 18, '\0');
  std::size_t consumed = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    const auto in = static_cast<uInt>(std::min(kPiece, content.size() - consumed));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data() + consumed));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    state = deflate(&stream, consumed + in == content.size() ? Z_FINISH : Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    out.append(buffer, 0, buffer.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  if (state != Z_STREAM_END) return Error{Code::kInternal, "zlib stopped before the end"};
  return out;
}

}  // namespace

Status ZipWriter::put(std::string_view bytes) {
  offset_ += bytes.size();
  return file_.write(bytes);
}

// Sizes stand in the zip64 extra field of every entry, so that headers have one form.
Status ZipWriter::add(std::string_view name, std::string_view content, bool deflate) {
  const std::string compressed = deflate ? TRY(deflated(content)) : std::string();
  const std::string_view stored = deflate ? std::string_view(compressed) : content;
  Written entry{.name = std::string(name),
                .deflated = deflate,
                .crc = static_cast<std::uint32_t>(
                    crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size())),
                .stored_bytes = stored.size(),
                .size_bytes = content.size(),
                .offset = offset_};
  std::string header;
  append<std::uint32_t>(header, 0x04034B50);
  append<std::uint16_t>(header, kVersionZip64);
  append<std::uint16_t>(header, kUtf8Names);
  append<std::uint16_t>(header, deflate ? kMethodDeflate : 0);
  append<std::uint32_t>(header, kNoTime);
  append<std::uint32_t>(header, entry.crc);
  append<std::uint32_t>(header, kMax32);
  append<std::uint32_t>(header, kMax32);
  append<std::uint16_t>(header, static_cast<std::uint16_t>(name.size()));
  append<std::uint16_t>(header, 20);
  header += name;
  append<std::uint16_t>(header, 1);
  append<std::uint16_t>(header, 16);
  append<std::uint64_t>(header, entry.size_bytes);
  append<std::uint64_t>(header, entry.stored_bytes);
  entries_.push_back(std::move(entry));
  TRY(put(header));
  return put(stored);
}

Status ZipWriter::finish() {
  const std::uint64_t start = offset_;
  for (const Written& entry : entries_) {
    std::string header;
    append<std::uint32_t>(header, 0x02014B50);
    append<std::uint16_t>(header, kVersionZip64);
    append<std::uint16_t>(header, kVersionZip64);
    append<std::uint16_t>(header, kUtf8Names);
    append<std::uint16_t>(header, entry.deflated ? kMethodDeflate : 0);
    append<std::uint32_t>(header, kNoTime);
    append<std::uint32_t>(header, entry.crc);
    append<std::uint32_t>(header, kMax32);
    append<std::uint32_t>(header, kMax32);
    append<std::uint16_t>(header, static_cast<std::uint16_t>(entry.name.size()));
    append<std::uint16_t>(header, 28);
    header.append(10, '\0');  // comment, disk, attributes
    append<std::uint32_t>(header, kMax32);
    header += entry.name;
    append<std::uint16_t>(header, 1);
    append<std::uint16_t>(header, 24);
    append<std::uint64_t>(header, entry.size_bytes);
    append<std::uint64_t>(header, entry.stored_bytes);
    append<std::uint64_t>(header, entry.offset);
    TRY(put(header));
  }
  const std::uint64_t end = offset_;
  std::string trailer;
  append<std::uint32_t>(trailer, 0x06064B50);
  append<std::uint64_t>(trailer, 44);
  append<std::uint16_t>(trailer, kVersionZip64);
  append<std::uint16_t>(trailer, kVersionZip64);
  append<std::uint64_t>(trailer, 0);  // this disk, the directory's disk
  append<std::uint64_t>(trailer, entries_.size());
  append<std::uint64_t>(trailer, entries_.size());
  append<std::uint64_t>(trailer, end - start);
  append<std::uint64_t>(trailer, start);
  append<std::uint32_t>(trailer, 0x07064B50);
  append<std::uint32_t>(trailer, 0);
  append<std::uint64_t>(trailer, end);
  append<std::uint32_t>(trailer, 1);
  append<std::uint32_t>(trailer, 0x06054B50);
  append<std::uint32_t>(trailer, 0);
  append<std::uint16_t>(trailer, 0xFFFF);
  append<std::uint16_t>(trailer, 0xFFFF);
  append<std::uint32_t>(trailer, kMax32);
  append<std::uint32_t>(trailer, kMax32);
  append<std::uint16_t>(trailer, 0);
  return put(trailer);
}

}  // namespace slipway
