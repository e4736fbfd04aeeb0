// The predictions of elements that lie in one row, or in one column across the lanes. All of it is
// inlined, so that who calls it says for which processor it is compiled.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "delta/format.h"

#define SLIPWAY_INLINED [[gnu::always_inline]] inline

namespace slipway::delta {

struct Run {
  std::int32_t* values = nullptr;  // old, then predicted
  std::uint8_t* known = nullptr;
  std::size_t count = 0;
  const std::int32_t* scales = nullptr;    // the row's, or each element's where it lies across
  const std::int32_t* products = nullptr;  // each element's, or nothing
  std::int32_t unit = 0;
};

struct Float {
  int mantissa_bits;
  std::int32_t last_exponent;  // infinities and NaN
  std::int32_t bias;
};

constexpr Float float_of(Element element) {
  switch (element) {
    case Element::kF16:
      return {10, 31, 15};
    case Element::kBf16:
      return {7, 255, 127};
    default:
      return {23, 255, 127};
  }
}

inline constexpr int kGuardBits = 6;     // a scaled mantissa has so many bits more
inline constexpr int kProductBits = 23;  // of 16-bit floats: the most that a product counts

SLIPWAY_INLINED unsigned count_of(std::int32_t bits) {
  return static_cast<unsigned>(std::max(bits, 0));
}

template <Element kElement>
SLIPWAY_INLINED std::uint8_t exponent_of(std::int32_t ordered) {
  const std::int32_t field = (ordered ^ (ordered >> 31)) >> float_of(kElement).mantissa_bits;
  return static_cast<std::uint8_t>(std::max(field, 1));
}

// old * (1 + scale / 2^kScaleBits) + product * unit: the product of 24 bits by 24 is exact, their
// sum is rounded as a double, then to a float.
SLIPWAY_INLINED std::int32_t predict_float32(std::int32_t old, std::int32_t scale,
                                             std::int32_t product, double unit) {
  constexpr std::int32_t kInfinity = 255 << 23;
  constexpr double kMost = std::numeric_limits<float>::max();
  constexpr double kOne = 1 << kScaleBits;
  const std::int32_t sign = old >> 31;
  const std::int32_t bits = old ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(sign) >> 1U);
  const double grown = std::bit_cast<float>(bits) * ((kOne + scale) * (1 / kOne));
  const double sum = std::clamp(grown + product * unit, -kMost, kMost);
  const auto made = std::bit_cast<std::int32_t>(static_cast<float>(sum));
  const std::int32_t ordered =
      made ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(made >> 31) >> 1U);
  return (old ^ sign) >= kInfinity ? old : ordered;
}

// The same of 16 bits, in units of 1 / 2^kGuardBits of the old last place, rounded half up in
// magnitude. All numbers are below 2^24: whole numbers of 32 bits do, eight at a time. Signs are as
// good as random: nothing branches on them.
template <Element kElement>
SLIPWAY_INLINED std::int32_t predict_float16(std::int32_t old, std::int32_t scale,
                                             std::int32_t product, std::int32_t unit) {
  constexpr Float kFormat = float_of(kElement);
  constexpr int kBits = kFormat.mantissa_bits;
  constexpr std::int32_t kMost = (kFormat.last_exponent << kBits) - 1;
  constexpr int kHalfScale = kScaleBits / 2;
  const std::int32_t sign = old >> 31;
  const std::int32_t magnitude = old ^ sign;
  const std::int32_t field = magnitude >> kBits;
  const std::int32_t exponent = std::max(field, 1);
  const std::int32_t hidden = (field != 0 ? 1 : 0) << kBits;
  std::int32_t value = ((magnitude & ((1 << kBits) - 1)) | hidden) << kGuardBits;
  // value * scale >> kScaleBits, in two halves.
  value +=
      (value * (scale >> kHalfScale) + (value * (scale & ((1 << kHalfScale) - 1)) >> kHalfScale)) >>
      kHalfScale;
  value = (value ^ sign) - sign;
  const std::int32_t shift = unit - (exponent - kFormat.bias - kBits - kGuardBits);
  const std::int32_t up = std::clamp(shift, 0, kProductBits);
  const std::int32_t most = (1 << kProductBits) >> up;
  value += std::clamp(product, -most, most) * (1 << up) >> std::clamp(-shift, 0, 31);
  const std::int32_t new_sign = value == 0 ? sign : value >> 31;
  const std::int32_t size = (value ^ new_sign) - new_sign;
  // A normal result is rounded as the float that `size` is, which has more bits; one below them at
  // the last place.
  constexpr std::int32_t kMore = kBits + kGuardBits + 1 + 126;
  const auto wide = std::bit_cast<std::int32_t>(static_cast<float>(size));
  const std::int32_t normal =
      ((wide + (1 << (22 - kBits))) >> (23 - kBits)) + (exponent - kMore) * (1 << kBits);
  const std::int32_t down = std::max(kGuardBits + 1 - exponent, 0);
  const std::int32_t more = std::clamp(exponent - kGuardBits - 1, 0, kBits);
  const auto small = static_cast<std::int32_t>(
      ((static_cast<std::uint32_t>(size) << more) + (1U << down >> 1U)) >> down);
  const bool is_small = (wide >> 23) + exponent <= kMore || size == 0;
  const std::int32_t made = std::min(is_small ? small : normal, kMost) ^ new_sign;
  return field >= kFormat.last_exponent ? old : made;
}

