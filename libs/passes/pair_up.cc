#include "base/str.h"
#include "ops/support/broadcast.h"
#include "passes/expander.h"
#include "passes/list.h"

namespace slipway {
namespace {

// The shapes of what is taken in, one tensor after the other; floats and doubles alone, for halves
// are rounded once, at the end.
std::optional<std::vector<Shape>> turns_of(const Graph& graph, const Node& node) {
  if ((node.op != "Sum" && node.op != "Max" && node.op != "Min") || !node.domain.empty() ||
      node.version < 8 || node.inputs.size() < 3) {
    return std::nullopt;
  }
  const DType dtype = graph.value(node.inputs[0]).type.dtype;
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64) return std::nullopt;
  std::vector<Shape> turns;
  for (const ValueId input : node.inputs) {
    const auto shape = shape_of(graph, input);
    if (!shape || graph.value(input).type.dtype != dtype) return std::nullopt;
    const Shape pair[] = {turns.empty() ? *shape : turns.back(), *shape};
    const Result<BroadcastLoop> loop = plan_broadcast(pair);
    if (!loop.ok()) return std::nullopt;
    turns.push_back(loop->shape);
  }
  return turns;
}

class PairExpander : public Expander {
 public:
  using Expander::Expander;

  void expand(const std::vector<Shape>& turns) {
    ValueId last = node_.inputs[0];
    for (std::size_t i = 1; i < turns.size(); ++i)
      last = add(node_.op, {last, node_.inputs[i]}, turns[i]);
    finish();
  }
};

}  // namespace

Result<std::string> pair_up(Model& model) {
  const std::size_t expanded = expand_nodes<PairExpander>(model.graph, turns_of);
  return expanded == 0 ? "" : str("took the inputs of ", expanded, " nodes in turn");
}

}  // namespace slipway
