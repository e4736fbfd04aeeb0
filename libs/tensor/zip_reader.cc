#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "base/str.h"
#include "tensor/zip.h"

namespace slipway {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034B50;
constexpr std::uint32_t kDirectoryHeader = 0x02014B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::uint32_t kEnd64 = 0x06064B50;
constexpr std::uint32_t kEnd64Locator = 0x07064B50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocatorBytes = 20;
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryHeaderBytes = 46;
constexpr std::uint16_t kZip64Extra = 1;
constexpr std::uint64_t kIn64 = 0xFFFFFFFF;
constexpr std::uint64_t kMaxDeflateRatio = 1032;

Error damaged(std::string_view what) {
  return Error{Code::kInvalid, str("damaged zip archive: ", what)};
}

// A little-endian number at an offset that the caller has checked.
template <typename T>
std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t entries = 0;
};

// The end record stands last, but for a comment of up to 64 KiB.
std::optional<std::size_t> find_end(std::span<const std::byte> archive) {
  if (archive.size() < kEndBytes) return std::nullopt;
  const std::size_t last = archive.size() - kEndBytes;
  const std::size_t first = last > 0xFFFF ? last - 0xFFFF : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    if (number_at<std::uint32_t>(archive, at) == kEnd) return at;
  }
  return std::nullopt;
}

Result<Directory> find_directory(std::span<const std::byte> archive) {
  const std::optional<std::size_t> end = find_end(archive);
  if (!end.has_value()) return damaged("its end is missing, the file is incomplete");
  Directory directory{.offset = number_at<std::uint32_t>(archive, *end + 16),
                      .size_bytes = number_at<std::uint32_t>(archive, *end + 12),
                      .entries = number_at<std::uint16_t>(archive, *end + 10)};
  const bool has_locator = *end >= kLocatorBytes &&
                           number_at<std::uint32_t>(archive, *end - kLocatorBytes) == kEnd64Locator;
  if (has_locator) {
    const auto at = number_at<std::uint64_t>(archive, *end - kLocatorBytes + 8);
    if (at > archive.size() || archive.size() - at < 56 ||
        number_at<std::uint32_t>(archive, at) != kEnd64) {
      return damaged("its zip64 end record is missing");
    }
    directory = {.offset = number_at<std::uint64_t>(archive, at + 48),
                 .size_bytes = number_at<std::uint64_t>(archive, at + 40),
                 .entries = number_at<std::uint64_t>(archive, at + 32)};
  }
  if (directory.offset > *end || directory.size_bytes > *end - directory.offset ||
      directory.entries > directory.size_bytes / kDirectoryHeaderBytes) {
    return damaged("its directory lies outside the file");
  }
  return directory;
}

// Sizes and offset that did not fit 32 bits stand in an extra field, in this order.
Status read_zip64_extra(std::span<const std::byte> extra, std::span<std::uint64_t* const> numbers) {
  while (extra.size() >= 4) {
    const auto kind = number_at<std::uint16_t>(extra, 0);
    const auto length = number_at<std::uint16_t>(extra, 2);
    if (length > extra.size() - 4) return damaged("an extra field is too long");
    std::span<const std::byte> content = extra.subspan(4, length);
    extra = extra.subspan(4 + length);
    if (kind != kZip64Extra) continue;
    for (std::uint64_t* number : numbers) {
      if (*number != kIn64) continue;
      if (content.size() < 8) return damaged("a zip64 field is too short");
      *number = number_at<std::uint64_t>(content, 0);
      content = content.subspan(8);
    }
    return {};
  }
  return {};
}

// Where the entry's bytes are: behind its local header, whose name and extra field may differ.
Result<std::span<const std::byte>> locate(std::span<const std::byte> archive, std::uint64_t offset,
                                          std::uint64_t stored_bytes) {
  if (offset > archive.size() || archive.size() - offset < kLocalHeaderBytes ||
      number_at<std::uint32_t>(archive, offset) != kLocalHeader) {
    return damaged("an entry's header is missing");
  }
  const std::uint64_t start = offset + kLocalHeaderBytes +
                              number_at<std::uint16_t>(archive, offset + 26) +
                              number_at<std::uint16_t>(archive, offset + 28);
  if (start > archive.size() || stored_bytes > archive.size() - start) {
    return damaged("an entry lies outside the file");
  }
  return archive.subspan(start, stored_bytes);
}

