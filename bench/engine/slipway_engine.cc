#include <cstring>

#include "base/str.h"
#include "clock.h"
#include "compile/compile.h"
#include "compile/plan_summary.h"
#include "compile/prove.h"
#include "engine.h"
#include "plan/plan.h"
#include "runtime/session.h"

namespace slipway::bench {
namespace {

class SlipwayEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(std::unique_ptr<runtime::Session> session,
                                                const std::vector<NamedValue>& inputs) {
    auto engine = std::make_unique<SlipwayEngine>();
    for (const NamedValue& input : inputs) {  // in the order of the plan's inputs
      engine->inputs_.push_back(TRY(input.value.tensor().direct()));
      engine->from_.push_back(engine->inputs_.back().bytes().data());
    }
    for (const runtime::Port& port : session->outputs()) {
      Tensor output = TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end())));
      engine->outputs_.push_back({std::string(port.name), std::move(output)});
    }
    for (NamedValue& output : engine->outputs_)
      engine->to_.push_back(output.value.tensor().mutable_bytes().data());
    engine->session_ = std::move(session);
    return std::unique_ptr<Engine>(std::move(engine));
  }

  Status run() override {
    if (session_->run(from_, to_) == runtime::RunCode::kOk) return {};
    return Error{Code::kInvalid, str("slipway did not run: ", session_->last_error())};
  }

  std::vector<NamedValue> outputs() const override { return outputs_; }

 private:
  std::unique_ptr<runtime::Session> session_;
  std::vector<Tensor> inputs_;
  std::vector<NamedValue> outputs_;
  std::vector<const void*> from_;
  std::vector<void*> to_;
};

}  // namespace

Result<std::vector<NamedValue>> inputs_of(const std::filesystem::path& plan) {
  Model model;
  model.graph = compile::signature(TRY(plan::Plan::open(plan)));
  return compile::sample_inputs(model, 1);
}

Result<std::vector<NamedValue>> outputs_of(const std::filesystem::path& plan) {
  const Graph graph = compile::signature(TRY(plan::Plan::open(plan)));
  std::vector<NamedValue> outputs;
  for (const ValueId id : graph.outputs) {
    const ValueDef& value = graph.value(id);
    const std::optional<Shape> shape = known_shape(*value.type.dims);
    if (!shape) return Error{Code::kUnsupported, str("output ", value.name, " has an open shape")};
    Tensor output = TRY(Tensor::create(value.type.dtype, *shape));
    outputs.push_back({value.name, std::move(output)});
  }
  return outputs;
}

namespace {

// Sample t of a window: [before, length, after] to [before, 1, after].
Result<Tensor> sample_of(const Tensor& window, std::size_t axis, std::int64_t t) {
  Shape shape = window.shape();
  const auto length = static_cast<std::size_t>(shape[axis]);
  shape[axis] = 1;
  Tensor sample = TRY(Tensor::create(window.dtype(), shape));
  std::size_t after = element_bytes(window.dtype());
  for (std::size_t i = axis + 1; i < shape.size(); ++i) after *= static_cast<std::size_t>(shape[i]);
  const std::size_t before = sample.bytes().size() / after;
  for (std::size_t b = 0; b < before; ++b) {
    std::memcpy(sample.mutable_bytes().data() + b * after,
                window.bytes().data() + (b * length + static_cast<std::size_t>(t)) * after, after);
  }
  return sample;
}

// All samples of the window but the last have been given: a run gives the window's answer.
Result<std::unique_ptr<Engine>> open_sliding(std::unique_ptr<runtime::Session> session,
                                             const Subject& subject) {
  std::vector<NamedValue> inputs = TRY(inputs_of(subject.window_plan));
  const auto axis = static_cast<std::size_t>(subject.window_axis);
  const Tensor window = inputs[0].value.tensor();
  const std::int64_t last = window.shape()[axis] - 1;
  std::vector<NamedValue> outputs = TRY(outputs_of(subject.plan));
  std::vector<void*> to;
  for (NamedValue& output : outputs) to.push_back(output.value.tensor().mutable_bytes().data());
  for (std::int64_t t = 0; t < last; ++t) {
    const Tensor sample = TRY(sample_of(window, axis, t));
    const void* const from[] = {sample.bytes().data()};
    if (session->run(from, to) != runtime::RunCode::kOk)
      return Error{Code::kInvalid, str("slipway did not run: ", session->last_error())};
  }
  inputs[0].value = Value(TRY(sample_of(window, axis, last)));
  return SlipwayEngine::create(std::move(session), inputs);
}

}  // namespace

Result<Opened> open_slipway(const Subject& subject) {
  const std::vector<NamedValue> inputs = TRY(inputs_of(subject.plan));
  runtime::PrepareOptions options;
  options.threads = subject.threads;
  options.make_interpreted = compile::make_interpreted;
  const double start_ms = now_ms();
  auto plan = std::make_shared<const plan::Plan>(TRY(plan::Plan::open(subject.plan)));
  auto session = TRY(runtime::Session::prepare(std::move(plan), options));
  const double load_ms = now_ms() - start_ms;
  if (!subject.window_plan.empty())
    return Opened{TRY(open_sliding(std::move(session), subject)), load_ms};
  return Opened{TRY(SlipwayEngine::create(std::move(session), inputs)), load_ms};
}

}  // namespace slipway::bench
