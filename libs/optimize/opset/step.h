// One node on its way from an opset version to the one before or after it.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/str.h"
#include "graph/graph.h"
#include "ops/node_view.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {

// What is constant in a graph, Constant nodes and captured values included.
using Constants = std::map<ValueId, Tensor>;

class Step {
 public:
  Step(Graph& graph, Constants& constants, Node from, int to_version)
      : node(std::move(from)), to(to_version), graph_(graph), constants_(constants) {}

  Node node;                 // changed by the rule; its version is set after the rule has run
  const int to;              // the version that all nodes of this step get
  std::vector<Node> before;  // nodes that make what the node takes
  std::vector<Node> after;   // nodes that take what it makes

  NodeView view() const { return {node, ""}; }
  bool has_input(std::size_t k) const {
    return k < node.inputs.size() && node.inputs[k] != kNoValue;
  }
  bool has_output(std::size_t k) const {
    return k < node.outputs.size() && node.outputs[k] != kNoValue;
  }
  const Type& input_type(std::size_t k) const { return graph_.value(node.inputs[k]).type; }
  std::optional<std::size_t> rank(std::size_t k) const { return rank_of(graph_, node.inputs[k]); }
  std::optional<Shape> shape(std::size_t k) const { return shape_of(graph_, node.inputs[k]); }

  // Of input k where it is constant: direct; as whole numbers; as numbers.
  std::optional<Tensor> constant(std::size_t k) const;
  std::optional<Ints> ints(std::size_t k) const;
  std::optional<std::vector<double>> reals(std::size_t k) const;

  void erase(std::string_view attribute);
  template <typename T>
  void set(std::string attribute, T value) {
    erase(attribute);
    node.attributes.emplace_back(std::move(attribute), std::move(value));
  }
  // Input k, the inputs before it omitted where there are none.
  void set_input(std::size_t k, ValueId id);
  // Omitted inputs at the end are none.
  void drop_omitted();

  ValueId add_constant(std::string_view what, Tensor tensor);
  // A node before this one; its output.
  ValueId add_before(std::string op, std::vector<ValueId> inputs, Type type = {},
                     std::vector<Attribute> attributes = {});
  // Output k gets a value of its own, from which a node after this one makes what it was.
  void add_after(std::size_t k, std::string op, Type type, std::vector<ValueId> more_inputs = {},
                 std::vector<Attribute> attributes = {});

  // "node x (Pad): reason", of a node that cannot go this way.
  template <typename... Parts>
  Error cannot(const Parts&... parts) const {
    return unsupported(str(parts...));
  }
  Graph& graph() { return graph_; }

 private:
  Error unsupported(std::string_view reason) const;
  ValueId value(std::string_view what, Type type);

  Graph& graph_;
  Constants& constants_;
};

// What happens to an operator where an operator set changes it: up from `version` - 1 to `version`
// and down again. No function: the node stays as it is, but for attributes that have defaults.
struct Rule {
  std::string_view op;
  int version;
  Status (*up)(Step&);
  Status (*down)(Step&);
};

// All rules of ai.onnx, family after family (table.cc).
const Rule* find_rule(std::string_view op, int version);

// The families, one file each.
std::span<const Rule> axes_rules();
std::span<const Rule> elementwise_rules();
std::span<const Rule> formula_rules();
std::span<const Rule> movement_rules();
std::span<const Rule> norm_rules();
std::span<const Rule> resize_rules();
std::span<const Rule> other_rules();
std::span<const Rule> type_rules();

}  // namespace slipway::optimize
