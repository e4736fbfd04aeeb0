// What the passes of this library share: who makes and uses a value, constants read and made, and
// nodes put in the place of others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace slipway::optimize {

using Ints = std::vector<std::int64_t>;

// An operator of ai.onnx.
bool is(const Node& node, std::string_view op);

// A tensor's shape where all of it is known.
std::optional<Shape> shape_of(const Graph& graph, ValueId id);
std::optional<std::size_t> rank_of(const Graph& graph, ValueId id);

// Elements of a constant, direct: of int64 or int32; of float. None where it is something else.
std::optional<Ints> ints_of(const Graph& graph, ValueId id);
std::optional<Tensor> floats_of(const Graph& graph, ValueId id);
// The only element of a constant of a float type (float, double, float16, bfloat16) of at most
// `max_rank` axes.
std::optional<double> scalar_of(const Graph& graph, ValueId id, std::size_t max_rank = 8);

// The rewriting of one graph. Nodes are replaced in place, so that positions stay; what they no
// longer use is removed by finish().
class Rewriter {
 public:
  explicit Rewriter(Graph& graph);

  Graph& graph() { return graph_; }
  std::size_t size() const { return graph_.nodes.size(); }
  Node& node(std::size_t i) { return graph_.nodes[i]; }

  // The node that makes a value; null for inputs, constants and captures.
  Node* maker(ValueId id);
  // The same where it is that operator of ai.onnx and, unless `shared`, nothing else uses the
  // value.
  Node* maker(ValueId id, std::string_view op, bool shared = false);
  // How often a value was used when the rewriting began; 0 for one made since.
  std::size_t uses(ValueId id) const;
  // Used once, and by a node of this graph.
  bool is_used_once(ValueId id) const;

  // A constant with a name that begins so.
  ValueId constant(std::string_view name, Tensor tensor);
  ValueId value(std::string_view name, Type type);

  // The node i with another operator and other inputs; its name, version and outputs stay.
  void replace(std::size_t i, std::string op, std::vector<ValueId> inputs,
               std::vector<Attribute> attributes = {});
  // Node i gives its input, or another value that exists before it.
  void pass_on(std::size_t i, ValueId from);
  // A node before node i, with its version; returns its output.
  ValueId insert_before(std::size_t i, std::string op, std::vector<ValueId> inputs, Type type,
                        std::vector<Attribute> attributes = {});
  void changed() { ++changes_; }

  // Puts inserted nodes in their places, removes what nothing uses any more; how many changes.
  std::size_t finish();

 private:
  Graph& graph_;
  std::vector<std::size_t> maker_;  // by value; size_t(-1): none
  std::vector<std::size_t> uses_;
  std::vector<std::pair<std::size_t, Node>> inserted_;
  std::size_t changes_ = 0;
};

// f(Rewriter&) for the graph of the model and every subgraph; the sum of the changes.
template <typename F>
std::size_t rewrite_graphs(Graph& graph, F&& f) {
  std::size_t changes = 0;
  for (Node& node : graph.nodes) {
    for_each_subgraph(node, [&](Graph& body) { changes += rewrite_graphs(body, f); });
  }
  Rewriter rewriter(graph);
  f(rewriter);
  return changes + rewriter.finish();
}

// "" for none, else "WHAT 3 NOUNs ENDING".
std::string note(std::size_t count, std::string_view what, std::string_view noun,
                 std::string_view ending = "");

}  // namespace slipway::optimize
