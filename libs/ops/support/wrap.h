// Arithmetic that is defined for every value: integers wrap around, floating point is as usual.
#pragma once

#include <type_traits>

namespace slipway {

template <typename T>
T wrap_add(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a + b;
  } else {
    using Wide = std::common_type_t<std::make_unsigned_t<T>, unsigned>;
    return static_cast<T>(static_cast<Wide>(a) + static_cast<Wide>(b));
  }
}

template <typename T>
T wrap_multiply(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return a * b;
  } else {
    using Wide = std::common_type_t<std::make_unsigned_t<T>, unsigned>;
    return static_cast<T>(static_cast<Wide>(a) * static_cast<Wide>(b));
  }
}

// The larger and the smaller; NaN when either is NaN.
template <typename T>
T nan_max(T a, T b) {
  return a > b || a != a ? a : b;
}
template <typename T>
T nan_min(T a, T b) {
  return a < b || a != a ? a : b;
}

}  // namespace slipway
