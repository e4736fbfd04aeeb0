// Inputs of the ai.onnx.ml operators that look at rows of features: [rows, columns], or [columns]
// for one row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/eval_context.h"
#include "ops/infer_context.h"

namespace slipway {

struct Table {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  Tensor values;  // of the dtype asked for
};

// Input i converted to `dtype`.
Result<Table> read_table(const EvalContext& ctx, std::size_t i, DType dtype);

// The number of rows of a table-shaped input, unknown where its type does not say.
Dim table_rows(const InferContext& ctx, std::size_t i);

// The number of its columns, where its type says it.
std::optional<std::int64_t> table_columns(const InferContext& ctx, std::size_t i);

// Labels from the attributes `ints` and `strings`: at most one of the two is given.
struct ClassLabels {
  std::vector<std::int64_t> ints;
  std::vector<std::string> strings;

  std::size_t size() const { return strings.empty() ? ints.size() : strings.size(); }
  DType dtype() const { return strings.empty() ? DType::kInt64 : DType::kString; }

  // One label per row: `classes` holds indices below size().
  Result<Tensor> pick(const EvalContext& ctx, const std::vector<std::size_t>& classes) const;
};
Result<ClassLabels> read_labels(const NodeView& view, std::string_view ints,
                                std::string_view strings);

}  // namespace slipway
