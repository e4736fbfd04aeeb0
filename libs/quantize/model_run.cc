#include "quantize/model_run.h"

#include <algorithm>

#include "base/str.h"
#include "compile/compile.h"
#include "plan/plan.h"

namespace slipway::quantize {
namespace {

// Inputs without a value of their own.
std::vector<ValueId> given_inputs(const Graph& graph) {
  std::vector<ValueId> ids;
  for (const ValueId id : graph.inputs) {
    if (graph.initializer(id) == nullptr) ids.push_back(id);
  }
  return ids;
}

// The open extents, as a sample has them.
Status bind_extents(const Graph& graph, const std::vector<ValueId>& inputs,
                    const std::vector<Tensor>& sample, std::map<std::string, std::int64_t>& dims) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Type& type = graph.value(inputs[i]).type;
    if (!type.dims || type.dims->size() != sample[i].rank()) continue;
    for (std::size_t axis = 0; axis < sample[i].rank(); ++axis) {
      const Dim& dim = (*type.dims)[axis];
      if (!dim.is_symbol()) continue;
      const auto [bound, is_new] = dims.try_emplace(dim.symbol(), sample[i].dim(axis));
      if (bound->second != sample[i].dim(axis)) {
        return Error{Code::kInvalid,
                     str("a sample has ", dim.symbol(), " = ", bound->second, " and ",
                         sample[i].dim(axis), " in input ", graph.value(inputs[i]).name)};
      }
    }
  }
  return {};
}

}  // namespace

Result<std::vector<samples::Wanted>> wanted_inputs(
    const Model& model, const std::map<std::string, std::int64_t>& dims) {
  std::vector<samples::Wanted> wanted;
  for (const ValueId id : given_inputs(model.graph)) {
    const ValueDef& value = model.graph.value(id);
    if (!value.type.is_tensor() || !value.type.dims || value.type.dtype == DType::kString) {
      return Error{Code::kUnsupported,
                   str("input ", value.name, " is ", to_text(value.type),
                       ": samples are tensors of numbers whose rank the model states")};
    }
    samples::Wanted input{value.name, value.type.dtype, {}};
    for (std::size_t axis = 0; axis < value.type.dims->size(); ++axis) {
      const Dim& dim = (*value.type.dims)[axis];
      std::int64_t extent = dim.is_known() ? dim.extent() : (axis == 0 ? 1 : -1);
      const auto given = dim.is_symbol() ? dims.find(dim.symbol()) : dims.end();
      if (given != dims.end()) extent = given->second;
      input.shape.push_back(extent);
    }
    wanted.push_back(std::move(input));
  }
  if (wanted.empty())
    return Error{Code::kInvalid, "the model has no inputs that samples could be for"};
  return wanted;
}

Result<ModelRun> ModelRun::create(Model model, const std::map<std::string, std::int64_t>& dims) {
  ModelRun run;
  run.model_ = std::make_shared<const Model>(std::move(model));
  run.dims_ = dims;
  run.input_ids_ = given_inputs(run.model_->graph);
  for (const ValueId id : run.input_ids_)
    run.input_names_.push_back(run.model_->graph.value(id).name);
  return run;
}

Status ModelRun::prepare(const std::vector<Tensor>& sample) {
  if (was_prepared_) return {};
  was_prepared_ = true;
  compile::CompileOptions options;
  options.dims = dims_;
  options.batch = 1;
  options.is_checked = true;
  TRY(bind_extents(model_->graph, input_ids_, sample, options.dims));
  for (const Tensor& tensor : sample) shapes_.push_back(tensor.shape());
  Result<compile::Compiled> compiled = compile::compile_model(model_->clone(), options);
  if (!compiled.ok()) return {};  // the reference implementation says what is wrong, if anything is
  auto file = std::make_shared<const Tensor>(std::move(compiled->file));
  const std::span<const std::byte> bytes = file->bytes();
  plan_ = std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(bytes, std::move(file))));
  TRY(open_session());
  if (session_ == nullptr) return {};
  for (std::size_t i = 0; i < port_inputs_.size(); ++i) {
    const runtime::Port& port = session_->inputs()[i];
    const Tensor& given = sample[port_inputs_[i]];
    if (given.dtype() != port.dtype || !std::ranges::equal(given.shape(), port.dims)) {
      session_.reset();
      plan_.reset();
      return {};
    }
  }
  return {};
}

