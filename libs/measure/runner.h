// Answers of a model to samples, whoever computes them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace slipway::measure {

class Runner {
 public:
  virtual ~Runner() = default;

  virtual std::span<const engines::Port> inputs() const = 0;
  // Shapes are known only once it ran where there is no session behind it.
  virtual std::span<const std::string> outputs() const = 0;
  // `inputs` in the order of the ports and of their types and shapes. Answers last until the next
  // run. What earlier runs left is forgotten.
  virtual Result<std::span<const Tensor>> run(std::span<const Tensor> inputs) = 0;
};

Result<std::unique_ptr<Runner>> engine_runner(const engines::Engine& engine,
                                              const engines::Subject& subject,
                                              const engines::Progress& progress);

// A model whose `values` are outputs, by Slipway's kernels where it compiles so, else by the
// reference implementations.
Result<std::unique_ptr<Runner>> layer_runner(const engines::Subject& subject,
                                             const std::vector<std::string>& values);

}  // namespace slipway::measure
