#include "diff/values.h"

#include <cmath>
#include <cstdint>
#include <cstring>

namespace slipway::diff {
namespace {

double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int mantissa = bits & 1023;
  if (exponent == 31) return 0;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

float float_value(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return std::isfinite(value) ? value : 0;
}

template <typename Word>
Word word_at(std::span<const std::byte> bytes, std::size_t i) {
  Word word;
  std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof(Word));
  return word;
}

}  // namespace

std::vector<double> values_of(delta::Element element, std::span<const std::byte> bytes) {
  std::vector<double> values(bytes.size() / delta::bytes_of(element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    switch (element) {
      case delta::Element::kF32:
        values[i] = float_value(word_at<std::uint32_t>(bytes, i));
        break;
      case delta::Element::kF16:
        values[i] = half_value(word_at<std::uint16_t>(bytes, i));
        break;
      case delta::Element::kBf16:
        values[i] = float_value(std::uint32_t{word_at<std::uint16_t>(bytes, i)} << 16U);
        break;
      case delta::Element::kI8:
        values[i] = word_at<std::int8_t>(bytes, i);
        break;
      case delta::Element::kU8:
        values[i] = word_at<std::uint8_t>(bytes, i) - 128;
        break;
      case delta::Element::kI32:
        values[i] = word_at<std::int32_t>(bytes, i);
        break;
    }
  }
  return values;
}

}  // namespace slipway::diff
