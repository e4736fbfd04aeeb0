// What a model keeps from run to run: pairs of an output and an input that the session feeds back,
// and the past of windows that slide.
#pragma once

#include <utility>
#include <vector>

#include "base/result.h"
#include "compile/compile.h"
#include "graph/graph.h"

namespace slipway::compile {

struct StatefulModel {
  Model model;  // without the inputs and outputs that became state
  // States with what they begin as, empty for zeros.
  std::vector<std::pair<ValueId, Tensor>> states;
  std::vector<std::pair<ValueId, ValueId>> fed_back;  // a state, and the value it becomes
  std::size_t runs_to_settle = 0;  // on zeros, until what rings keep is what zeros give
  std::vector<PassNote> notes;

  bool has_state() const { return !states.empty(); }
};

// The model's passes have run and its shapes are known. A model that slides over no window is
// narrowed to the steps of a time axis that its outputs depend on, where that saves much.
Result<StatefulModel> make_stateful(const Model& model, const CompileOptions& options);

// What a plan's state is after so many runs on zeros.
Result<Tensor> settle(const Tensor& plan_file, std::size_t runs);

}  // namespace slipway::compile
