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
      engine->outputs_.push_back(
          {std::string(port.name),
           TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end())))});
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
    outputs.push_back({value.name, TRY(Tensor::create(value.type.dtype, *shape))});
  }
  return outputs;
}

Result<Opened> open_slipway(const Subject& subject) {
  const std::vector<NamedValue> inputs = TRY(inputs_of(subject.plan));
  runtime::PrepareOptions options;
  options.threads = subject.threads;
  options.make_interpreted = compile::make_interpreted;
  const double start_ms = now_ms();
  auto plan = std::make_shared<const plan::Plan>(TRY(plan::Plan::open(subject.plan)));
  auto session = TRY(runtime::Session::prepare(std::move(plan), options));
  const double load_ms = now_ms() - start_ms;
  return Opened{TRY(SlipwayEngine::create(std::move(session), inputs)), load_ms};
}

}  // namespace slipway::bench
