#include <utility>

#include "kernels/numeric/reduce.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// Added to the variance: the 1e-9 that ONNX adds to its root.
constexpr double kEpsilon = 1e-18;

// Offsets, from any start, of the elements along the given axes in row-major order.
std::vector<std::size_t> offsets_along(const Shape& shape, const std::vector<char>& is_along) {
  std::vector<std::size_t> offsets = {0};
  std::size_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const std::size_t extent = static_cast<std::size_t>(shape[axis]);
    if (is_along[axis] != 0) {
      std::vector<std::size_t> grown;
      grown.reserve(offsets.size() * extent);
      for (std::size_t i = 0; i < extent; ++i) {
        for (const std::size_t offset : offsets) grown.push_back(i * stride + offset);
      }
      offsets = std::move(grown);
    }
    stride *= extent;
  }
  return offsets;
}

template <typename T>
void normalize(const Tensor& x, const std::vector<char>& is_reduced, Tensor& y) {
  std::vector<char> is_kept(is_reduced.size());
  for (std::size_t axis = 0; axis < is_kept.size(); ++axis) is_kept[axis] = is_reduced[axis] == 0;
  const std::vector<std::size_t> members = offsets_along(x.shape(), is_reduced);
  const auto in = x.data<T>();
  const auto out = y.mutable_data<T>();
  std::vector<T> row(members.size());
  for (const std::size_t start : offsets_along(x.shape(), is_kept)) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = in[start + members[i]];
    numeric::layer_norm_row(row.data(), row.data(), row.size(), 1, static_cast<T>(kEpsilon),
                            numeric::Affine<T>{});
    for (std::size_t i = 0; i < row.size(); ++i) out[start + members[i]] = row[i];
  }
}

Status evaluate_mean_variance_normalization(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const std::vector<std::int64_t>* given = ctx.get_ints("axes");
  const std::vector<std::int64_t> stated =
      given == nullptr ? std::vector<std::int64_t>{0, 2, 3} : *given;
  std::vector<char> is_reduced(x.rank(), 0);
  for (const std::size_t axis : TRY(normalize_axes(ctx, stated, x.rank()))) is_reduced[axis] = 1;
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (x.size() != 0) normalize<T>(x, is_reduced, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> mean_variance_normalization_ops() {
  return {{.name = "MeanVarianceNormalization",
           .versions = {{9, "X: T -> Y: T | T = floats", "axes ints"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_mean_variance_normalization}};
}

}  // namespace slipway
