// A plan or an ONNX model, ready to be run at any shape of its inputs and from any thread.
//
// A plan is made for each set of shapes when it first comes, and kept: the kMostPlans last ones. A
// model whose batch costs nothing to leave open has one plan for all batches.
#pragma once

#include <cstddef>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compile.h"
#include "graph/graph.h"
#include "ops/interpreter.h"
#include "plan/plan.h"
#include "runtime/session.h"
#include "serve/binding.h"
#include "serve/endings.h"
#include "serve/pool.h"

namespace slipway::serve {

struct ServeOptions {
  // Of an ONNX model: how it is compiled.
  Extents dims;  // extents of open dimensions, the same in every run
  WeightType weights = WeightType::kF32;
  std::vector<compile::Slide> slides;
  std::vector<compile::StatePair> states;
  // Of every session.
  std::size_t threads = 1;
  std::vector<int> cores;
  std::uint32_t spin_us = 0;
};

class Served {
 public:
  static constexpr std::size_t kMostPlans = 16;
  static constexpr std::size_t kMostPools = 64;

  static Result<std::unique_ptr<Served>> open(const std::filesystem::path& path,
                                              ServeOptions options = {});
  // The bytes are copied.
  static Result<std::unique_ptr<Served>> read(std::span<const std::byte> bytes,
                                              ServeOptions options = {});

  // Inputs and outputs. Open dimensions of inputs have a name each. Of a model, its metadata, too.
  const Model& signature() const { return signature_; }
  // What a caller brings to every run, in order.
  std::span<const ValueId> inputs() const { return inputs_; }
  // What is to be put back at each output: a plan, and interpret() too, gives what its ending says.
  std::span<const Ending> endings() const { return endings_; }
  // Opened as a plan: interpret() cannot run it.
  bool has_plan_only() const { return !model_.has_value(); }
  // Where no plan can hold it (sequences, maps, text), the reason: interpret() runs it, and nothing
  // else does.
  std::optional<std::string> why_interpreted() const;

  // The sessions for inputs of such shapes, in the order of inputs(); made where there are none
  // yet. kUnsupported: no plan can hold it; there is a reason in why_interpreted() from now on.
  Result<std::shared_ptr<Pool>> sessions_for(const Shapes& shapes);

  // By the reference implementations, slowly.
  Result<std::vector<NamedValue>> interpret(std::vector<NamedValue> inputs);

 private:
  struct OpenPlan {
    std::shared_ptr<const plan::Plan> plan;
    Graph signature;
  };

  explicit Served(ServeOptions options) : options_(std::move(options)) {}
  Status take_model(Model model);
  Status take_plan(plan::Plan plan);
  Result<std::shared_ptr<Pool>> make_pool(const Shapes& shapes);
  Result<std::optional<std::int64_t>> batch_for(const OpenPlan& open, const Shapes& shapes) const;
  Result<const OpenPlan*> compile(const Extents& dims);
  runtime::PrepareOptions prepare_options(std::int64_t batch) const;

  ServeOptions options_;
  std::optional<Model> model_;  // what plans are made of; not of a plan
  Model signature_;
  std::vector<ValueId> inputs_;
  std::vector<Ending> endings_;

  mutable std::mutex mutex_;
  std::optional<std::string> why_interpreted_;
  std::list<OpenPlan> plans_;  // the last used first
  std::map<std::vector<std::int64_t>, std::shared_ptr<Pool>> pools_;
  std::optional<Interpreter> interpreter_;
};

}  // namespace slipway::serve
