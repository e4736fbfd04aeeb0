#include <algorithm>
#include <cstdlib>

#include "ops/vision/image.h"

namespace slipway {
namespace {

std::uint32_t little(ImageBytes file, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes; i > 0; --i) value = value << 8 | file[at + i - 1];
  return value;
}

struct Header {
  std::size_t pixels = 0;   // where the rows begin
  std::size_t palette = 0;  // where the colours begin, 4 bytes each
  std::size_t colours = 0;
  std::int64_t width = 0, height = 0;
  bool bottom_up = true;
  unsigned bits = 0;
};

constexpr std::size_t kFileHeaderBytes = 14;
constexpr std::size_t kInfoHeaderBytes = 40;
constexpr std::uint32_t kNotCompressed = 0;

std::optional<Header> read_header(ImageBytes file) {
  if (file.size() < kFileHeaderBytes + kInfoHeaderBytes) return std::nullopt;
  const std::uint32_t info_bytes = little(file, 14, 4);
  Header header;
  header.pixels = little(file, 10, 4);
  header.width = static_cast<std::int32_t>(little(file, 18, 4));
  header.height = static_cast<std::int32_t>(little(file, 22, 4));
  header.bits = little(file, 28, 2);
  header.bottom_up = header.height > 0;
  header.height = std::abs(header.height);
  header.palette = kFileHeaderBytes + info_bytes;
  if (info_bytes < kInfoHeaderBytes || little(file, 30, 4) != kNotCompressed) return std::nullopt;
  if (header.bits <= 8) {
    const std::uint32_t stated = little(file, 46, 4);
    header.colours = stated == 0 ? std::size_t{1} << header.bits : stated;
    const std::size_t left = file.size() - std::min<std::size_t>(header.palette, file.size());
    if (header.colours > 256 || header.colours * 4 > left) return std::nullopt;
  }
  return header;
}

// The colour of pixel x of a row, blue first.
const std::uint8_t* pixel(ImageBytes file, const Header& header, const std::uint8_t* row,
                          std::size_t x) {
  if (header.bits >= 24) return row + x * (header.bits / 8);
  const std::size_t a_byte = 8 / header.bits;
  const unsigned shift = static_cast<unsigned>(a_byte - 1 - x % a_byte) * header.bits;
  const std::size_t colour = (row[x / a_byte] >> shift) & ((1U << header.bits) - 1);
  return colour < header.colours ? &file[header.palette + 4 * colour] : nullptr;
}

}  // namespace

std::optional<Image> blank_image(std::int64_t height, std::int64_t width) {
  if (height < 1 || width < 1 || height > kMaxImagePixels / width) return std::nullopt;
  Image image{height, width, {}};
  image.rgb.resize(static_cast<std::size_t>(height * width * 3));
  return image;
}

std::optional<Image> decode_bmp(ImageBytes file) {
  const std::optional<Header> header = read_header(file);
  if (!header.has_value()) return std::nullopt;
  const unsigned bits = header->bits;
  if (bits != 1 && bits != 4 && bits != 8 && bits != 24 && bits != 32) return std::nullopt;
  if (header->width < 1 || header->height < 1) return std::nullopt;
  // Rows are padded to four bytes.
  const auto width = static_cast<std::size_t>(header->width);
  const auto height = static_cast<std::size_t>(header->height);
  const std::size_t row_bytes = (width * bits + 31) / 32 * 4;
  if (header->pixels > file.size() || row_bytes > (file.size() - header->pixels) / height) {
    return std::nullopt;
  }
  std::optional<Image> image = blank_image(header->height, header->width);
  if (!image.has_value()) return image;
  std::uint8_t* out = image->rgb.data();
  for (std::size_t y = 0; y < height; ++y) {
    const std::size_t stored = header->bottom_up ? height - 1 - y : y;
    const std::uint8_t* row = file.data() + header->pixels + stored * row_bytes;
    for (std::size_t x = 0; x < width; ++x) {
      const std::uint8_t* bgr = pixel(file, *header, row, x);
      if (bgr == nullptr) return std::nullopt;
      *out++ = bgr[2];
      *out++ = bgr[1];
      *out++ = bgr[0];
    }
  }
  return image;
}

}  // namespace slipway
