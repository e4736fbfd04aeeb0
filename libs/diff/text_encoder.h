// Bytes of no known kind: zstd, which has seen a piece of the old file.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace slipway::diff {

inline constexpr int kBestLevel = 19;
inline constexpr int kFastLevel = 9;
inline constexpr int kQuickLevel = 3;

// At most delta::kMostTextBytes of each.
std::string compress_text(std::span<const std::byte> text, std::span<const std::byte> prefix,
                          int level);

// How many bytes a plain download takes, by zstd's usual level.
std::uint64_t plain_download_bytes(std::span<const std::byte> file);

}  // namespace slipway::diff
