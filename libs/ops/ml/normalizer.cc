#include "kernels/vectors/rows.h"
#include "ops/ml/table.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

template <typename T>
void normalize_rows(RowNorm norm, const Table& table, std::span<T> out) {
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  const auto in = table.values.data<T>();
  for (std::size_t start = 0; start < out.size(); start += columns) {
    divide_by_norm(norm, in.subspan(start, columns), out.data() + start);
  }
}

Result<RowNorm> read_norm(const NodeView& view) {
  const std::string text = view.get_string("norm", "MAX");
  if (text == "MAX") return RowNorm::kMax;
  if (text == "L1") return RowNorm::kL1;
  if (text == "L2") return RowNorm::kL2;
  return view.fail("norm is '", text, "': use MAX, L1 or L2");
}

Status evaluate_normalizer(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype() == DType::kFloat32 ? DType::kFloat32 : DType::kFloat64;
  const Table table = TRY(read_table(ctx, 0, dtype));
  const RowNorm norm = TRY(read_norm(ctx));
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
