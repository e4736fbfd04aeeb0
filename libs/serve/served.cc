#include "serve/served.h"

#include <algorithm>
#include <cstring>

#include "base/str.h"
#include "compile/plan_summary.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "ops/infer.h"

namespace slipway::serve {
namespace {

bool is_plan(std::span<const std::byte> bytes) {
  return bytes.size() >= sizeof(plan::kMagic) &&
         std::memcmp(bytes.data(), plan::kMagic, sizeof(plan::kMagic)) == 0;
}

std::vector<std::int64_t> key_of(const Shapes& shapes) {
  std::vector<std::int64_t> key;
  for (const std::span<const std::int64_t> shape : shapes) {
    key.push_back(static_cast<std::int64_t>(shape.size()));
    key.insert(key.end(), shape.begin(), shape.end());
  }
  return key;
}

// Why a value of this type is in no plan; empty where it may be.
std::string why_not_planned(const ValueDef& value) {
  const auto said = [&](std::string_view reason) {
    return str("'", shorten(value.name), "' is ", reason, ", which plans do not hold");
  };
  switch (value.type.kind) {
    case Type::Kind::kTensor:
      break;
    case Type::Kind::kSequence:
      return said("a sequence");
    case Type::Kind::kMap:
      return said("a map");
    case Type::Kind::kOptional:
      return said("an optional");
    default:
      return said("of a type that is not known");
  }
  if (value.type.dtype == DType::kString) return said("text");
  if (info(value.type.dtype).kind == DTypeKind::kComplex) return said("complex");
  return {};
}

// Leading symbols of inputs: what a plan may leave open as its batch.
std::vector<std::string> leading_symbols(const Graph& graph, std::span<const ValueId> inputs) {
  std::vector<std::string> symbols;
  for (const ValueId id : inputs) {
    const std::optional<Dims>& dims = graph.value(id).type.dims;
    if (dims.has_value() && !dims->empty() && dims->front().is_symbol())
      symbols.push_back(dims->front().symbol());
  }
  return symbols;
}

}  // namespace

Result<std::unique_ptr<Served>> Served::open(const std::filesystem::path& path,
                                             ServeOptions options) {
  std::unique_ptr<Served> served(new Served(std::move(options)));
  if (plan::is_plan_file(path)) {
    TRY(served->take_plan(TRY(plan::Plan::open(path))));
  } else {
    TRY(served->take_model(TRY(read_model(path))));
  }
  return served;
}

Result<std::unique_ptr<Served>> Served::read(std::span<const std::byte> bytes,
                                             ServeOptions options) {
  std::unique_ptr<Served> served(new Served(std::move(options)));
  if (!is_plan(bytes)) {
    TRY(served->take_model(TRY(read_model_bytes(bytes, nullptr, {}))));
    return served;
  }
  auto copy = std::make_shared<Tensor>(
      TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes.size())})));
  std::memcpy(copy->mutable_bytes().data(), bytes.data(), bytes.size());
  const std::span<const std::byte> own = copy->bytes();
  TRY(served->take_plan(TRY(plan::Plan::parse(own, std::move(copy)))));
  return served;
}

