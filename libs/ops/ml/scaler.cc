#include "ops/ml/table.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// (x - offset) * scale in the type of the input (double for whole numbers), rounded once to float.
template <typename T>
void scale_rows(const Table& table, const std::vector<float>& offset,
                const std::vector<float>& scale, std::span<T> out) {
  const auto in = table.values.data<T>();
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t column = i % columns;
    const T shift = offset.size() == 1 ? offset[0] : offset[column];
    out[i] = (in[i] - shift) * (scale.size() == 1 ? scale[0] : scale[column]);
  }
}

Status evaluate_scaler(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype() == DType::kFloat32 ? DType::kFloat32 : DType::kFloat64;
  const Table table = TRY(read_table(ctx, 0, dtype));
  const std::vector<float>* given_offset = ctx.get_floats("offset");
  const std::vector<float>* given_scale = ctx.get_floats("scale");
  const std::vector<float> offset = given_offset ? *given_offset : std::vector<float>{0.0F};
  const std::vector<float> scale = given_scale ? *given_scale : std::vector<float>{1.0F};
  for (const std::size_t size : {offset.size(), scale.size()}) {
    if (size != 1 && static_cast<std::int64_t>(size) != table.columns) {
      return ctx.fail("offset has ", offset.size(), " and scale ", scale.size(),
                      " entries; each needs one, or one for each of ", table.columns, " columns");
    }
  }
  Tensor y = TRY(ctx.make(dtype, ctx.input(0).shape()));
  visit_real(dtype,
             [&]<typename T>() { scale_rows<T>(table, offset, scale, y.mutable_data<T>()); });
  return set_narrowed(ctx, 0, std::move(y), DType::kFloat32);
}

Status infer_scaler(InferContext& ctx) {
  Type type = ctx.input(0);
  type.kind = Type::Kind::kTensor;
  type.dtype = DType::kFloat32;
  ctx.set_output(0, std::move(type));
  return {};
}

}  // namespace

std::vector<Op> scaler_ops() {
  return {{.name = "Scaler",
           .domain = kMl,
           .versions = {{1, "X: T -> Y: float | T = float int32 int64 double",
                         "offset floats, scale floats"}},
           .infer = infer_scaler,
           .evaluate = evaluate_scaler}};
}

}  // namespace slipway
