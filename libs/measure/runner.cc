#include "measure/runner.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/store_weights.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "ops/interpreter.h"
#include "runtime/session.h"

namespace slipway::measure {
namespace {

// Memory that a session reads and writes.
struct Buffers {
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  std::vector<const void*> from;
  std::vector<void*> to;

  Status create(std::span<const engines::Port> in, std::span<const engines::Port> out) {
    for (const engines::Port& port : in)
      inputs.push_back(TRY(Tensor::create(port.dtype, port.shape)));
    for (const engines::Port& port : out)
      outputs.push_back(TRY(Tensor::create(port.dtype, port.shape)));
    for (Tensor& tensor : inputs) from.push_back(tensor.mutable_bytes().data());
    for (Tensor& tensor : outputs) to.push_back(tensor.mutable_bytes().data());
    return {};
  }

  void fill(std::span<const Tensor> values) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::span<const std::byte> bytes = values[i].bytes();
      if (!bytes.empty()) std::memcpy(inputs[i].mutable_bytes().data(), bytes.data(), bytes.size());
    }
  }
};

class EngineRunner final : public Runner {
 public:
  static Result<std::unique_ptr<Runner>> create(std::unique_ptr<engines::Session> session) {
    auto runner = std::make_unique<EngineRunner>(std::move(session));
    TRY(runner->buffers_.create(runner->session_->inputs(), runner->session_->outputs()));
    for (const engines::Port& port : runner->session_->outputs())
      runner->outputs_.push_back(port.name);
    return std::unique_ptr<Runner>(std::move(runner));
  }
  explicit EngineRunner(std::unique_ptr<engines::Session> session) : session_(std::move(session)) {}

  std::span<const engines::Port> inputs() const override { return session_->inputs(); }
  std::span<const std::string> outputs() const override { return outputs_; }
  Result<std::span<const Tensor>> run(std::span<const Tensor> inputs) override {
    buffers_.fill(inputs);
    session_->reset();
    TRY(session_->run(buffers_.from, buffers_.to));
    return std::span<const Tensor>(buffers_.outputs);
  }

 private:
  std::unique_ptr<engines::Session> session_;
  std::vector<std::string> outputs_;
  Buffers buffers_;
};

std::vector<engines::Port> ports_of(std::span<const runtime::Port> ports) {
  std::vector<engines::Port> made;
  for (const runtime::Port& port : ports) {
    made.push_back({std::string(port.name), port.dtype, Shape(port.dims.begin(), port.dims.end()),
                    port.bytes});
  }
  return made;
}

class PlanRunner final : public Runner {
 public:
  static Result<std::unique_ptr<Runner>> create(Model model, const engines::Subject& subject) {
    compile::CompileOptions options;
    options.dims = subject.dims;
    options.batch = subject.batch;
    if (const auto weights = subject.options.find("weights"); weights != subject.options.end())
      options.weights = TRY(compile::parse_weight_type(weights->second));
    auto compiled =
        std::make_shared<compile::Compiled>(TRY(compile::compile_model(std::move(model), options)));
    const std::span<const std::byte> bytes = compiled->file.bytes();
    auto plan =
        std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(bytes, std::move(compiled))));
    runtime::PrepareOptions prepare;
    prepare.make_interpreted = compile::make_interpreted;
    if (plan->has_batch()) prepare.batch = subject.batch;
    auto runner = std::make_unique<PlanRunner>();
    runner->session_ = TRY(runtime::Session::prepare(std::move(plan), prepare));
    runner->inputs_ = ports_of(runner->session_->inputs());
    const std::vector<engines::Port> outputs = ports_of(runner->session_->outputs());
    for (const engines::Port& port : outputs) runner->outputs_.push_back(port.name);
    TRY(runner->buffers_.create(runner->inputs_, outputs));
    return std::unique_ptr<Runner>(std::move(runner));
  }

  std::span<const engines::Port> inputs() const override { return inputs_; }
  std::span<const std::string> outputs() const override { return outputs_; }
  Result<std::span<const Tensor>> run(std::span<const Tensor> inputs) override {
    buffers_.fill(inputs);
    session_->reset();
    if (session_->run(buffers_.from, buffers_.to) != runtime::RunCode::kOk)
      return Error{Code::kInvalid, str("a run failed: ", session_->last_error())};
    return std::span<const Tensor>(buffers_.outputs);
  }

 private:
  std::unique_ptr<runtime::Session> session_;
  std::vector<engines::Port> inputs_;
  std::vector<std::string> outputs_;
  Buffers buffers_;
};