Status ModelRun::open_session() {
  runtime::PrepareOptions prepare;
  prepare.make_interpreted = compile::make_interpreted;
  auto session = TRY(runtime::Session::prepare(plan_, prepare));
  for (const runtime::Port& port : session->inputs()) {
    const auto found = std::ranges::find(input_names_, port.name);
    if (found == input_names_.end()) return {};  // one with a value of its own
    port_inputs_.push_back(static_cast<std::size_t>(found - input_names_.begin()));
  }
  for (const runtime::Port& port : session->outputs())
    outputs_.push_back(TRY(Tensor::create(port.dtype, Shape(port.dims.begin(), port.dims.end()))));
  session_ = std::move(session);
  return {};
}

Result<ModelRun> ModelRun::another() const {
  ModelRun run;
  run.model_ = model_;
  run.dims_ = dims_;
  run.input_names_ = input_names_;
  run.input_ids_ = input_ids_;
  run.shapes_ = shapes_;
  run.was_prepared_ = was_prepared_;
  run.plan_ = plan_;
  if (session_ != nullptr) TRY(run.open_session());
  return run;
}

Status ModelRun::interpret(const std::vector<Tensor>& sample) {
  if (interpreter_ == nullptr)
    interpreter_ = std::make_unique<Interpreter>(TRY(Interpreter::create(model_->clone())));
  std::vector<NamedValue> inputs;
  for (std::size_t i = 0; i < sample.size(); ++i) inputs.push_back({input_names_[i], sample[i]});
  std::vector<NamedValue> outputs = TRY(interpreter_->run(std::move(inputs)));
  outputs_.clear();
  for (NamedValue& output : outputs) {
    if (!output.value.is_tensor()) {
      return Error{Code::kUnsupported,
                   str("output ", output.name, " is ", describe(output.value), ", not a tensor")};
    }
    outputs_.push_back(std::move(output.value.tensor()));
  }
  return {};
}

Result<std::span<const Tensor>> ModelRun::run(const std::vector<Tensor>& sample) {
  if (sample.size() != input_ids_.size())
    return Error{Code::kInternal, "a sample has not as many tensors as the model has inputs"};
  TRY(prepare(sample));
  const bool fits =
      session_ != nullptr &&
      std::ranges::equal(sample, shapes_, [](const Tensor& tensor, const Shape& shape) {
        return tensor.shape() == shape;
      });
  if (!fits) {
    session_.reset();  // shapes differ from sample to sample: no plan fits them all
    TRY(interpret(sample));
    return std::span<const Tensor>(outputs_);
  }
  std::vector<const void*> from;
  for (const std::size_t i : port_inputs_) from.push_back(sample[i].bytes().data());
  std::vector<void*> to;
  for (Tensor& output : outputs_) to.push_back(output.mutable_bytes().data());
  switch (session_->run(from, to)) {
    case runtime::RunCode::kOk:
      return std::span<const Tensor>(outputs_);
    case runtime::RunCode::kBadIndex:
      return Error{Code::kInvalid, "a sample holds an index that the model's table has not"};
    case runtime::RunCode::kInterpreter:
      return Error{Code::kInvalid, std::string(session_->last_error())};
    case runtime::RunCode::kBadPointer:
      break;
  }
  return Error{Code::kInternal, "the session refused the memory of its inputs and outputs"};
}

}  // namespace slipway::quantize
