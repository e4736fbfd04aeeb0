// A graph between QuantizeLinear and DequantizeLinear: what passes that turn float operators into
// those of integers ask of it, and how they put other nodes in the place of some.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "passes/scaled.h"

namespace slipway {

// A value that a DequantizeLinear makes of bytes.
struct QuantizedSource {
  ValueId bytes = kNoValue;
  ValueId scale = kNoValue;
  ValueId zero = kNoValue;  // never left out
  Scaling scaling;
};

// The QuantizeLinear that alone uses a value, after a clamp perhaps.
struct QuantizedGoal {
  ValueId bytes = kNoValue;
  ValueId scale = kNoValue;
  ValueId zero = kNoValue;  // never left out
  Scaling scaling;
  std::optional<ByteClamp> clamp;  // of the bytes, where it is narrower than their type
  std::vector<std::size_t> nodes;  // the QuantizeLinear last
};

// Nodes are named by their places in the graph as it was given until apply().
class QuantizedGraph {
 public:
  explicit QuantizedGraph(Graph& graph);

  const Graph& graph() const { return graph_; }
  const Node& node(std::size_t i) const { return graph_.nodes[i]; }
  std::size_t size() const { return graph_.nodes.size(); }
  const Node* maker(ValueId id) const;
  // The node that alone uses the value, which is no output of the graph.
  std::optional<std::size_t> only_user(ValueId id) const;

  std::optional<QuantizedSource> source_of(ValueId id);
  std::optional<QuantizedGoal> goal_of(ValueId id);
  std::optional<ScaledConstant> constant_of(ValueId id) const;  // dequantised
  // A constant of floats, dequantised or given as such; exact in double.
  std::optional<std::vector<double>> numbers_of(ValueId id) const;

  ValueId add_constant(std::string_view name, Tensor tensor);
  ValueId add_value(std::string_view name, Type type);
  const Type& type(ValueId id) const { return graph_.value(id).type; }

  // The new nodes stand where the last of the old ones stood; all of these go.
  void replace(const std::vector<std::size_t>& old, std::vector<Node> by);
  // Ends a replacement at the goal: the operator writes the bytes, or, where there is a clamp, it
  // writes a new value that is then clamped. `last` is the node that lacks its output.
  void finish(const QuantizedGoal& goal, int version, std::vector<Node>& nodes);
  bool is_replaced(std::size_t i) const { return is_removed_[i]; }
  void apply();

 private:
  ValueId zero_point(const Node& node, DType dtype);
  std::string free_name(std::string_view name);

  Graph& graph_;
  std::map<ValueId, std::size_t> maker_;
  std::vector<std::vector<std::size_t>> users_;
  std::vector<std::size_t> uses_;
  std::vector<bool> is_removed_;
  std::map<std::size_t, std::vector<Node>> inserted_;
  std::set<std::string> names_;
};

// Constants of bytes.
Tensor byte_scalar(DType dtype, std::int32_t value);

}  // namespace slipway
