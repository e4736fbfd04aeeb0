// Which operators of a model are to work on bytes, and which values are quantised for them.
//
// Three kinds of nodes stand between Q/DQ:
//  - products: Conv, and Gemm and MatMul with constant weights. What follows alone (a constant bias
//    after a MatMul, a Relu or a Clip) belongs to them, and the value after it is what is
//    quantised.
//  - movers: their output is elements of their input, and keeps its scale (MaxPool, Reshape,
//    Concat, ...).
//  - sums: Add and averages, whose output has a scale of its own.
// A mover or a sum is taken only between nodes that work on bytes: elsewhere Q/DQ would cost
// accuracy and gain nothing. For the same reason a product of matrices whose result no node takes
// as bytes keeps a float result; one that has few outputs as well, and whose input nobody gives as
// bytes, has its weights quantised alone. So have recurrent layers.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/links.h"
#include "quantize/options.h"

namespace slipway::quantize {

struct Product {
  std::size_t node = 0;
  ValueId weights = kNoValue;
  std::size_t axis = 0;     // of the weights, that counts output channels
  std::size_t groups = 1;   // of a Conv
  ValueId bias = kNoValue;  // constant: an input of the node, or of the Add after a MatMul
  std::optional<std::size_t> bias_add;  // that Add
  ValueId sum = kNoValue;               // with the bias, before any clamp
  ValueId result = kNoValue;            // after the clamp that belongs to it
  bool is_result_quantized = false;
};

struct Mover {
  std::size_t node = 0;
  std::size_t inputs = 1;  // so many of its inputs are data
};

struct Sum {
  std::size_t node = 0;
  ValueId result = kNoValue;  // after the clamp that belongs to it
};

// LSTM, GRU, RNN: W and R are constants.
struct Recurrent {
  std::size_t node = 0;
};

// A product of matrices with fewer outputs costs no more than quantising its input.
inline constexpr std::size_t kFewOutputs = 16;

struct Placement {
  std::vector<Product> products;
  std::vector<Product> weights_alone;
  std::vector<Mover> movers;
  std::vector<Sum> sums;
  std::vector<Recurrent> recurrent;
  std::vector<ValueId> quantized;  // values that get Q/DQ, in the order of their makers

  bool is_empty() const { return products.empty() && weights_alone.empty() && recurrent.empty(); }
};

// Names of the nodes that could be taken: by name, else by their first output's.
std::string node_name(const Graph& graph, std::size_t node);

// An error names a word of `exclude` or `only` that no node bears, with the nearest.
Status check_names(const Graph& graph, const std::vector<std::string>& names,
                   std::string_view option);

// Types are inferred, constants folded. Nodes that `options` leave out are not taken, nor those of
// `kept`.
Placement place(const Graph& graph, const Options& options, const std::set<std::string>& kept = {});

// Groups of quantised values that share a scale: those that a mover joins. Of what a Concat joins,
// with its result, `is_joined` decides.
std::vector<std::vector<ValueId>> scale_groups(
    const Graph& graph, const Placement& placement,
    const std::function<bool(const std::vector<ValueId>&)>& is_joined);

}  // namespace slipway::quantize
