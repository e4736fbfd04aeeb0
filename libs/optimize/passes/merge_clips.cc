#include <cmath>
#include <limits>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Bounds {
  double low = -kInfinity, high = kInfinity;
  bool is_relu = false;
};

// Of a Relu or a Clip between constants, low <= high.
std::optional<Bounds> bounds_of(const Graph& graph, const Node& node) {
  if (!is(node, "Relu") && !is(node, "Clip")) return std::nullopt;
  if (graph.value(node.inputs[0]).type.dtype != DType::kFloat32) return std::nullopt;
  if (is(node, "Relu")) return Bounds{0, kInfinity, true};
  if (node.version < 6) return std::nullopt;
  Bounds bounds;
  if (node.version < 11) {
    const NodeView view(node, "");
    bounds.low = view.has_attribute("min") ? view.get_float("min", 0) : -kInfinity;
    bounds.high = view.has_attribute("max") ? view.get_float("max", 0) : kInfinity;
  } else {
    const auto read = [&](std::size_t k, double& bound) {
      if (node.inputs.size() <= k || node.inputs[k] == kNoValue) return true;
      const auto stated = scalar_of(graph, node.inputs[k]);
      if (stated) bound = *stated;
      return stated.has_value();
    };
    if (!read(1, bounds.low) || !read(2, bounds.high)) return std::nullopt;
  }
  return bounds.low <= bounds.high ? std::optional(bounds) : std::nullopt;
}

void clip(Rewriter& rewriter, std::size_t i, ValueId from, const Bounds& bounds) {
  const auto low = static_cast<float>(bounds.low);
  const auto high = static_cast<float>(bounds.high);
  if (rewriter.node(i).version < 11) {
    rewriter.replace(i, "Clip", {from});
    Node& node = rewriter.node(i);
    if (std::isfinite(low)) node.attributes.emplace_back("min", low);
    if (std::isfinite(high)) node.attributes.emplace_back("max", high);
    return;
  }
  std::vector<ValueId> inputs = {from, kNoValue, kNoValue};
  if (low != -kInfinity) inputs[1] = rewriter.constant("min", Tensor::scalar(low));
  if (high != kInfinity) inputs[2] = rewriter.constant("max", Tensor::scalar(high));
  if (inputs[2] == kNoValue) inputs.resize(inputs[1] == kNoValue ? 1 : 2);
  rewriter.replace(i, "Clip", std::move(inputs));
}

}  // namespace

// A Relu or Clip after a Relu or Clip: one that keeps within both.
Result<std::string> merge_clips(Model& model) {
  const std::size_t merged = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& second = rewriter.node(i);
      const auto outer = bounds_of(graph, second);
      if (!outer || !rewriter.is_used_once(second.inputs[0])) continue;
      const Node* const first = rewriter.maker(second.inputs[0]);
      const auto inner = first == nullptr ? std::nullopt : bounds_of(graph, *first);
      if (!inner) continue;
      Bounds both;
      both.low = std::min(std::max(inner->low, outer->low), outer->high);
      both.high = std::min(std::max(inner->high, outer->low), outer->high);
      const ValueId from = first->inputs[0];
      if (both.low == 0 && both.high == kInfinity && (inner->is_relu || outer->is_relu)) {
        rewriter.replace(i, "Relu", {from});
      } else {
        clip(rewriter, i, from, both);
      }
    }
  });
  return note(merged, "merged", "Relu or Clip", "with the one before");
}

}  // namespace slipway::optimize
