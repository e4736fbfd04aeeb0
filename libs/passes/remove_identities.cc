#include <algorithm>

#include "ops/node_view.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

bool same_type(const Graph& graph, ValueId a, ValueId b) {
  const Type& x = graph.value(a).type;
  const Type& y = graph.value(b).type;
  return x.is_tensor() && y.is_tensor() && x.dtype == y.dtype && x.dims && y.dims &&
         known_shape(*x.dims) && known_shape(*x.dims) == known_shape(*y.dims);
}

// The constant tensor of one element of a type, direct.
std::optional<Tensor> single_constant(const Graph& graph, const Node& node, std::size_t input,
                                      DType dtype) {
  const Tensor* const tensor = constant_of(graph, node.inputs[input]);
  if (tensor == nullptr || tensor->dtype() != dtype || tensor->size() != 1) return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  return direct.ok() ? std::optional(*std::move(direct)) : std::nullopt;
}

// Outside training, or with a ratio of 0: every element is kept, times 1.
bool drops_nothing(const Graph& graph, const Node& dropout) {
  if (dropout.version < 7) return false;
  if (dropout.inputs.size() < 3 || dropout.inputs[2] == kNoValue) return true;
  const auto trains = single_constant(graph, dropout, 2, DType::kBool);
  if (trains && trains->bytes()[0] == std::byte{0}) return true;
  const auto ratio = single_constant(graph, dropout, 1, DType::kFloat32);
  return ratio && ratio->data<float>()[0] == 0.0F;
}

// The node's first output is its first input, whatever that holds.
bool is_identity(const Graph& graph, const Node& node, const std::vector<std::size_t>& uses) {
  if (!node.domain.empty() || node.inputs.empty() || node.outputs.empty() ||
      node.inputs[0] == kNoValue || node.outputs[0] == kNoValue) {
    return false;
  }
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue && uses[index(node.outputs[i])] != 0) return false;
  }
  if (node.op == "Identity") return true;
  if (node.op == "Dropout") return drops_nothing(graph, node);
  if (node.op == "Cast" || node.op == "Reshape" || node.op == "Flatten" || node.op == "Expand" ||
      node.op == "Squeeze" || node.op == "Unsqueeze") {
    return same_type(graph, node.inputs[0], node.outputs[0]);
  }
  return false;
}

// The node that makes a value, under the name of an output that it becomes; false where the value
// must keep its own.
bool rename_to_output(Graph& graph, std::size_t before, ValueId value, ValueId output) {
  if (is_output(graph, value)) return false;
  for (std::size_t i = before; i-- > 0;) {
    const auto made = std::ranges::find(graph.nodes[i].outputs, value);
    if (made == graph.nodes[i].outputs.end()) continue;
    *made = output;
    replace_uses(graph, value, output);
    return true;
  }
  return false;  // an input or a constant
}

}  // namespace

std::size_t remove_identities(Graph& graph) {
  std::vector<bool> is_removed(graph.nodes.size(), false);
  std::size_t removed = 0;
  const std::vector<std::size_t> uses = count_uses(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!is_identity(graph, node, uses)) continue;
    const ValueId from = node.outputs[0];
    const ValueId to = node.inputs[0];
    if (is_output(graph, from)) {
      if (!rename_to_output(graph, i, to, from)) continue;
    } else {
      replace_uses(graph, from, to);
    }
    is_removed[i] = true;
    ++removed;
  }
  remove_nodes(graph, is_removed);
  return removed;
}

// Identity, Dropout outside training, and casts and shapes that change nothing.
Result<std::string> remove_identities(Model& model) {
  const std::size_t removed = remove_identities(model.graph);
  return removed == 0 ? "" : "removed " + count_text(removed, "node") + " that changed nothing";
}

}  // namespace slipway
