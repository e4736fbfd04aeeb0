// What a model contains and what one run of it costs, from its graph alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

struct Port {
  std::string name;
  Type type;                 // as the model states it
  bool has_default = false;  // an input that may be left out
};

struct Layer {
  std::string name;  // of the node, or of its first output where it has none
  std::string op;
  std::string domain;
  int version = 0;
  int depth = 0;              // in how many subgraphs it stands
  std::vector<Type> outputs;  // with the dimensions of Summary::extents
  std::int64_t parameter_count = 0;
  std::int64_t multiply_adds = 0;
  std::int64_t output_bytes = 0;
};

struct OperatorUse {
  std::string domain;
  std::string op;
  std::int64_t node_count = 0;
  std::int64_t multiply_adds = 0;
  bool is_supported = true;  // at the version of every node
};

// All counts are of one run and saturate at the greatest int64.
struct Summary {
  std::string graph_name;
  std::string producer;  // name and version
  std::string doc;
  std::int64_t ir_version = 0;
  std::int64_t model_version = 0;
  std::vector<OpsetImport> opsets;
  Metadata metadata;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::size_t function_count = 0;
  std::size_t node_count = 0;  // functions expanded, subgraphs included

  // Dimensions that the model leaves open and what the costs below take them for: as asked, else 1.
  std::vector<std::pair<std::string, std::int64_t>> extents;
  // Some shape could not be inferred: its dimensions count as 1, so costs are lower bounds.
  bool has_unknown_shapes = false;

  std::int64_t parameter_count = 0;  // of initializers, Constant nodes and ai.onnx.ml's attributes
  std::int64_t weight_bytes = 0;
  std::int64_t multiply_adds = 0;  // bodies of loops count once, of conditions the dearest
  std::int64_t peak_activation_bytes =
      0;                   // inputs and outputs included, each value in its own place
  std::string peak_layer;  // where that peak is

  std::vector<OperatorUse> operators;  // the most frequent first
  std::vector<Layer> layers;           // in order; Constant nodes are left out
  Problems problems;                   // that inference found
};

// `extents` gives open dimensions by name; one that the model has not is a kUsage error. An unnamed
// open dimension of an input is called "input[axis]". The model must keep the rules of verify().
Result<Summary> summarize(const Model& model,
                          const std::map<std::string, std::int64_t>& extents = {});

struct SummaryTextOptions {
  std::size_t width_columns = 100;
  bool all_layers = false;   // else at most kShownLayers, the dearest ones
  bool is_coloured = false;  // headings in bold
};
inline constexpr std::size_t kShownLayers = 30;

std::string summary_text(const Summary& summary, const SummaryTextOptions& options);
std::string layers_text(const Summary& summary, const SummaryTextOptions& options);

}  // namespace slipway
