#include "ops/ml/table.h"
#include "ops/op.h"

namespace slipway {
namespace {

template <typename T, typename Number>
Status impute(const EvalContext& ctx, const Table& table, const std::vector<Number>* imputed,
              Number replaced, std::span<T> out) {
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  if (imputed == nullptr || (imputed->size() != 1 && imputed->size() != columns)) {
    return ctx.fail(
        "imputed_value_floats (for float input) or imputed_value_int64s (for integers) "
        "needs one value, or one for each of ",
        columns, " columns");
  }
  const auto in = table.values.data<T>();
  const T missing = static_cast<T>(replaced);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool is_missing = in[i] == missing || (in[i] != in[i] && missing != missing);
    const Number value = (*imputed)[imputed->size() == 1 ? 0 : i % columns];
    out[i] = is_missing ? static_cast<T>(value) : in[i];
  }
  return {};
}

Status evaluate_imputer(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype();
  const Table table = TRY(read_table(ctx, 0, dtype));
  Tensor y = TRY(ctx.make(dtype, ctx.input(0).shape()));
  const auto run = [&]<typename T>() -> Status {
    if constexpr (std::is_floating_point_v<T>) {
      return impute<T>(ctx, table, ctx.get_floats("imputed_value_floats"),
                       ctx.get_float("replaced_value_float", 0.0F), y.mutable_data<T>());
    } else {
      return impute<T>(ctx, table, ctx.get_ints("imputed_value_int64s"),
                       ctx.get_int("replaced_value_int64", 0), y.mutable_data<T>());
    }
  };
  switch (dtype) {
    case DType::kFloat32:
      TRY(run.operator()<float>());
      break;
    case DType::kFloat64:
      TRY(run.operator()<double>());
      break;
    case DType::kInt32:
      TRY(run.operator()<std::int32_t>());
      break;
    case DType::kInt64:
      TRY(run.operator()<std::int64_t>());
      break;
    default:
      return ctx.unsupported("no implementation for ", name(dtype));
  }
  ctx.set_output(0, std::move(y));
  return {};
}

}  // namespace

std::vector<Op> imputer_ops() {
  return {{.name = "Imputer",
           .domain = kMl,
           .versions = {{1, "X: T -> Y: T | T = float int32 int64 double",
                         "imputed_value_floats floats, imputed_value_int64s ints, "
                         "replaced_value_float float, replaced_value_int64 int"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_imputer}};
}

}  // namespace slipway
