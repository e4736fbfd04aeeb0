// The names visible in a graph while it is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"
#include "onnx/read_context.h"

namespace slipway {

inline constexpr std::uint32_t kNoNode = 0xFFFFFFFFU;

// The versions of the operator sets that a model or a function imports, by canonical domain.
using OpsetVersions = std::unordered_map<std::string_view, std::int64_t>;

class Scope {
 public:
  // Subgraphs have an outer scope; names that this one does not define are captured from there.
  Scope(ReadContext& context, Graph& graph, const OpsetVersions& opsets, Scope* outer,
        const std::string& place);

  ReadContext& context;
  Graph& graph;
  const OpsetVersions& opsets;
  Scope* outer;
  int depth;
  bool in_function = false;  // attribute references are allowed
  std::string place;  // "" or "node if1 (If), then_branch: ", before what is named in messages
  std::size_t current_node = 0;

  // A new value of this graph. A second definition of a name is a problem, and a value of its own.
  ValueId define(std::string_view name, std::string_view role, std::uint32_t producer = kNoNode);
  // Is it defined in this very graph?
  std::optional<ValueId> find_local(std::string_view name) const;
  // The value of that name here or, captured, from around; a value defined nowhere is a problem.
  ValueId use(std::string_view name, std::string_view user);

  std::uint32_t producer(ValueId id) const { return producers_[index(id)]; }

 private:
  std::optional<ValueId> find(std::string_view name);
  ValueId add(std::string_view name, std::uint32_t producer);
  std::string suggestion(std::string_view name) const;

  std::unordered_map<std::string_view, ValueId> names_;
  std::vector<std::uint32_t> producers_;  // by value: the node, or kNoNode
};

// Puts the nodes in topological order, those already in order left as they stand. A cycle is a
// problem that names its nodes.
void sort_nodes(Scope& scope);

}  // namespace slipway
