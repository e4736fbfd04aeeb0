// Runs a model on samples: by a plan where one can be made of it, else by the reference
// implementation. Memory is that of one run.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/interpreter.h"
#include "runtime/session.h"
#include "samples/samples.h"

namespace slipway::quantize {

// What one sample brings for each input of a model that a caller has to give: a batch of 1, -1
// where an extent is open and `dims` does not give it.
Result<std::vector<samples::Wanted>> wanted_inputs(const Model& model,
                                                   const std::map<std::string, std::int64_t>& dims);

class ModelRun {
 public:
  // The model has no faults.
  static Result<ModelRun> create(Model model, const std::map<std::string, std::int64_t>& dims);

  // Makes the plan, for samples like this one, where that was not done; run() does it otherwise.
  Status prepare(const std::vector<Tensor>& sample);

  // One more that may run at the same time, by the same plan.
  Result<ModelRun> another() const;

  // The outputs in the graph's order, good until the next run.
  Result<std::span<const Tensor>> run(const std::vector<Tensor>& sample);

  bool is_native() const { return session_ != nullptr; }

 private:
  ModelRun() = default;
  Status open_session();
  Status interpret(const std::vector<Tensor>& sample);

  std::shared_ptr<const Model> model_;
  std::map<std::string, std::int64_t> dims_;
  std::vector<std::string> input_names_;
  std::vector<ValueId> input_ids_;
  std::vector<Shape> shapes_;  // of the sample that the session was made for
  bool was_prepared_ = false;
  std::shared_ptr<const plan::Plan> plan_;
  std::unique_ptr<runtime::Session> session_;
  std::vector<std::size_t> port_inputs_;
  std::unique_ptr<Interpreter> interpreter_;
  std::vector<Tensor> outputs_;
};

}  // namespace slipway::quantize
