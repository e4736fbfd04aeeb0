// The whole numbers that a quantised type holds.
#pragma once

#include "kernels/numeric/round.h"
#include "tensor/dtype.h"

namespace slipway {

// For integer types of at most 32 bits.
inline numeric::IntegerRange integer_range(DType dtype) {
  const unsigned bits = info(dtype).bits < 32 ? info(dtype).bits : 32;
  if (info(dtype).kind == DTypeKind::kUnsigned) return {0, (std::int64_t{1} << bits) - 1};
  return {-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
}

}  // namespace slipway
