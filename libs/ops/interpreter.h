// Runs a model by the reference implementations, node after node. Slow and exact: it defines what
// every other way of running the model must give.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tensor/value.h"

namespace slipway {

struct NamedValue {
  std::string name;
  Value value;
};

struct RunOptions {
  std::uint64_t seed = 0;               // of random operators that state none
  std::size_t max_steps = 100'000'000;  // nodes run in all, loops included: hostile loops end
};

class Interpreter {
 public:
  // The model must be free of problems (check_model) and is kept. Functions are inlined here.
  static Result<Interpreter> create(Model model);

  const Model& model() const { return model_; }

  // Inputs by name; those with an initializer may be left out. Fails on a missing, unknown or
  // wrongly typed input, naming what was expected. Outputs come in the graph's order.
  Result<std::vector<NamedValue>> run(std::vector<NamedValue> inputs,
                                      const RunOptions& options = {}) const;

 private:
  explicit Interpreter(Model model) : model_(std::move(model)) {}
  Model model_;
};

// One node on actual values, for tests and constant folding. Absent values for omitted inputs.
Result<std::vector<Value>> evaluate_node(const Node& node, std::vector<Value> inputs);

}  // namespace slipway
