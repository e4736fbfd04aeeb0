// Who makes and who uses each value of a graph, and names that are still free.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "tensor/tensor.h"

namespace slipway::quantize {

// Of a graph as it stood when this was made.
class Links {
 public:
  explicit Links(const Graph& graph);

  std::optional<std::size_t> maker(ValueId id) const { return makers_[index(id)]; }
  // Once for each use by a node's input.
  const std::vector<std::size_t>& users(ValueId id) const { return users_[index(id)]; }
  // As count_uses(): captures and outputs count too.
  std::size_t uses(ValueId id) const { return uses_[index(id)]; }
  // The node that alone uses the value, which is no output of the graph.
  std::optional<std::size_t> only_user(ValueId id) const;

 private:
  std::vector<std::optional<std::size_t>> makers_;
  std::vector<std::vector<std::size_t>> users_;
  std::vector<std::size_t> uses_;
};

// Adds values under names that no other has.
class Namer {
 public:
  explicit Namer(Graph& graph);

  ValueId add_value(std::string_view name, Type type);
  ValueId add_constant(std::string_view name, Tensor tensor);

 private:
  Graph& graph_;
  std::set<std::string> names_;
};

bool is_float_tensor(const Graph& graph, ValueId id);
// A constant of floats with elements, direct; nullopt for anything else.
std::optional<Tensor> float_constant(const Graph& graph, ValueId id);

// Nodes put before or after others, by their places in the graph as it was.
class Insertions {
 public:
  explicit Insertions(const Graph& graph)
      : before_(graph.nodes.size() + 1), is_removed_(graph.nodes.size(), false) {}

  // `place` graph.nodes.size(): at the end.
  void add_before(std::size_t place, Node node) { before_[place].push_back(std::move(node)); }
  void remove(std::size_t place) { is_removed_[place] = true; }
  void apply(Graph& graph);

 private:
  std::vector<std::vector<Node>> before_;
  std::vector<bool> is_removed_;
};

}  // namespace slipway::quantize
