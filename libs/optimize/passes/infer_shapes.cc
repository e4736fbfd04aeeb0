#include "graph/problem.h"
#include "ops/infer.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

std::size_t count_known(const Graph& graph) {
  std::size_t known = 0;
  for (const ValueDef& value : graph.values) known += value.type.kind != Type::Kind::kUnknown;
  return known;
}

}  // namespace

// Types and shapes of all values; what contradicts is told by `slipway check`.
Result<std::string> infer_shapes(Model& model) {
  const std::size_t before = count_known(model.graph);
  Problems ignored;
  infer_types(model, ignored);
  return note(count_known(model.graph) - before, "stated the type of", "value");
}

}  // namespace slipway::optimize