class ReferenceRunner final : public Runner {
 public:
  static Result<std::unique_ptr<Runner>> create(Model model, const engines::Subject& subject) {
    std::vector<engines::Port> inputs;
    std::vector<std::string> outputs;
    const Graph& graph = model.graph;
    for (const ValueId id : graph.inputs) {
      if (graph.initializer(id) != nullptr) continue;
      const ValueDef& value = graph.value(id);
      Shape shape;
      for (const Dim& dim : value.type.dims.value_or(Dims())) {
        const auto named = dim.is_symbol() ? subject.dims.find(dim.symbol()) : subject.dims.end();
        shape.push_back(dim.is_known()                ? dim.extent()
                        : named != subject.dims.end() ? named->second
                                                      : subject.batch);
      }
      inputs.push_back({value.name, value.type.dtype, std::move(shape), 0});
    }
    for (const ValueId id : graph.outputs) outputs.push_back(graph.value(id).name);
    Interpreter interpreter = TRY(Interpreter::create(std::move(model)));
    return std::unique_ptr<Runner>(std::make_unique<ReferenceRunner>(
        std::move(interpreter), std::move(inputs), std::move(outputs)));
  }
  ReferenceRunner(Interpreter interpreter, std::vector<engines::Port> inputs,
                  std::vector<std::string> outputs)
      : interpreter_(std::move(interpreter)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)) {}

  std::span<const engines::Port> inputs() const override { return inputs_; }
  std::span<const std::string> outputs() const override { return outputs_; }
  Result<std::span<const Tensor>> run(std::span<const Tensor> inputs) override {
    std::vector<NamedValue> named;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      named.push_back({inputs_[i].name, Value(inputs[i])});
    answers_.clear();
    for (NamedValue& answer : TRY(interpreter_.run(std::move(named)))) {
      if (!answer.value.is_tensor())
        return Error{Code::kUnsupported, str("the value ", answer.name, " is no tensor")};
      answers_.push_back(TRY(answer.value.tensor().direct()));
    }
    return std::span<const Tensor>(answers_);
  }

 private:
  Interpreter interpreter_;
  std::vector<engines::Port> inputs_;
  std::vector<std::string> outputs_;
  std::vector<Tensor> answers_;
};

}  // namespace

Result<std::unique_ptr<Runner>> engine_runner(const engines::Engine& engine,
                                              const engines::Subject& subject,
                                              const engines::Progress& progress) {
  TRY(engine.load(subject));
  Result<std::unique_ptr<engines::Session>> session = engine.open(subject, progress);
  if (session.ok()) return EngineRunner::create(*std::move(session));
  // Two models are open: which one is it?
  const std::string path = subject.model.string();
  const Error& error = session.error();
  if (error.message.find(path) != std::string::npos) return error;
  return Error{error.code, str(path, ": ", error.message)};
}

Result<std::unique_ptr<Runner>> layer_runner(const engines::Subject& subject,
                                             const std::vector<std::string>& values) {
  Model model = TRY(read_model(subject.model));
  name_open_dims(model.graph);
  std::map<std::string_view, ValueId> by_name;
  for (std::size_t i = 0; i < model.graph.values.size(); ++i)
    by_name.emplace(model.graph.values[i].name, ValueId{static_cast<std::uint32_t>(i)});
  for (const std::string& value : values) {
    const auto found = by_name.find(value);
    if (found == by_name.end())
      return Error{Code::kNotFound, str("the model has no value ", shorten(value))};
    if (std::ranges::find(model.graph.outputs, found->second) == model.graph.outputs.end())
      model.graph.outputs.push_back(found->second);
  }
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  Result<std::unique_ptr<Runner>> compiled = PlanRunner::create(model.clone(), subject);
  if (compiled.ok()) return compiled;
  return ReferenceRunner::create(std::move(model), subject);
}

}  // namespace slipway::measure
