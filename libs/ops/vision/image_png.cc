#include <zlib.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "ops/vision/image.h"

namespace slipway {
namespace {

constexpr std::array<std::uint8_t, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

std::uint32_t big(const std::uint8_t* at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         at[3];
}

enum Kind : std::uint8_t { kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4, kRgbAlpha = 6 };

struct Png {
  std::uint32_t width = 0, height = 0;
  unsigned depth = 0;
  unsigned kind = 0;
  ImageBytes palette;
  std::vector<std::uint8_t> packed;

  std::size_t channels() const {
    switch (kind) {
      case kRgb:
        return 3;
      case kGreyAlpha:
        return 2;
      case kRgbAlpha:
        return 4;
      default:
        return 1;
    }
  }
  std::size_t pixel_bits() const { return channels() * depth; }
  std::size_t row_bytes() const { return (width * pixel_bits() + 7) / 8; }
};

bool is_valid(const Png& png) {
  const bool narrow = png.depth == 1 || png.depth == 2 || png.depth == 4;
  switch (png.kind) {
    case kGrey:
      return narrow || png.depth == 8 || png.depth == 16;
    case kPalette:
      return narrow || png.depth == 8;
    case kRgb:
    case kGreyAlpha:
    case kRgbAlpha:
      return png.depth == 8 || png.depth == 16;
    default:
      return false;
  }
}

bool read_header(ImageBytes data, Png& png) {
  if (data.size() != 13) return false;
  png.width = big(&data[0]);
  png.height = big(&data[4]);
  png.depth = data[8];
  png.kind = data[9];
  const bool plain = data[10] == 0 && data[11] == 0 && data[12] == 0;  // not interlaced
  return plain && is_valid(png);
}

// Chunks: length, name, data, check sum of name and data.
std::optional<Png> read_chunks(ImageBytes file) {
  if (file.size() < kSignature.size() ||
      std::memcmp(file.data(), kSignature.data(), kSignature.size()) != 0) {
    return std::nullopt;
  }
  Png png;
  bool has_header = false;
  file = file.subspan(kSignature.size());
  while (file.size() >= 12) {
    const std::uint32_t length = big(file.data());
    if (length > file.size() - 12) return std::nullopt;
    const ImageBytes data = file.subspan(8, length);
    const auto sum = static_cast<std::uint32_t>(crc32(0, &file[4], length + 4));
    if (sum != big(&file[8 + length])) return std::nullopt;
    const std::string_view name(reinterpret_cast<const char*>(&file[4]), 4);
    if (name == "IHDR") {
      if (has_header || !read_header(data, png)) return std::nullopt;
      has_header = true;
    } else if (name == "PLTE") {
      png.palette = data;
    } else if (name == "IDAT") {
      png.packed.insert(png.packed.end(), data.begin(), data.end());
    } else if (name == "IEND") {
      break;
    }
    file = file.subspan(12 + length);
  }
  return has_header ? std::optional(std::move(png)) : std::nullopt;
}

std::uint8_t paeth(int left, int up, int corner) {
  const int guess = left + up - corner;
  const int a = std::abs(guess - left), b = std::abs(guess - up), c = std::abs(guess - corner);
  return static_cast<std::uint8_t>(a <= b && a <= c ? left : b <= c ? up : corner);
}

// Undoes the prediction of one row from its left neighbour and the row above.
bool restore_row(unsigned filter, std::span<std::uint8_t> row, const std::uint8_t* above,
                 std::size_t step) {
  if (filter > 4) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const unsigned left = i >= step ? row[i - step] : 0U;
    const unsigned up = above != nullptr ? above[i] : 0U;
    const unsigned corner = above != nullptr && i >= step ? above[i - step] : 0U;
    unsigned guess = 0;
    if (filter == 1) guess = left;
    if (filter == 2) guess = up;
    if (filter == 3) guess = (left + up) / 2;
    if (filter == 4)
      guess = paeth(static_cast<int>(left), static_cast<int>(up), static_cast<int>(corner));
    row[i] = static_cast<std::uint8_t>(row[i] + guess);
  }
  return true;
}

// All rows, each behind the byte that names its filter, as one stream; then the prediction undone.
std::optional<std::vector<std::uint8_t>> unpack_rows(const Png& png) {
  const std::size_t stride = png.row_bytes() + 1;
  // Deflate packs at most about 1032 to 1.
  if (stride > (png.packed.size() + 64) * 1100 / png.height) return std::nullopt;
  std::vector<std::uint8_t> rows(stride * png.height);
  uLongf size = rows.size();
  if (uncompress(rows.data(), &size, png.packed.data(), png.packed.size()) != Z_OK ||
      size != rows.size()) {
    return std::nullopt;
  }
  const std::size_t step = (png.pixel_bits() + 7) / 8;
  for (std::size_t y = 0; y < png.height; ++y) {
    std::uint8_t* row = &rows[y * stride];
    const std::uint8_t* above = y == 0 ? nullptr : row - stride + 1;
    if (!restore_row(row[0], {row + 1, stride - 1}, above, step)) return std::nullopt;
  }
  return rows;
}

// Sample x of a row as 8 bits; palette indices as they are.
unsigned sample(const Png& png, const std::uint8_t* row, std::size_t x) {
  if (png.depth == 8) return row[x];
  if (png.depth == 16) return row[2 * x];
  const std::size_t a_byte = 8 / png.depth;
  const unsigned mask = (1U << png.depth) - 1;
  const auto shift = static_cast<unsigned>(a_byte - 1 - x % a_byte) * png.depth;
  const unsigned value = (row[x / a_byte] >> shift) & mask;
  return png.kind == kPalette ? value : value * 255 / mask;
}

}  // namespace

std::optional<Image> decode_png(ImageBytes file) {
  const std::optional<Png> png = read_chunks(file);
  if (!png.has_value() || png->width == 0 || png->height == 0 ||
      png->height > kMaxImagePixels / png->width) {
    return std::nullopt;
  }
  const auto rows = unpack_rows(*png);
  std::optional<Image> image;
  if (rows.has_value()) image = blank_image(png->height, png->width);
  if (!image.has_value()) return image;
  const std::size_t channels = png->channels();
  std::uint8_t* out = image->rgb.data();
  for (std::size_t y = 0; y < png->height; ++y) {
    const std::uint8_t* row = &(*rows)[y * (png->row_bytes() + 1) + 1];
    for (std::size_t x = 0; x < png->width; ++x) {
      for (std::size_t c = 0; c < 3; ++c) {
        unsigned value = sample(*png, row, x * channels + (channels >= 3 ? c : 0));
        if (png->kind == kPalette) {
          if (value * 3 + c >= png->palette.size()) return std::nullopt;
          value = png->palette[value * 3 + c];
        }
        *out++ = static_cast<std::uint8_t>(value);
      }
    }
  }
  return image;
}

}  // namespace slipway
