#include "ops/ml/table.h"

#include "tensor/convert.h"

namespace slipway {

Result<Table> read_table(const EvalContext& ctx, std::size_t i, DType dtype) {
  const Tensor& input = ctx.input(i);
  if (input.rank() < 1 || input.rank() > 2) {
    return ctx.fail("input ", i, " has shape ", shape_text(input.shape()),
                    "; it must be [rows, columns] or [columns]: reshape it first");
  }
  Table table;
  table.rows = input.rank() == 2 ? input.dim(0) : 1;
  table.columns = input.shape().back();
  table.values = TRY(cast(input, dtype));
  return table;
}

Dim table_rows(const InferContext& ctx, std::size_t i) {
  const Dims* dims = ctx.dims(i);
  if (dims == nullptr) return {};
  return dims->size() == 2 ? dims->front() : Dim(1);
}

std::optional<std::int64_t> table_columns(const InferContext& ctx, std::size_t i) {
  const Dims* dims = ctx.dims(i);
  if (dims == nullptr || dims->empty() || !dims->back().is_known()) return std::nullopt;
  return dims->back().extent();
}

Result<Tensor> ClassLabels::pick(const EvalContext& ctx,
                                 const std::vector<std::size_t>& classes) const {
  Tensor labels = TRY(ctx.make(dtype(), {static_cast<std::int64_t>(classes.size())}));
  if (dtype() == DType::kString) {
    const auto out = labels.mutable_data<std::string>();
    for (std::size_t row = 0; row < classes.size(); ++row) out[row] = strings[classes[row]];
  } else {
    const auto out = labels.mutable_data<std::int64_t>();
    for (std::size_t row = 0; row < classes.size(); ++row) out[row] = ints[classes[row]];
  }
  return labels;
}

Result<ClassLabels> read_labels(const NodeView& view, std::string_view ints,
                                std::string_view strings) {
  ClassLabels labels;
  if (const auto* given = view.get_ints(ints)) labels.ints = *given;
  if (const auto* given = view.get_strings(strings)) labels.strings = *given;
  if (!labels.ints.empty() && !labels.strings.empty()) {
    return view.fail("both ", ints, " and ", strings, " are given: keep one of them");
  }
  return labels;
}

}  // namespace slipway
