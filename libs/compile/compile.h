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

// A window that slides: a run brings the newest `step` positions of the input's axis and gives what
// the model gives for the window that ends with them. Before the first run the window holds zeros.
struct Slide {
  std::string input;
  std::int64_t axis = 0;  // below 0: from the end
  std::int64_t step = 1;
};

// What a run gives as `output`, the next one takes as `input`; neither is the caller's any more.
struct StatePair {
  std::string output;
  std::string input;
};

// "telemetry=2", "telemetry=2:5"; "h_out=h_in".
Result<Slide> parse_slide(const std::string& text);
Result<StatePair> parse_state_pair(const std::string& text);

// The batch is bound when a session is prepared. kOpenBatch: where that costs nothing at batch 1
// and every step allows it, else it is 1; kAnyBatch: or the model is refused.
inline constexpr std::int64_t kOpenBatch = 0;
inline constexpr std::int64_t kAnyBatch = -1;

struct CompileOptions {
  std::map<std::string, std::int64_t> dims;  // extents of symbolic dimensions
  // Of symbolic dimensions that are not in `dims` and lead their input.
  std::int64_t batch = kOpenBatch;
  // How weights of products and recurrent layers are stored; narrower ones are rounded first
  // (store_weights.h), and the result's model with them.
  WeightType weights = WeightType::kF32;
  // The model was checked (ops/check.h) since it last changed, and is not checked again.
  bool is_checked = false;
  std::vector<Slide> slides;
  std::vector<StatePair> states;
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
  // After the passes: its interpreter gives the plan's bits, window by window and state by state.
  Model model;
};

// The model must be free of faults (ops/check.h).
Result<Compiled> compile_model(Model model, const CompileOptions& options);

// What a plan's steps without a kernel of their own need to run (PrepareOptions::make_interpreted).
Result<std::unique_ptr<runtime::Interpreted>> make_interpreted(
    std::span<const std::byte> params, std::span<const runtime::Operand* const> inputs,
    std::span<const runtime::Operand* const> outputs);

}  // namespace slipway::compile
