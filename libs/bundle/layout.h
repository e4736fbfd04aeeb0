// Where everything lies in a .slip file. docs/formats/bundle.md has the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "base/result.h"
#include "bundle/manifest.h"

namespace slipway::bundle {

inline constexpr std::size_t kHeaderBytes = 64;
// So that a plan can be mapped where it lies.
inline constexpr std::uint64_t kAlignment = 4096;

struct Header {
  std::uint32_t manifest_bytes = 0;
  std::string manifest_sha256;
};
using HeaderBytes = std::array<std::byte, kHeaderBytes>;

HeaderBytes to_bytes(const Header& header);
// kInvalid for what is no header (fewer bytes included), kUnsupported for one of the future.
Result<Header> parse_header(std::span<const std::byte> bytes);

// Whether bytes begin as an archive does, damaged by a transfer as text or not.
bool looks_like_archive(std::span<const std::byte> bytes);

// What the manifest implies: there is no index that could say otherwise.
struct Layout {
  std::map<std::string, std::uint64_t, std::less<>> offsets;  // of objects, by hash
  std::uint64_t end = 0;                                      // the size of the file
};
Layout layout_of(const Manifest& manifest, std::uint64_t manifest_bytes);

}  // namespace slipway::bundle