Status Served::take_model(Model model) {
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  TRY(check_extents(options_.dims, name_open_dims(model.graph)));
  for (const auto& [name, extent] : options_.dims) {
    if (extent < 0)
      return Error{Code::kUsage, str("the dimension '", name, "' cannot be ", extent, " long")};
  }
  if (!options_.slides.empty() || !options_.states.empty()) {
    compile::CompileOptions how;
    how.dims = options_.dims;
    how.weights = options_.weights;
    how.slides = options_.slides;
    how.states = options_.states;
    auto compiled =
        std::make_shared<compile::Compiled>(TRY(compile::compile_model(std::move(model), how)));
    const std::span<const std::byte> bytes = compiled->file.bytes();
    return take_plan(TRY(plan::Plan::parse(bytes, std::move(compiled))));
  }
  model.graph.inputs = needed_inputs(model.graph);  // an input with a default has that value
  for (const ValueId id : model.graph.inputs) {
    std::optional<Dims>& dims = model.graph.value(id).type.dims;
    if (!dims.has_value()) continue;
    for (Dim& dim : *dims) {
      const auto fixed = dim.is_symbol() ? options_.dims.find(dim.symbol()) : options_.dims.end();
      if (fixed != options_.dims.end()) dim = Dim(fixed->second);
    }
  }
  infer_types(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  signature_.metadata = model.metadata;
  signature_.producer_name = model.producer_name;
  signature_.domain = model.domain;
  signature_.doc = model.doc;
  signature_.model_version = model.model_version;
  signature_.graph.name = model.graph.name;
  signature_.graph.doc = model.graph.doc;
  for (const ValueId id : model.graph.inputs) {
    const ValueDef& value = model.graph.value(id);
    inputs_.push_back(signature_.graph.add_value(value.name, value.type));
    signature_.graph.inputs.push_back(inputs_.back());
  }
  for (const ValueId id : model.graph.outputs) {
    const ValueDef& value = model.graph.value(id);
    signature_.graph.outputs.push_back(signature_.graph.add_value(value.name, value.type));
  }
  endings_ = take_endings(model);
  std::vector<ValueId> crossing = model.graph.inputs;
  crossing.insert(crossing.end(), model.graph.outputs.begin(), model.graph.outputs.end());
  for (const ValueId id : crossing) {
    std::string reason = why_not_planned(model.graph.value(id));
    if (!reason.empty() && !why_interpreted_) why_interpreted_ = std::move(reason);
  }
  model_ = std::move(model);
  return {};
}

Status Served::take_plan(plan::Plan plan) {
  auto shared = std::make_shared<const plan::Plan>(std::move(plan));
  signature_.graph = compile::signature(*shared);
  inputs_ = needed_inputs(signature_.graph);
  endings_.resize(signature_.graph.outputs.size());
  plans_.push_front({std::move(shared), signature_.graph.clone()});
  return {};
}

runtime::PrepareOptions Served::prepare_options(std::int64_t batch) const {
  runtime::PrepareOptions prepare;
  prepare.batch = batch;
  prepare.threads = options_.threads;
  prepare.cores = options_.cores;
  prepare.spin_us = options_.spin_us;
  prepare.make_interpreted = compile::make_interpreted;
  return prepare;
}

// The batch at which the plan takes these shapes; nullopt where it does not.
Result<std::optional<std::int64_t>> Served::batch_for(const OpenPlan& open,
                                                      const Shapes& shapes) const {
  const Result<Extents> bound = bind_shapes(open.signature, open.signature.inputs, shapes);
  if (!bound.ok()) {
    if (model_.has_value()) return std::optional<std::int64_t>();
    return bound.error();
  }
  const auto batch = bound->find(std::string(compile::kBatchSymbol));
  return std::optional<std::int64_t>(batch == bound->end() ? 1 : batch->second);
}

Result<const Served::OpenPlan*> Served::compile(const Extents& dims) {
  compile::CompileOptions how;
  how.dims = dims;
  how.weights = options_.weights;
  auto compiled =
      std::make_shared<compile::Compiled>(TRY(compile::compile_model(model_->clone(), how)));
  compiled->model = {};  // the plan is all that is kept of it
  const std::span<const std::byte> bytes = compiled->file.bytes();
  plan::Plan parsed = TRY(plan::Plan::parse(bytes, std::move(compiled)));
  auto plan = std::make_shared<const plan::Plan>(std::move(parsed));
  Graph signature = compile::signature(*plan);
  plans_.push_front({std::move(plan), std::move(signature)});
  if (plans_.size() > kMostPlans) plans_.pop_back();
  return &plans_.front();
}

Result<std::shared_ptr<Pool>> Served::make_pool(const Shapes& shapes) {
  for (auto open = plans_.begin(); open != plans_.end(); ++open) {
    const std::optional<std::int64_t> batch = TRY(batch_for(*open, shapes));
    if (!batch) continue;
    plans_.splice(plans_.begin(), plans_, open);
    return Pool::create(plans_.front().plan, prepare_options(*batch));
  }
  const Extents extents = TRY(bind_shapes(signature_.graph, inputs_, shapes));
  Extents all_but_batch = extents;
  for (const std::string& symbol : leading_symbols(signature_.graph, inputs_))
    all_but_batch.erase(symbol);
  if (all_but_batch.size() != extents.size()) {
    const OpenPlan* const open = TRY(compile(all_but_batch));
    const std::optional<std::int64_t> batch = TRY(batch_for(*open, shapes));
    if (batch) return Pool::create(open->plan, prepare_options(*batch));
  }
  const OpenPlan* const open = TRY(compile(extents));
  return Pool::create(open->plan, prepare_options(1));
}

Result<std::shared_ptr<Pool>> Served::sessions_for(const Shapes& shapes) {
  const std::lock_guard lock(mutex_);
  if (why_interpreted_) return Error{Code::kUnsupported, *why_interpreted_};
  std::vector<std::int64_t> key = key_of(shapes);
  const auto found = pools_.find(key);
  if (found != pools_.end()) return found->second;
  Result<std::shared_ptr<Pool>> pool = make_pool(shapes);
  if (!pool.ok()) {
    if (pool.error().code == Code::kUnsupported && model_) why_interpreted_ = pool.error().message;
    return pool;
  }
  if (pools_.size() >= kMostPools) pools_.clear();
  pools_.emplace(std::move(key), *pool);
  return pool;
}

std::optional<std::string> Served::why_interpreted() const {
  const std::lock_guard lock(mutex_);
  return why_interpreted_;
}

Result<std::vector<NamedValue>> Served::interpret(std::vector<NamedValue> inputs) {
  const Interpreter* interpreter = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!model_) return Error{Code::kUnsupported, "a plan is run by its kernels only"};
    if (!interpreter_) interpreter_ = TRY(Interpreter::create(model_->clone()));
    interpreter = &*interpreter_;
  }
  return interpreter->run(std::move(inputs));
}

}  // namespace slipway::serve
