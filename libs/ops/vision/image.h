// Decoders of image files that models carry pixels in. Each takes a whole file in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway {

struct Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> rgb;  // height * width * 3, rows from the top
};

using ImageBytes = std::span<const std::uint8_t>;

// Larger images are taken for corrupted.
inline constexpr std::int64_t kMaxImagePixels = std::int64_t{1} << 26;

// An image of this size without its pixels; nullopt when a side is not positive or there are too
// many.
std::optional<Image> blank_image(std::int64_t height, std::int64_t width);

// nullopt: the file is corrupted, or of a kind that the format has and the decoder does not.
std::optional<Image> decode_bmp(ImageBytes file);   // 1, 4, 8, 24, 32 bits, not compressed
std::optional<Image> decode_pnm(ImageBytes file);   // P1 to P6
std::optional<Image> decode_png(ImageBytes file);   // all kinds, not interlaced
std::optional<Image> decode_tiff(ImageBytes file);  // 8 bits, in strips, not compressed
std::optional<Image> decode_jpeg(ImageBytes file);
std::optional<Image> decode_webp(ImageBytes file);
std::optional<Image> decode_jpeg2000(ImageBytes file);  // 8 bits, not subsampled

}  // namespace slipway
