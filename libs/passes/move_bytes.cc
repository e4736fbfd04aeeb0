#include <algorithm>

#include "base/str.h"
#include "passes/list.h"
#include "passes/rewrite.h"
#include "passes/scaled.h"

namespace slipway {
namespace {

struct Mover {
  std::string_view op;
  int since = 10;      // the version from which it takes bytes
  bool joins = false;  // all inputs are data, not the first alone
};

// What gives elements of its input as they are. The greatest of some bytes is that of what they
// stand for.
constexpr Mover kMovers[] = {
    {"Concat", 10, true}, {"DepthToSpace"}, {"Expand"},    {"Flatten"},      {"Gather"},
    {"MaxPool", 12},      {"Reshape"},      {"Slice"},     {"SpaceToDepth"}, {"Split"},
    {"Squeeze"},          {"Tile"},         {"Transpose"}, {"Unsqueeze"},
};

// A value that a DequantizeLinear of one scale makes.
struct Dequantized {
  Node node;
  Scaling scaling;
};

class ByteMover {
 public:
  explicit ByteMover(Graph& graph) : graph_(graph) {}

  std::string run() {
    std::vector<Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (Node& node : nodes) take(std::move(node));
    std::string text;
    if (moved_ != 0) text = str("moved ", count_text(moved_, "node"), " before a DequantizeLinear");
    if (undone_ != 0) {
      text += str(text.empty() ? "removed " : ", removed ", count_text(undone_, "QuantizeLinear"),
                  " that undid one");
    }
    return text;
  }

 private:
  void take(Node node) {
    const auto rename = [this](ValueId& id) {
      const auto other = same_.find(id);
      if (other != same_.end()) id = other->second;
    };
    for (ValueId& input : node.inputs) rename(input);
    for_each_subgraph(node, [&](Graph& body) {
      for (Capture& capture : body.captures) rename(capture.outer);
    });
    if (undoes(node) || moves(node)) return;
    if (const auto scaling = dequantize_scaling(graph_, node))
      sources_[node.outputs[0]] = {node.clone(), *scaling};
    graph_.nodes.push_back(std::move(node));
  }

  const Dequantized* source(ValueId id) const {
    const auto found = sources_.find(id);
    return found == sources_.end() ? nullptr : &found->second;
  }

  // (q - zero) * scale, divided by the scale, rounds to q - zero: the product is off by less than
  // half a unit in 2^8.
  bool undoes(const Node& node) {
    const auto scaling = quantize_scaling(graph_, node);
    const Dequantized* const from = scaling ? source(node.inputs[0]) : nullptr;
    if (from == nullptr || from->scaling != *scaling || is_output(graph_, node.outputs[0]))
      return false;
    same_[node.outputs[0]] = from->node.inputs[0];
    ++undone_;
    return true;
  }

  bool moves(Node& node) {
    const auto* const mover = std::ranges::find(kMovers, node.op, &Mover::op);
    if (mover == std::end(kMovers) || !node.domain.empty() || node.version < mover->since ||
        (node.op == "MaxPool" && node.outputs.size() > 1) || node.inputs.empty()) {
      return false;
    }
    const Dequantized* const from = source(node.inputs[0]);
    if (from == nullptr) return false;
    const std::size_t data = mover->joins ? node.inputs.size() : 1;
    for (std::size_t i = 0; i < data; ++i) {
      const Dequantized* const other = source(node.inputs[i]);
      if (other == nullptr || other->scaling != from->scaling) return false;
    }
    const Dequantized back{from->node.clone(), from->scaling};
    for (std::size_t i = 0; i < data; ++i) node.inputs[i] = source(node.inputs[i])->node.inputs[0];
    std::vector<Node> after;
    for (ValueId& output : node.outputs) {
      if (output == kNoValue) continue;
      const Type type = Type::tensor(from->scaling.dtype, graph_.value(output).type.dims);
      Node dequantize = back.node.clone();
      dequantize.outputs = {output};
      output = graph_.add_value(str(graph_.value(output).name, " as bytes"), type);
      dequantize.inputs[0] = output;
      sources_[dequantize.outputs[0]] = {dequantize.clone(), back.scaling};
      after.push_back(std::move(dequantize));
    }
    graph_.nodes.push_back(std::move(node));
    for (Node& dequantize : after) graph_.nodes.push_back(std::move(dequantize));
    ++moved_;
    return true;
  }

  Graph& graph_;
  std::map<ValueId, Dequantized> sources_;
  std::map<ValueId, ValueId> same_;  // of what is gone, the value in its place
  std::size_t moved_ = 0;
  std::size_t undone_ = 0;
};

}  // namespace

// Elements move as bytes and are dequantised afterwards; to quantise what was just dequantised,
// with the same scale, gives the bytes again. No bit of an output changes.
Result<std::string> move_bytes(Model& model) { return ByteMover(model.graph).run(); }

}  // namespace slipway
