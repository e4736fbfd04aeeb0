#include <algorithm>

#include "ops/vision/image.h"

namespace slipway {
namespace {

bool is_space(std::uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Reads numbers in decimal, white space and comments between them.
class Reader {
 public:
  explicit Reader(ImageBytes file) : file_(file) {}

  std::optional<std::uint32_t> number(std::size_t max_digits = 9) {
    skip_space();
    std::uint32_t value = 0;
    std::size_t digits = 0;
    for (; at_ < file_.size() && digits < max_digits && file_[at_] >= '0' && file_[at_] <= '9';
         ++at_, ++digits) {
      value = value * 10 + (file_[at_] - '0');
    }
    return digits == 0 ? std::nullopt : std::optional(value);
  }

  // What is left behind the one white space that ends the header.
  ImageBytes rest() const { return file_.subspan(std::min(at_ + 1, file_.size())); }
  void skip(std::size_t bytes) { at_ += bytes; }

 private:
  void skip_space() {
    for (; at_ < file_.size() && (is_space(file_[at_]) || file_[at_] == '#'); ++at_) {
      while (at_ < file_.size() && file_[at_] == '#') {
        while (at_ < file_.size() && file_[at_] != '\n') ++at_;
      }
    }
  }

  ImageBytes file_;
  std::size_t at_ = 0;
};

std::uint8_t scaled(std::uint32_t sample, std::uint32_t largest) {
  return static_cast<std::uint8_t>((std::min(sample, largest) * 255 + largest / 2) / largest);
}

// Samples of the plain formats, as numbers.
std::optional<std::vector<std::uint8_t>> read_plain(Reader& reader, std::size_t count,
                                                    std::uint32_t largest, bool bitmap) {
  std::vector<std::uint8_t> samples(count);
  for (std::uint8_t& sample : samples) {
    const auto number = reader.number(bitmap ? 1 : 9);
    if (!number.has_value() || (bitmap && *number > 1)) return std::nullopt;
    sample = bitmap ? (*number == 0 ? 255 : 0) : scaled(*number, largest);
  }
  return samples;
}

std::optional<std::vector<std::uint8_t>> read_raw(ImageBytes data, std::size_t count,
                                                  std::uint32_t largest) {
  const std::size_t bytes = largest > 255 ? 2 : 1;
  if (data.size() / bytes < count) return std::nullopt;
  std::vector<std::uint8_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sample = bytes == 1 ? data[i] : data[2 * i] * 256U + data[2 * i + 1];
    samples[i] = scaled(sample, largest);
  }
  return samples;
}

// Eight pixels a byte, rows padded to whole bytes; 1 is black.
std::optional<std::vector<std::uint8_t>> read_bits(ImageBytes data, std::size_t height,
                                                   std::size_t width) {
  const std::size_t row_bytes = (width + 7) / 8;
  if (data.size() / row_bytes < height) return std::nullopt;
  std::vector<std::uint8_t> samples;
  samples.reserve(height * width);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const unsigned bit = data[y * row_bytes + x / 8] >> (7 - x % 8) & 1U;
      samples.push_back(bit == 0 ? 255 : 0);
    }
  }
  return samples;
}

}  // namespace

std::optional<Image> decode_pnm(ImageBytes file) {
  if (file.size() < 3 || file[0] != 'P' || file[1] < '1' || file[1] > '6') return std::nullopt;
  const unsigned kind = file[1] - '0';
  const bool bitmap = kind == 1 || kind == 4;
  const bool colour = kind == 3 || kind == 6;
  Reader reader(file);
  reader.skip(2);
  const auto width = reader.number();
  const auto height = reader.number();
  const auto largest = bitmap ? std::optional(1U) : reader.number();
  if (!width.has_value() || !height.has_value() || !largest.has_value() || *largest < 1 ||
      *largest > 65535) {
    return std::nullopt;
  }
  const std::size_t count = std::size_t{*width} * *height * (colour ? 3 : 1);
  if (count / 8 > file.size()) return std::nullopt;  // not even a bit a sample
  std::optional<Image> image = blank_image(*height, *width);
  if (!image.has_value()) return image;
  const auto samples = kind <= 3 ? read_plain(reader, count, *largest, bitmap)
                       : bitmap  ? read_bits(reader.rest(), *height, *width)
                                 : read_raw(reader.rest(), count, *largest);
  if (!samples.has_value()) return std::nullopt;
  for (std::size_t i = 0; i < image->rgb.size(); ++i) {
    image->rgb[i] = (*samples)[colour ? i : i / 3];
  }
  return image;
}

}  // namespace slipway
