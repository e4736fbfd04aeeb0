// The fixed tree in which sums, and the chains of a product, are put together.
//
// Lane j of 16 takes elements j, j + 16, j + 32, ... in order. Then lane j takes in lane j + 8,
// then j + 4, j + 2, j + 1. Elements beyond the last are absent, which for a sum is the same as +0:
// a row padded with zeros to any length has the same sum.
#pragma once

#include <cstddef>
#include <limits>
#include <type_traits>

namespace slipway::numeric {

inline constexpr std::size_t kLanes = 16;

// lane[0] takes in all of lane[0 .. count), a power of two: j and j + count/2, then quarters, ...
template <typename T, typename Combine>
T combine_lanes(T* lane, std::size_t count, Combine combine) {
  for (std::size_t half = count / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lane[j] = combine(lane[j], lane[j + half]);
  }
  return lane[0];
}

// Reduces value(0) .. value(n - 1), starting every lane from `start`.
template <typename T, typename Value, typename Combine>
T reduce_lanes(std::size_t n, T start, Value value, Combine combine) {
  T lane[kLanes];
  for (T& l : lane) l = start;
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) lane[j] = combine(lane[j], value(i + j));
  }
  for (std::size_t j = 0; i < n; ++i, ++j) lane[j] = combine(lane[j], value(i));
  return combine_lanes(lane, kLanes, combine);
}

// Integers wrap, as two's complement does.
template <typename T>
T wrapping_add(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
  } else {
    return a + b;
  }
}
template <typename T>
T wrapping_multiply(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<unsigned long long>(a) * static_cast<unsigned long long>(b));
  } else {
    return a * b;
  }
}

// The greater, the first of equals (so the first of -0 and +0), NaN if there is one.
template <typename T>
T greater_of(T a, T b) {
  return b > a || b != b ? b : a;
}
// The less, in the same way.
template <typename T>
T less_of(T a, T b) {
  return b < a || b != b ? b : a;
}

// What max starts from: no element is less.
template <typename T>
constexpr T lowest_start() {
  return std::is_integral_v<T> ? std::numeric_limits<T>::lowest()
                               : -std::numeric_limits<T>::infinity();
}
template <typename T>
constexpr T highest_start() {
  return std::is_integral_v<T> ? std::numeric_limits<T>::max() : std::numeric_limits<T>::infinity();
}

}  // namespace slipway::numeric
