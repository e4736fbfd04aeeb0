// ONNX Runtime, through the adapter of libs/engines.
#include <algorithm>

#include "base/str.h"
#include "clock.h"
#include "engine.h"
#include "engines/engine.h"

namespace slipway::bench {
namespace {

// The tensor of a port's name, which must be of its type and shape.
Result<Tensor*> tensor_of(std::vector<NamedValue>& values, const engines::Port& port) {
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](const NamedValue& value) { return value.name == port.name; });
  if (found == values.end())
    return Error{Code::kInvalid, str("the plan has no input or output ", port.name)};
  Tensor& tensor = found->value.tensor();
  if (tensor.dtype() != port.dtype || tensor.shape() != port.shape) {
    return Error{Code::kInvalid,
                 str(port.name, " is ", name(tensor.dtype()), shape_text(tensor.shape()),
                     " in the plan, ", name(port.dtype), shape_text(port.shape), " in the model")};
  }
  return &tensor;
}

class OnnxRuntimeEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> create(std::unique_ptr<engines::Session> session,
                                                std::vector<NamedValue> inputs,
                                                std::vector<NamedValue> outputs) {
    auto engine = std::make_unique<OnnxRuntimeEngine>();
    engine->session_ = std::move(session);
    engine->inputs_ = std::move(inputs);
    engine->outputs_ = std::move(outputs);
    for (const engines::Port& port : engine->session_->inputs()) {
      Tensor* const tensor = TRY(tensor_of(engine->inputs_, port));
      engine->from_.push_back(tensor->mutable_bytes().data());
    }
    for (const engines::Port& port : engine->session_->outputs()) {
      Tensor* const tensor = TRY(tensor_of(engine->outputs_, port));
      engine->to_.push_back(tensor->mutable_bytes().data());
    }
    return std::unique_ptr<Engine>(std::move(engine));
  }

  Status run() override { return session_->run(from_, to_); }
  std::vector<NamedValue> outputs() const override { return outputs_; }

 private:
  std::unique_ptr<engines::Session> session_;
  std::vector<NamedValue> inputs_;
  std::vector<NamedValue> outputs_;
  std::vector<const void*> from_;
  std::vector<void*> to_;
};

}  // namespace

// All optimisations, open dimensions fixed, the defaults otherwise. The time is that of making the
// session, the library and its environment being there.
Result<Opened> open_onnxruntime(const Subject& subject, const std::string& library) {
  std::vector<NamedValue> inputs = TRY(inputs_of(subject.ports_plan()));
  std::vector<NamedValue> outputs = TRY(outputs_of(subject.ports_plan()));
  const engines::Engine* const engine = TRY(engines::find_engine("onnxruntime"));
  engines::Subject given;
  given.model = subject.model;
  given.dims = subject.extents;
  given.threads = subject.threads;
  given.options = {{"library", library}};
  TRY(engine->load(given));
  const double start_ms = now_ms();
  std::unique_ptr<engines::Session> session = TRY(engine->open(given, nullptr));
  const double load_ms = now_ms() - start_ms;
  return Opened{
      TRY(OnnxRuntimeEngine::create(std::move(session), std::move(inputs), std::move(outputs))),
      load_ms};
}

}  // namespace slipway::bench
