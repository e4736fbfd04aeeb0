#include "graph/problem.h"
#include "ops/infer.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

std::vector<std::string> types_of(const Graph& graph) {
  std::vector<std::string> types;
  for (const ValueDef& value : graph.values) types.push_back(to_text(value.type));
  return types;
}

}  // namespace

// Types and shapes of all values; what contradicts is told by `slipway check`.
Result<std::string> infer_shapes(Model& model) {
  const std::vector<std::string> before = types_of(model.graph);
  Problems ignored;
  infer_types(model, ignored);
  const std::vector<std::string> after = types_of(model.graph);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < after.size(); ++i) changed += before[i] != after[i] ? 1 : 0;
  return note(changed, "stated the type of", "value");
}

}  // namespace slipway::optimize
