#include "passes/rewrite.h"

#include <algorithm>

#include "base/str.h"

namespace slipway {

std::vector<std::size_t> count_uses(const Graph& graph) {
  std::vector<std::size_t> uses(graph.values.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) ++uses[index(input)];
    }
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) ++uses[index(capture.outer)];
    });
  }
  for (const ValueId output : graph.outputs) ++uses[index(output)];
  return uses;
}

void replace_uses(Graph& graph, ValueId from, ValueId to) {
  for (Node& node : graph.nodes) {
    std::ranges::replace(node.inputs, from, to);
    for_each_subgraph(node, [&](Graph& body) {
      for (Capture& capture : body.captures) {
        if (capture.outer == from) capture.outer = to;
      }
    });
  }
}

bool is_output(const Graph& graph, ValueId id) {
  return std::ranges::find(graph.outputs, id) != graph.outputs.end();
}

bool is_input(const Graph& graph, ValueId id) {
  return std::ranges::find(graph.inputs, id) != graph.inputs.end();
}

const Tensor* constant_of(const Graph& graph, ValueId id) {
  return id == kNoValue || is_input(graph, id) ? nullptr : graph.initializer(id);
}

void remove_nodes(Graph& graph, const std::vector<bool>& is_removed) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (is_removed[i]) continue;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    ++kept;
  }
  graph.nodes.resize(kept);
}

std::string count_text(std::size_t count, std::string_view noun) {
  return str(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace slipway
