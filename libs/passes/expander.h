// Writes several nodes in the place of one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "passes/rewrite.h"

namespace slipway {

// A tensor's shape where all of it is known.
std::optional<Shape> shape_of(const Graph& graph, ValueId id);

class Expander {
 public:
  // New nodes go to the end of `nodes`.
  Expander(Graph& graph, Node node, std::vector<Node>& nodes)
      : graph_(graph), node_(std::move(node)), nodes_(nodes) {}

 protected:
  // A node with one output, of the type of elements of the first input of the node replaced.
  ValueId add(const std::string& op, std::vector<ValueId> inputs, const Shape& shape,
              std::optional<Attribute> attribute = std::nullopt);
  // A constant, int64.
  ValueId numbers(const std::vector<std::int64_t>& values);
  ValueId reshaped(ValueId id, const Shape& to);
  // The last node written gives the outputs of the one replaced.
  void finish() { nodes_.back().outputs = node_.outputs; }

  Graph& graph_;
  Node node_;

 private:
  std::string name(std::string_view what) const;

  std::vector<Node>& nodes_;
};

// Expands each node in which `find(graph, node)` finds something: E(graph, node, nodes).expand(it).
template <typename E, typename Find>
std::size_t expand_nodes(Graph& graph, Find find) {
  std::vector<Node> nodes;
  std::size_t expanded = 0;
  for (Node& node : graph.nodes) {
    const auto found = find(graph, node);
    if (!found) {
      nodes.push_back(std::move(node));
      continue;
    }
    E(graph, std::move(node), nodes).expand(*found);
    ++expanded;
  }
  graph.nodes = std::move(nodes);
  return expanded;
}

}  // namespace slipway
