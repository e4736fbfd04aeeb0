// The types in which references compute. Halves and the narrower floats compute in float, whole
// numbers in 64 bits (uint64 in its own, all others in int64); results go back by one rounding or,
// for whole numbers, modulo 2^bits. So an operator is written for float, double, int64 and uint64.
#pragma once

#include <limits>

#include "ops/eval_context.h"
#include "tensor/convert.h"

namespace slipway {

DType compute_dtype(DType dtype);

// Input i, or any tensor, in its compute type.
Result<Tensor> widened(const EvalContext& ctx, std::size_t i);
Result<Tensor> widened(const Tensor& tensor);

// Stores a computed tensor as output i with elements of `dtype`.
Status set_narrowed(EvalContext& ctx, std::size_t i, Tensor computed, DType dtype);

// The largest and the lowest finite value of a type, in its compute type T.
template <typename T>
T largest_of(DType dtype) {
  if (dtype == DType::kFloat16) return static_cast<T>(65504.0F);
  if (dtype == DType::kBfloat16) return static_cast<T>(float_from_bfloat16_bits(0x7F7F));
  if (dtype == DType::kBool) return T{1};
  if (!is_integer(dtype) || info(dtype).bits == 64) return std::numeric_limits<T>::max();
  const bool is_signed = info(dtype).kind == DTypeKind::kSigned;
  return static_cast<T>((std::uint64_t{1} << (info(dtype).bits - (is_signed ? 1U : 0U))) - 1);
}
template <typename T>
T lowest_of(DType dtype) {
  if (info(dtype).kind == DTypeKind::kFloat) return static_cast<T>(-largest_of<T>(dtype));
  if (info(dtype).kind != DTypeKind::kSigned) return T{0};
  return static_cast<T>(-largest_of<T>(dtype) - T{1});
}

// Calls f.template operator()<T>() for a compute type; false for any other dtype.
template <typename F>
bool visit_compute(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kFloat32:
      f.template operator()<float>();
      return true;
    case DType::kFloat64:
      f.template operator()<double>();
      return true;
    case DType::kInt64:
      f.template operator()<std::int64_t>();
      return true;
    case DType::kUint64:
      f.template operator()<std::uint64_t>();
      return true;
    default:
      return false;
  }
}

}  // namespace slipway
