#include <algorithm>

#include "ops/ml/table.h"
#include "ops/op.h"

namespace slipway {
namespace {

// How many columns each input gives to the output: its entry of inputdimensions.
Result<std::vector<std::int64_t>> read_widths(const NodeView& view, std::size_t inputs) {
  const auto* given = view.get_ints("inputdimensions");
  if (given == nullptr || given->size() != inputs) {
    return view.fail("inputdimensions needs one number for each of the ", inputs, " inputs");
  }
  for (const std::int64_t width : *given) {
    if (width < 1 || width > (std::int64_t{1} << 31)) {
      return view.fail("inputdimensions holds ", width, ", which is no count of columns");
    }
  }
  return *given;
}

// Inputs side by side; each is cut, or filled up with zeros, to its width.
Status evaluate_feature_vectorizer(EvalContext& ctx) {
  const std::vector<std::int64_t> widths = TRY(read_widths(ctx, ctx.input_count()));
  std::vector<Table> tables;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    tables.push_back(TRY(read_table(ctx, i, DType::kFloat32)));
    if (tables[i].rows != tables[0].rows) {
      return ctx.fail("input ", i, " has ", tables[i].rows, " rows, input 0 has ", tables[0].rows);
    }
    total += widths[i];
  }
  Tensor y = TRY(ctx.make(DType::kFloat32, {tables.empty() ? 0 : tables[0].rows, total}));
  const auto out = y.mutable_data<float>();
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::int64_t count = std::min(widths[i], tables[i].columns);
    const float* in = tables[i].values.data<float>().data();
    for (std::int64_t row = 0; count > 0 && row < tables[i].rows; ++row) {
      std::copy_n(in + row * tables[i].columns, count, out.begin() + row * total + offset);
    }
    offset += widths[i];
  }
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_feature_vectorizer(InferContext& ctx) {
  const std::vector<std::int64_t> widths = TRY(read_widths(ctx, ctx.input_count()));
  std::int64_t total = 0;
  for (const std::int64_t width : widths) total += width;
  ctx.set_output(0, DType::kFloat32, {table_rows(ctx, 0), Dim(total)});
  return {};
}

}  // namespace

std::vector<Op> feature_vectorizer_ops() {
  return {{.name = "FeatureVectorizer",
           .domain = kMl,
           .versions = {{1, "X+: T1 -> Y: float | T1 = float int32 int64 double",
                         "inputdimensions ints"}},
           .infer = infer_feature_vectorizer,
           .evaluate = evaluate_feature_vectorizer}};
}

}  // namespace slipway
