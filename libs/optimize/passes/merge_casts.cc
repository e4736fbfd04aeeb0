#include <algorithm>

#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

bool is_in(DType dtype, std::initializer_list<DType> set) {
  return std::ranges::find(set, dtype) != set.end();
}

// Every element of the one is an element of the other, to the bit.
bool holds_all(DType wide, DType narrow) {
  using enum DType;
  if (wide == narrow) return true;
  if (narrow == kBool) return is_in(wide, {kUint8, kInt8, kInt16, kInt32, kInt64, kFloat32});
  if (wide == kFloat64)
    return is_in(narrow, {kFloat32, kFloat16, kBfloat16, kInt8, kUint8, kInt16, kUint16, kInt32});
  if (wide == kFloat32) return is_in(narrow, {kFloat16, kBfloat16, kInt8, kUint8, kInt16, kUint16});
  if (wide == kInt64) return is_in(narrow, {kInt32, kInt16, kInt8, kUint8, kUint16, kUint32});
  if (wide == kInt32) return is_in(narrow, {kInt16, kInt8, kUint8, kUint16});
  return false;
}

}  // namespace

// A Cast to a type that holds everything, and then on to a third: one Cast, or none.
Result<std::string> merge_casts(Model& model) {
  const std::size_t merged = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      Node& second = rewriter.node(i);
      if (!is(second, "Cast")) continue;
      const Node* const first = rewriter.maker(second.inputs[0], "Cast", true);
      if (first == nullptr || first->inputs[0] == kNoValue) continue;
      const DType from = graph.value(first->inputs[0]).type.dtype;
      const DType between = graph.value(second.inputs[0]).type.dtype;
      const DType to = graph.value(second.outputs[0]).type.dtype;
      if (from == DType::kUndefined || to == DType::kString || !holds_all(between, from)) continue;
      if (is_float(between) && !is_float(from)) continue;  // whole numbers wrap, floats do not
      second.inputs[0] = first->inputs[0];
      rewriter.changed();
    }
  });
  return note(merged, "merged", "Cast", "into the one after it");
}

}  // namespace slipway::optimize