Status check_entry(const ZipEntry& entry, std::uint64_t flags, std::uint64_t method) {
  const std::string label = shorten(entry.name);
  if ((flags & 1U) != 0) return Error{Code::kUnsupported, str(label, " is encrypted")};
  if (method != 0 && method != 8) {
    return Error{Code::kUnsupported, str(label, " is compressed by method ", method,
                                         ": save it with numpy.savez or savez_compressed")};
  }
  const bool possible = entry.deflated ? entry.size_bytes / kMaxDeflateRatio <= entry.stored.size()
                                       : entry.size_bytes == entry.stored.size();
  if (!possible) {
    return damaged(str(label, " declares ", entry.size_bytes, " bytes and has ",
                       entry.stored.size(), " in the archive"));
  }
  return {};
}

// The entry whose directory header starts `rest`, which is then moved past it.
Result<ZipEntry> take_entry(std::span<const std::byte> archive, std::span<const std::byte>& rest) {
  if (rest.size() < kDirectoryHeaderBytes ||
      number_at<std::uint32_t>(rest, 0) != kDirectoryHeader) {
    return damaged("an entry of its directory is missing");
  }
  const auto name_bytes = number_at<std::uint16_t>(rest, 28);
  const auto extra_bytes = number_at<std::uint16_t>(rest, 30);
  const auto comment_bytes = number_at<std::uint16_t>(rest, 32);
  const std::uint64_t total = kDirectoryHeaderBytes + name_bytes + extra_bytes + comment_bytes;
  if (total > rest.size()) return damaged("an entry of its directory is too long");
  ZipEntry entry;
  entry.name = {reinterpret_cast<const char*>(rest.data()) + kDirectoryHeaderBytes, name_bytes};
  entry.deflated = number_at<std::uint16_t>(rest, 10) == 8;
  entry.crc = static_cast<std::uint32_t>(number_at<std::uint32_t>(rest, 16));
  entry.size_bytes = number_at<std::uint32_t>(rest, 24);
  std::uint64_t stored_bytes = number_at<std::uint32_t>(rest, 20);
  std::uint64_t offset = number_at<std::uint32_t>(rest, 42);
  std::uint64_t* const numbers[] = {&entry.size_bytes, &stored_bytes, &offset};
  TRY(read_zip64_extra(rest.subspan(kDirectoryHeaderBytes + name_bytes, extra_bytes), numbers));
  entry.stored = TRY(locate(archive, offset, stored_bytes));
  TRY(check_entry(entry, number_at<std::uint16_t>(rest, 8), number_at<std::uint16_t>(rest, 10)));
  rest = rest.subspan(total);
  return entry;
}

// zlib counts in 32 bits: input and output go through in pieces.
Result<std::vector<std::byte>> inflate_up_to(const ZipEntry& entry, std::size_t wanted_bytes) {
  std::vector<std::byte> content(wanted_bytes);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) {
    return Error{Code::kTooLarge, "no memory to decompress with"};
  }
  constexpr std::size_t kPiece = std::numeric_limits<uInt>::max();
  std::size_t consumed = 0;
  std::size_t made = 0;
  int state = Z_OK;
  while (state == Z_OK && made < wanted_bytes) {
    const auto in = static_cast<uInt>(std::min(kPiece, entry.stored.size() - consumed));
    const auto out = static_cast<uInt>(std::min(kPiece, wanted_bytes - made));
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<std::byte*>(entry.stored.data() + consumed));
    stream.avail_in = in;
    stream.next_out = reinterpret_cast<Bytef*>(content.data() + made);
    stream.avail_out = out;
    state = inflate(&stream, Z_NO_FLUSH);
    consumed += in - stream.avail_in;
    made += out - stream.avail_out;
  }
  inflateEnd(&stream);
  content.resize(made);
  return content;
}

}  // namespace

Result<std::vector<ZipEntry>> read_zip_directory(std::span<const std::byte> archive) {
  const Directory directory = TRY(find_directory(archive));
  std::span<const std::byte> rest = archive.subspan(directory.offset, directory.size_bytes);
  std::vector<ZipEntry> entries;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    entries.push_back(TRY(take_entry(archive, rest)));
  }
  return entries;
}

Status check_crc(const ZipEntry& entry, std::span<const std::byte> content) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
  if (content.size() == entry.size_bytes && (content.empty() || crc == entry.crc)) return {};
  return damaged(str(shorten(entry.name), " does not match its checksum"));
}

Result<std::vector<std::byte>> inflate_start(const ZipEntry& entry, std::size_t size_bytes) {
  return inflate_up_to(entry, std::min<std::uint64_t>(size_bytes, entry.size_bytes));
}

Result<std::vector<std::byte>> inflate_entry(const ZipEntry& entry) {
  std::vector<std::byte> content = TRY(inflate_up_to(entry, entry.size_bytes));
  TRY(check_crc(entry, content));
  return content;
}

}  // namespace slipway
