// Graph to graph. Each pass is one file and one row of the list, in the order in which they run.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway {

// What a pass did, for people: "folded 3 nodes into constants". Empty: nothing.
struct PassNote {
  std::string_view pass;
  std::string text;
};

struct Pass {
  std::string_view name;
  std::string_view summary;
  // Changes the graph, whose types are inferred and whose functions are inlined, and says what it
  // did; the result keeps the rules of graph/verify.h and the types of its values.
  Result<std::string> (*run)(Model& model);
  // The bits of the outputs may differ: another order of operations (docs/numerics.md).
  bool changes_arithmetic = false;
};

std::span<const Pass> all_passes();

// Runs every pass of the list in order; `stop_after` names the last one to run, empty for all.
Result<std::vector<PassNote>> run_passes(Model& model, std::string_view stop_after = {});

}  // namespace slipway
