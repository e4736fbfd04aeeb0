// The types in which references compute. Halves and the narrower floats compute in float, whole
// numbers in 64 bits (uint64 in its own, all others in int64); results go back by one rounding or,
// for whole numbers, modulo 2^bits. So an operator is written for float, double, int64 and uint64.
#pragma once

#include "ops/eval_context.h"
#include "tensor/convert.h"

namespace slipway {

DType compute_dtype(DType dtype);

// Input i, or any tensor, in its compute type.
Result<Tensor> widened(const EvalContext& ctx, std::size_t i);
Result<Tensor> widened(const Tensor& tensor);

// Stores a computed tensor as output i with elements of `dtype`.
Status set_narrowed(EvalContext& ctx, std::size_t i, Tensor computed, DType dtype);

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
