// A model made smaller and faster for whatever runs it: standard ONNX in and out.
//
// Functions are written out, open dimensions fixed, the operator set converted, and then the passes
// of list.h run in their order, again and again until none of them finds anything. Names of inputs
// and outputs, their order and types, metadata and doc strings stay. Weights that no pass changes
// are not copied.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::optimize {

struct Options {
  std::optional<int> opset;                     // the operator set of the result
  std::map<std::string, std::int64_t> extents;  // of open dimensions
  bool exact = false;                           // leave out the passes that change arithmetic
  bool freeze = false;                          // inputs that have default values become constants
  std::string stop_after;                       // the last pass, in the first round
  // Called after every pass that ran, with the model as it is then.
  std::function<Status(std::string_view pass, const Model& model)> after_pass;
};

struct Note {
  std::string pass;
  std::string text;
  std::size_t round = 0;
};

struct Outcome {
  std::vector<Note> notes;  // of passes that did something
  // Some of them change the last bits of results: another order of operations.
  bool changed_arithmetic = false;
};

// The model must keep the rules of graph/verify.h and ops/check.h, but for operators of other
// domains, which stay as they are. kUsage for an unknown pass or operator set,
// kUnsupported where an operator has no form in the operator set wanted; the model is then good for
// nothing more.
Result<Outcome> optimize(Model& model, const Options& options = {});

// What a file of the model holds, for people.
struct Size {
  std::size_t nodes = 0;      // subgraphs and functions included
  std::size_t constants = 0;  // tensors
  std::uint64_t constant_bytes = 0;
};
Size size_of(const Model& model);

}  // namespace slipway::optimize
