#include <cmath>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// x / norm along one axis; where the norm is zero the result is zero.
template <typename T>
void normalize(const Tensor& x, std::size_t axis, std::int64_t p, Tensor& y) {
  const std::size_t length = static_cast<std::size_t>(x.dim(axis));
  std::size_t inner = 1;
  for (std::size_t a = axis + 1; a < x.rank(); ++a) inner *= static_cast<std::size_t>(x.dim(a));
  const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(inner);
  const T* const in = x.data<T>().data();
  T* const out = y.mutable_data<T>().data();
  for (std::size_t row = 0; row < x.size() / length; ++row) {
    const std::size_t start = row / inner * inner * length + row % inner;
    const T* from = in + start;
    const T norm = p == 2 ? numeric::sqrt(numeric::sum_of_squares(from, length, stride))
                          : numeric::sum_of<T>(
                                length, [&](std::size_t i) { return std::fabs(from[i * inner]); });
    for (std::size_t i = 0; i < length; ++i) {
      out[start + i * inner] = norm == T(0) ? T(0) : from[i * inner] / norm;
    }
  }
}

Status evaluate_lp_normalization(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -1), x.rank()));
  const std::int64_t p = ctx.get_int("p", 2);
  if (p != 1 && p != 2) return ctx.fail("p is ", p, ": it must be 1 or 2");
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (x.size() != 0) normalize<T>(x, axis, p, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> lp_normalization_ops() {
  return {{.name = "LpNormalization",
           .versions = {{1, "input: T -> output: T | T = floats", "axis int, p int"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_lp_normalization}};
}

}  // namespace slipway
