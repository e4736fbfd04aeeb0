#include <algorithm>

#include "ops/vision/image.h"

namespace slipway {
namespace {

enum Tag : std::uint32_t {
  kWidth = 256,
  kHeight = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kPhotometric = 262,
  kStripOffsets = 273,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kPlanarConfiguration = 284,
};

enum Photometric : std::uint32_t { kWhiteIsZero = 0, kBlackIsZero = 1, kRgb = 2 };

class Reader {
 public:
  explicit Reader(ImageBytes file) : file_(file), big_(file.size() > 1 && file[0] == 'M') {}

  // 0 outside the file.
  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    if (at > file_.size() || bytes > file_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      value = value << 8 | file_[big_ ? at + i : at + bytes - 1 - i];
    }
    return value;
  }

  // The numbers of an entry of the first directory; empty when it is not there.
  std::vector<std::uint32_t> entry(std::uint32_t tag) const {
    const std::size_t directory = number(4, 4);
    const std::uint32_t entries = number(directory, 2);
    for (std::uint32_t i = 0; i < entries; ++i) {
      const std::size_t at = directory + 2 + std::size_t{12} * i;
      if (number(at, 2) == tag) return numbers(at);
    }
    return {};
  }

  std::uint32_t value(std::uint32_t tag, std::uint32_t otherwise) const {
    const std::vector<std::uint32_t> found = entry(tag);
    return found.empty() ? otherwise : found[0];
  }

 private:
  std::vector<std::uint32_t> numbers(std::size_t at) const {
    const std::uint32_t type = number(at + 2, 2);
    const std::uint32_t count = number(at + 4, 4);
    const std::size_t bytes = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : 0;
    if (bytes == 0 || count > file_.size() / bytes) return {};
    const std::size_t first = count * bytes <= 4 ? at + 8 : number(at + 8, 4);
    std::vector<std::uint32_t> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(number(first + i * bytes, bytes));
    return out;
  }

  ImageBytes file_;
  bool big_;
};

}  // namespace

std::optional<Image> decode_tiff(ImageBytes file) {
  const Reader reader(file);
  const std::uint32_t samples = reader.value(kSamplesPerPixel, 1);
  const std::uint32_t photometric = reader.value(kPhotometric, kBlackIsZero);
  const bool layout = reader.value(kCompression, 1) == 1 &&
                      reader.value(kPlanarConfiguration, 1) == 1 && samples >= 1 && samples <= 4;
  for (const std::uint32_t bits : reader.entry(kBitsPerSample)) {
    if (bits != 8) return std::nullopt;
  }
  if (!layout || photometric > kRgb || (photometric == kRgb && samples < 3)) return std::nullopt;
  const std::uint32_t height = reader.value(kHeight, 0);
  const std::uint32_t width = reader.value(kWidth, 0);
  const std::size_t row_bytes = std::size_t{width} * samples;
  if (height == 0 || row_bytes > file.size() / height) return std::nullopt;
  std::optional<Image> image = blank_image(height, width);
  if (!image.has_value()) return image;

  const std::uint32_t rows_a_strip = std::max(reader.value(kRowsPerStrip, height), 1U);
  const std::vector<std::uint32_t> offsets = reader.entry(kStripOffsets);
  std::uint8_t* out = image->rgb.data();
  for (std::uint32_t y = 0; y < height; ++y) {
    if (y / rows_a_strip >= offsets.size()) return std::nullopt;
    const std::size_t start = offsets[y / rows_a_strip] + (y % rows_a_strip) * row_bytes;
    if (start > file.size() || row_bytes > file.size() - start) return std::nullopt;
    for (std::size_t x = 0; x < width; ++x) {
      const std::uint8_t* pixel = file.data() + start + x * samples;
      for (std::size_t c = 0; c < 3; ++c) {
        const std::uint8_t value = pixel[photometric == kRgb ? c : 0];
        *out++ = photometric == kWhiteIsZero ? static_cast<std::uint8_t>(255 - value) : value;
      }
    }
  }
  return image;
}

}  // namespace slipway
