#include <cmath>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Lrn {
  std::int64_t size = 1;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float bias = 1.0F;
};

// y = x / (bias + alpha / size * sum)^beta; the sum of squares over the window of channels, in
// their order, by fma.
template <typename T>
void normalize(const Lrn& lrn, const Tensor& x, Tensor& y) {
  const std::int64_t channels = x.dim(1);
  const std::int64_t inner = static_cast<std::int64_t>(x.size()) / (x.dim(0) * channels);
  const T factor = static_cast<T>(lrn.alpha) / static_cast<T>(lrn.size);
  const T* in = x.data<T>().data();
  T* out = y.mutable_data<T>().data();
  std::vector<T> sums(static_cast<std::size_t>(inner));
  for (std::int64_t plane = 0; plane < x.dim(0) * channels; ++plane) {
    const std::int64_t c = plane % channels;
    const std::int64_t first = std::max<std::int64_t>(0, c - (lrn.size - 1) / 2);
    const std::int64_t last = std::min(channels - 1, c + lrn.size / 2);
    std::fill(sums.begin(), sums.end(), T(0));
    for (std::int64_t w = first; w <= last; ++w) {
      const T* row = in + (plane - c + w) * inner;
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = std::fma(row[i], row[i], sums[i]);
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const std::size_t at = static_cast<std::size_t>(plane * inner) + i;
      out[at] = in[at] /
                numeric::pow(static_cast<T>(lrn.bias) + factor * sums[i], static_cast<T>(lrn.beta));
    }
  }
}

Status evaluate_lrn(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  if (x.rank() < 2) {
    return ctx.fail("the input has shape ", shape_text(x.shape()), "; it must be [N, C, ...]");
  }
  Lrn lrn;
  lrn.size = ctx.get_int("size", 1);
  lrn.alpha = ctx.get_float("alpha", 1e-4F);
  lrn.beta = ctx.get_float("beta", 0.75F);
  lrn.bias = ctx.get_float("bias", 1.0F);
  if (lrn.size < 1 || lrn.size > (std::int64_t{1} << 31)) {
    return ctx.fail("size is ", lrn.size, ", it must be at least 1");
  }
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (x.size() != 0) normalize<T>(lrn, x, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> lrn_ops() {
  return {{.name = "LRN",
           .versions = {{1, "X: T -> Y: T | T = floats",
                         "alpha float, beta float, bias float, size int!"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_lrn}};
}

}  // namespace slipway