template <Element kElement, typename Unit>
SLIPWAY_INLINED std::int32_t predict_float(std::int32_t old, std::int32_t scale,
                                           std::int32_t product, Unit unit) {
  if constexpr (kElement == Element::kF32) {
    return predict_float32(old, scale, product, unit);
  } else {
    return predict_float16<kElement>(old, scale, product, unit);
  }
}

// 2^unit, or what stands for it.
template <Element kElement>
SLIPWAY_INLINED auto unit_of(std::int32_t unit) {
  if constexpr (kElement == Element::kF32) {
    return std::bit_cast<double>(static_cast<std::int64_t>(1023 + unit) << 52);
  } else {
    return unit;
  }
}

// Of the scales one for all, or each its own; of what is left out there is a zero for all.
template <bool kIsAcross, typename Use>
SLIPWAY_INLINED void each_element(const Run& run, Use&& use) {
  const std::int32_t* const scales = run.scales;
  const std::int32_t* const products = run.products;
  const std::int32_t one = scales == nullptr ? 0 : *scales;
  if (products == nullptr) {
    for (std::size_t i = 0; i < run.count; ++i) use(i, kIsAcross ? scales[i] : one, 0);
  } else if (kIsAcross && scales != nullptr) {
    for (std::size_t i = 0; i < run.count; ++i) use(i, scales[i], products[i]);
  } else {
    for (std::size_t i = 0; i < run.count; ++i) use(i, one, products[i]);
  }
}

template <Element kElement, bool kIsAcross>
SLIPWAY_INLINED void predict_floats(const Run& run) {
  std::int32_t* const values = run.values;
  std::uint8_t* const known = run.known;
  const auto unit = unit_of<kElement>(run.unit);
  each_element<kIsAcross>(
      run, [=](std::size_t i, std::int32_t scale, std::int32_t product)
               __attribute__((always_inline)) {
                 const std::int32_t made = predict_float<kElement>(values[i], scale, product, unit);
                 values[i] = made;
                 known[i] = exponent_of<kElement>(made);
               });
}

// Eight bits: a scaled element tells by its fraction how likely the next whole number is.
template <bool kIsAcross>
SLIPWAY_INLINED void predict_bytes(const Run& run) {
  std::int32_t* const values = run.values;
  std::uint8_t* const known = run.known;
  each_element<kIsAcross>(
      run, [=](std::size_t i, std::int32_t scale, std::int32_t) __attribute__((always_inline)) {
        const std::int32_t value = values[i];
        const std::int32_t sign = value >> 31;
        const std::int32_t grown = (((value ^ sign) - sign) * scale >> (kScaleBits - 8)) + 128;
        const std::int32_t whole = grown >> 8;
        const std::int32_t fraction = grown & 255;
        values[i] = std::clamp(value + ((whole ^ sign) - sign), -128, 127);
        known[i] = static_cast<std::uint8_t>(std::min((fraction + 16) >> 5, 7));
      });
}

template <bool kIsAcross>
SLIPWAY_INLINED void predict_words(const Run& run) {
  std::int32_t* const values = run.values;
  std::uint8_t* const known = run.known;
  each_element<kIsAcross>(
      run, [=](std::size_t i, std::int64_t scale, std::int32_t) __attribute__((always_inline)) {
        const std::int64_t value = values[i];
        const std::int64_t grown = value + ((value * scale) >> kScaleBits);
        values[i] =
            static_cast<std::int32_t>(std::clamp<std::int64_t>(grown, INT32_MIN, INT32_MAX));
        known[i] = 0;
      });
}

template <bool kIsAcross>
SLIPWAY_INLINED void predict_run(Element element, const Run& run) {
  switch (element) {
    case Element::kF32:
      return predict_floats<Element::kF32, kIsAcross>(run);
    case Element::kF16:
      return predict_floats<Element::kF16, kIsAcross>(run);
    case Element::kBf16:
      return predict_floats<Element::kBf16, kIsAcross>(run);
    case Element::kI8:
    case Element::kU8:
      return predict_bytes<kIsAcross>(run);
    case Element::kI32:
      return predict_words<kIsAcross>(run);
  }
}

}  // namespace slipway::delta
