#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"
#include "ops/ml/table.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

enum class Norm : std::uint8_t { kMax, kL1, kL2 };

// What a row is divided by: the largest element, the sum of magnitudes, or the square root of the
// sum of squares, each taken from left to right. A row whose divisor is zero stays as it is.
template <typename T>
T divisor(Norm norm, std::span<const T> row) {
  if (row.empty()) return T(0);
  if (norm == Norm::kMax) return *std::max_element(row.begin(), row.end());
  T sum = 0;
  for (const T x : row) sum += norm == Norm::kL1 ? std::fabs(x) : x * x;
  return norm == Norm::kL1 ? sum : numeric::sqrt(sum);
}

template <typename T>
void normalize_rows(Norm norm, const Table& table, std::span<T> out) {
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  const auto in = table.values.data<T>();
  for (std::size_t start = 0; start < out.size(); start += columns) {
    const T by = divisor(norm, in.subspan(start, columns));
    for (std::size_t i = start; i < start + columns; ++i) out[i] = by == T(0) ? in[i] : in[i] / by;
  }
}

Result<Norm> read_norm(const NodeView& view) {
  const std::string text = view.get_string("norm", "MAX");
  if (text == "MAX") return Norm::kMax;
  if (text == "L1") return Norm::kL1;
  if (text == "L2") return Norm::kL2;
  return view.fail("norm is '", text, "': use MAX, L1 or L2");
}

Status evaluate_normalizer(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype() == DType::kFloat32 ? DType::kFloat32 : DType::kFloat64;
  const Table table = TRY(read_table(ctx, 0, dtype));
  const Norm norm = TRY(read_norm(ctx));
  Tensor y = TRY(ctx.make(dtype, ctx.input(0).shape()));
  visit_real(dtype, [&]<typename T>() { normalize_rows<T>(norm, table, y.mutable_data<T>()); });
  return set_narrowed(ctx, 0, std::move(y), DType::kFloat32);
}

Status infer_normalizer(InferContext& ctx) {
  Type type = ctx.input(0);
  type.kind = Type::Kind::kTensor;
  type.dtype = DType::kFloat32;
  ctx.set_output(0, std::move(type));
  return {};
}

}  // namespace

std::vector<Op> normalizer_ops() {
  return {{.name = "Normalizer",
           .domain = kMl,
           .versions = {{1, "X: T -> Y: float | T = float int32 int64 double", "norm string"}},
           .infer = infer_normalizer,
           .evaluate = evaluate_normalizer}};
}

}  // namespace slipway
