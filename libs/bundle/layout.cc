#include "bundle/layout.h"

#include <algorithm>

#include "base/str.h"
#include "bundle/copy.h"
#include "digest/digest.h"

namespace slipway::bundle {
namespace {

// As PNG's, what transfers as text break: a byte beyond ASCII, both ends of lines, the end of a
// text file.
constexpr std::string_view kMagic = "\x89SLP\r\n\x1a\n";
constexpr std::uint32_t kFormat = 1;
constexpr std::size_t kHashAt = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kReservedAt = kHashAt + kHashBytes;

std::uint32_t u32_at(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint32_t>(bytes[at + i]);
  return value;
}

void put_u32(HeaderBytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::uint64_t aligned(std::uint64_t offset) {
  return (offset + kAlignment - 1) / kAlignment * kAlignment;
}

Error invalid(std::string message) { return Error{Code::kInvalid, std::move(message)}; }

}  // namespace

HeaderBytes to_bytes(const Header& header) {
  HeaderBytes bytes{};
  const auto put = [&](std::size_t at, std::string_view text) {
    std::ranges::copy(std::as_bytes(std::span(text)),
                      bytes.begin() + static_cast<std::ptrdiff_t>(at));
  };
  put(0, kMagic);
  put_u32(bytes, 8, kFormat);
  put_u32(bytes, 12, header.manifest_bytes);
  put(kHashAt, from_hex(header.manifest_sha256).value_or(std::string()));
  return bytes;
}

Result<Header> parse_header(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes);
  if (!text.starts_with(kMagic)) {
    if (looks_like_archive(bytes) && bytes.size() >= kMagic.size())
      return invalid("is a bundle that a transfer changed as if it were text: copy it as binary");
    return invalid("is no bundle of slipway pack, which makes one of what slipway build wrote");
  }
  if (bytes.size() < kHeaderBytes)
    return invalid(str("ends within its header, after ", bytes.size(), " of ", kHeaderBytes,
                       " bytes: the transfer was cut short, get it again"));
  if (const std::uint32_t format = u32_at(bytes, 8); format != kFormat) {
    return Error{Code::kUnsupported, str("is a bundle of format ", format, ", this Slipway reads ",
                                         kFormat, ": take a newer Slipway, or pack it again")};
  }
  Header header;
  header.manifest_bytes = u32_at(bytes, 12);
  if (header.manifest_bytes == 0 || header.manifest_bytes > kMostManifestBytes)
    return invalid(str("is damaged: it states a manifest of ", header.manifest_bytes,
                       " bytes, where 1 to ", kMostManifestBytes, " are allowed"));
  header.manifest_sha256 = to_hex(text.substr(kHashAt, kHashBytes));
  const std::span<const std::byte> reserved = bytes.first(kHeaderBytes).subspan(kReservedAt);
  if (std::ranges::any_of(reserved, [](std::byte byte) { return byte != std::byte{0}; }))
    return invalid("is damaged: its header holds what format 1 has no place for");
  return header;
}

bool looks_like_archive(std::span<const std::byte> bytes) {
  const std::string_view text = text_of(bytes.first(std::min(bytes.size(), kMagic.size())));
  return text.starts_with(kMagic.substr(0, 4)) || text.starts_with("\x09SLP") ||
         text.starts_with("\xc2\x89SLP") || text.starts_with("\xef\xbf\xbdSLP");
}

Layout layout_of(const Manifest& manifest, std::uint64_t manifest_bytes) {
  Layout layout;
  layout.end = kHeaderBytes + manifest_bytes;
  for (const FileEntry& object : distinct_objects(manifest)) {
    if (object.bytes > 0) layout.end = aligned(layout.end);
    layout.offsets.emplace(object.sha256, layout.end);
    layout.end += object.bytes;
  }
  return layout;
}

}  // namespace slipway::bundle
