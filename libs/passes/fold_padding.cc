#include <algorithm>

#include "ops/node_view.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

// What a Pad adds before and after each axis, where that is zeros on the spatial axes alone.
std::optional<Ints> zero_padding(const Graph& graph, const Node& pad) {
  const NodeView view(pad, "");
  if (pad.op != "Pad" || !pad.domain.empty() || view.get_string("mode", "constant") != "constant")
    return std::nullopt;
  Ints pads;
  if (pad.version < 11) {
    const Ints* const stated = view.get_ints(pad.version < 2 ? "paddings" : "pads");
    if (stated == nullptr || view.get_float("value", 0.0F) != 0.0F) return std::nullopt;
    pads = *stated;
  } else {
    const Tensor* const stated = constant_of(graph, pad.inputs[1]);
    if (stated == nullptr || stated->dtype() != DType::kInt64 || pad.inputs.size() > 3)
      return std::nullopt;
    if (pad.inputs.size() > 2 && pad.inputs[2] != kNoValue) {
      const Tensor* const value = constant_of(graph, pad.inputs[2]);
      if (value == nullptr || value->dtype() != DType::kFloat32 || value->size() != 1)
        return std::nullopt;
      const Result<Tensor> direct = value->direct();
      if (!direct.ok() || direct->data<float>()[0] != 0.0F) return std::nullopt;
    }
    const Result<Tensor> direct = stated->direct();
    if (!direct.ok()) return std::nullopt;
    pads.assign(direct->data<std::int64_t>().begin(), direct->data<std::int64_t>().end());
  }
  const std::size_t rank = pads.size() / 2;
  if (pads.size() % 2 != 0 || rank < 3 || pads[0] != 0 || pads[1] != 0 || pads[rank] != 0 ||
      pads[rank + 1] != 0 || std::ranges::any_of(pads, [](std::int64_t p) { return p < 0; })) {
    return std::nullopt;
  }
  return pads;
}

// Whether zeros around what it averages are what its own padding, counted, adds: to no side more
// than its window has.
bool averages_zeros(const Node& pool, const Ints& pads) {
  const NodeView view(pool, "");
  const Ints* const own = view.get_ints("pads");
  const Ints* const kernel = view.get_ints("kernel_shape");
  const std::size_t spatial = pads.size() / 2 - 2;
  if (pool.version < 7 || view.get_flag("ceil_mode", false) || kernel == nullptr ||
      kernel->size() != spatial ||
      (own != nullptr && std::ranges::any_of(*own, [](std::int64_t p) { return p != 0; }))) {
    return false;
  }
  for (std::size_t i = 0; i < spatial; ++i) {
    if (pads[2 + i] >= (*kernel)[i] || pads[spatial + 4 + i] >= (*kernel)[i]) return false;
  }
  return true;
}

// Adds the padding to the node's own; false where it pads in another way.
bool add_padding(Node& node, const Ints& pads) {
  const bool is_pool = node.op == "AveragePool";
  if (is_pool && !averages_zeros(node, pads)) return false;
  const NodeView view(node, "");
  const std::size_t spatial = pads.size() / 2 - 2;
  const std::string auto_pad = view.get_string("auto_pad", "NOTSET");
  if (auto_pad != "NOTSET" && auto_pad != "VALID") return false;
  const Ints* const own = view.get_ints("pads");
  Ints sum = own == nullptr || auto_pad == "VALID" ? Ints(2 * spatial, 0) : *own;
  if (sum.size() != 2 * spatial) return false;
  for (std::size_t i = 0; i < spatial; ++i) {
    sum[i] += pads[2 + i];
    sum[spatial + i] += pads[spatial + 4 + i];
  }
  std::erase_if(node.attributes, [&](const Attribute& a) {
    return a.name == "pads" || a.name == "auto_pad" || (is_pool && a.name == "count_include_pad");
  });
  node.attributes.emplace_back("pads", std::move(sum));
  if (is_pool) node.attributes.emplace_back("count_include_pad", std::int64_t{1});
  return true;
}

}  // namespace

// A Pad with zeros before a Conv becomes the Conv's own padding, whose taps are skipped; before an
// AveragePool its own, which counts.
Result<std::string> fold_padding(Model& model) {
  Graph& graph = model.graph;
  const std::vector<std::size_t> uses = count_uses(graph);
  std::map<ValueId, std::size_t> pad_of;  // by output
  std::vector<bool> is_removed(graph.nodes.size(), false);
  std::size_t folded = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    if (node.op == "Pad" && !node.outputs.empty()) pad_of[node.outputs[0]] = i;
    if ((node.op != "Conv" && node.op != "AveragePool") || !node.domain.empty()) continue;
    const auto pad = pad_of.find(node.inputs[0]);
    if (pad == pad_of.end() || uses[index(node.inputs[0])] != 1) continue;
    const Node& padding = graph.nodes[pad->second];
    const auto pads = zero_padding(graph, padding);
    const Type& type = graph.value(padding.inputs[0]).type;
    if (!pads || !type.dims || type.dims->size() != pads->size() / 2 || !add_padding(node, *pads))
      continue;
    node.inputs[0] = padding.inputs[0];
    is_removed[pad->second] = true;
    ++folded;
  }
  remove_nodes(graph, is_removed);
  return folded == 0 ? "" : "moved " + count_text(folded, "Pad") + " into what comes after it";
}

}  // namespace slipway
