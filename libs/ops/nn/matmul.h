// What MatMul and its quantised relatives read from their shapes.
#pragma once

#include "kernels/numeric/dot.h"
#include "ops/cost_context.h"
#include "ops/infer_context.h"
#include "ops/support/broadcast.h"

namespace slipway {

// The shapes of a product after NumPy's rule for vectors: a vector on the left is one row, on the
// right one column, and the axis so added is taken out of the result again.
struct MatMulPlan {
  Shape batch_a, batch_b;  // leading axes
  std::int64_t m = 0, n = 0, k = 0;
  BroadcastLoop batches;
  Shape output;
};
Result<MatMulPlan> plan_matmul(const NodeView& view, Shape a, Shape b);

// Output 0, of type `dtype`, is the product of inputs `left` and `right`.
Status infer_product(InferContext& ctx, std::size_t left, std::size_t right, DType dtype);
std::int64_t count_product(const CostContext& ctx);

// y of the plan's output shape, which must have elements.
template <typename T>
void multiply_matrices(const MatMulPlan& plan, const Tensor& a, const Tensor& b, Tensor& y) {
  const std::size_t m = static_cast<std::size_t>(plan.m);
  const std::size_t n = static_cast<std::size_t>(plan.n);
  const std::size_t k = static_cast<std::size_t>(plan.k);
  const T* const a_data = a.data<T>().data();
  const T* const b_data = b.data<T>().data();
  T* const y_data = y.mutable_data<T>().data();
  for_each_run(plan.batches,
               [&](std::size_t out, const auto& offsets, const auto& steps, std::size_t count) {
                 for (std::size_t i = 0; i < count; ++i) {
                   const T* left = a_data + (offsets[0] + i * steps[0]) * m * k;
                   const T* right = b_data + (offsets[1] + i * steps[1]) * k * n;
                   numeric::gemm(m, n, k, {left, plan.k, 1}, {right, plan.n, 1},
                                 numeric::Matrix<T>{y_data + (out + i) * m * n, plan.n, 1});
                 }
               });
}

}  // namespace slipway
