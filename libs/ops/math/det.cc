// Det: determinants by Gaussian elimination with partial pivoting, in double and rounded once.
#include <algorithm>
#include <cmath>

#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status infer_det(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) return {};
  if (dims->size() < 2) return ctx.fail("X has rank ", dims->size(), ": it must be [..., M, M]");
  const Dim& rows = (*dims)[dims->size() - 2];
  const Dim& columns = dims->back();
  if (rows.is_known() && columns.is_known() && !(rows == columns)) {
    return ctx.fail("the matrices are ", rows.extent(), " by ", columns.extent(),
                    ": they must be square");
  }
  ctx.set_output(0, ctx.dtype(0), Dims(dims->begin(), dims->end() - 2));
  return {};
}

// Destroys the matrix.
double determinant(double* a, std::size_t n) {
  double result = 1.0;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i) {
      if (std::fabs(a[i * n + k]) > std::fabs(a[pivot * n + k])) pivot = i;
    }
    if (a[pivot * n + k] == 0.0) return 0.0;
    if (pivot != k) {
      std::swap_ranges(a + k * n, a + (k + 1) * n, a + pivot * n);
      result = -result;
    }
    result *= a[k * n + k];
    for (std::size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k + 1; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return result;
}

Status evaluate_det(EvalContext& ctx) {
  const Shape& shape = ctx.input(0).shape();
  if (shape.size() < 2 || shape[shape.size() - 1] != shape[shape.size() - 2]) {
    return ctx.fail("X is ", shape_text(shape), ": it must be [..., M, M]");
  }
  Tensor x = TRY(cast(ctx.input(0), DType::kFloat64));
  Tensor y = TRY(ctx.make(DType::kFloat64, Shape(shape.begin(), shape.end() - 2)));
  const auto n = static_cast<std::size_t>(shape.back());
  double* matrix = x.mutable_data<double>().data();
  for (double& out : y.mutable_data<double>()) {
    out = determinant(matrix, n);
    matrix += n * n;
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

// About n^3 / 3 for each matrix.
std::int64_t count_det(const CostContext& ctx) {
  const std::int64_t n = ctx.input(0).empty() ? 0 : ctx.input(0).back();
  Shape all = ctx.input(0);
  all.push_back(n / 3);
  return saturating_count(all);
}

}  // namespace

std::vector<Op> det_ops() {
  return {{.name = "Det",
           .versions = {{11, "X: T -> Y: T | T = floats"}},
           .infer = infer_det,
           .evaluate = evaluate_det,
           .multiply_adds = count_det}};
}

}  // namespace slipway
