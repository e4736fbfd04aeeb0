// Model to plan: bind dimensions, run the passes, lower each node to a step, lay out memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "kernels/gemm/pack.h"
#include "passes/pass.h"
#include "runtime/step.h"
#include "tensor/tensor.h"

namespace slipway::compile {

struct CompileOptions {
  std::map<std::string, std::int64_t> dims;  // extents of symbolic dimensions
  std::int64_t batch = 1;  // of symbolic dimensions that are not in `dims` and lead their input
  // How weights of products and recurrent layers are stored; narrower ones are rounded first
  // (store_weights.h), and the result's model with them.
  WeightType weights = WeightType::kF32;
};

struct StepNote {
  std::string step;
  std::string kernel;
  std::string note;
  std::string output;  // "float[1,64,50] blocked"
  std::uint64_t multiply_adds = 0;
  std::uint64_t weight_bytes = 0;
};

struct Compiled {
  Tensor file;  // the plan's bytes
  std::vector<PassNote> passes;
  std::vector<StepNote> steps;
  std::uint64_t arena_bytes = 0;
  std::uint64_t weight_bytes = 0;
  Model model;  // after the passes: its interpreter gives the plan's bits
};

// The model must be free of faults (ops/check.h).
Result<Compiled> compile_model(Model model, const CompileOptions& options);

// What a plan's steps without a kernel of their own need to run (PrepareOptions::make_interpreted).
Result<std::unique_ptr<runtime::Interpreted>> make_interpreted(
    std::span<const std::byte> params, std::span<const runtime::Operand* const> inputs,
    std::span<const runtime::Operand* const> outputs);

}  // namespace slipway::compile
