// What steps without products cost, counted as the multiply-adds that take as long: some 80 a
// nanosecond with AVX-512. By `./dev bench operators`; it decides what threads share.
#pragma once

#include <cstdint>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/unary.h"

namespace slipway::runtime {

inline constexpr std::uint64_t kWorkOfByte = 4;  // written where others stand by

// Of an element.
inline std::uint64_t work_of(Unary function) {
  switch (function) {
    case Unary::kSigmoid:
    case Unary::kTanh:
    case Unary::kExp:
    case Unary::kExpm1:
    case Unary::kLog:
    case Unary::kErf:
    case Unary::kGelu:
    case Unary::kGeluTanh:
    case Unary::kSilu:
    case Unary::kElu:
    case Unary::kSelu:
    case Unary::kCelu:
    case Unary::kSwish:
      return 32;
    default:
      return function >= Unary::kSoftplus ? 80 : 8;  // from there on through double
  }
}

inline std::uint64_t work_of(Binary function) { return function == Binary::kPow ? 200 : 6; }

}  // namespace slipway::runtime
