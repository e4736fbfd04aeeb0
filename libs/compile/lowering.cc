#include "compile/lowering.h"

#include <algorithm>

#include "base/str.h"
#include "compile/columns.h"
#include "compile/dead_steps.h"
#include "compile/interpreted.h"
#include "compile/lower/attention.h"
#include "compile/lower/columns.h"
#include "compile/lower/view.h"
#include "compile/lower/written_norm.h"
#include "compile/rules.h"
#include "ops/cost_context.h"
#include "ops/op.h"
#include "passes/rewrite.h"
#include "plan/params.h"

namespace slipway::compile {

using plan::KernelId;
using plan::Layout;
using plan::Place;
using slipway::index;

Lowering::Lowering(const Model& of, WeightType stored)
    : graph(of.graph), model(of), weights(stored) {
  shapes_.resize(graph.values.size());
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const Type& type = graph.values[i].type;
    if (type.is_tensor() && type.dims && known_shape(*type.dims))
      shapes_[i] = *known_shape(*type.dims);
  }
  uses_ = count_uses(graph);
  users_.resize(graph.values.size());
  makers_.resize(graph.values.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const ValueId input : graph.nodes[n].inputs) {
      if (input != kNoValue) users_[index(input)].push_back(n);
    }
    for (const ValueId output : graph.nodes[n].outputs) {
      if (output != kNoValue) makers_[index(output)] = n;
    }
  }
  homes_.resize(graph.values.size());
  is_done_.resize(graph.nodes.size());
}

Lowering::~Lowering() = default;

const Tensor* Lowering::constant(ValueId id) const { return constant_of(graph, id); }

std::optional<std::size_t> Lowering::only_user(ValueId id) const {
  if (uses_[index(id)] != 1 || users_[index(id)].size() != 1) return std::nullopt;
  return users_[index(id)].front();
}

std::optional<std::size_t> Lowering::maker(ValueId id) const {
  return id == kNoValue ? std::nullopt : makers_[index(id)];
}

TensorIndex Lowering::add_tensor(std::string name, DType dtype, Shape shape, Layout layout,
                                 std::size_t storage) {
  program.tensors.push_back({std::move(name), dtype, layout, std::move(shape), storage});
  return TensorIndex{static_cast<std::uint32_t>(program.tensors.size() - 1)};
}

TensorIndex Lowering::view(TensorIndex of, Shape shape) {
  const ProgramTensor seen = program.tensor(of);
  if (seen.shape == shape) return of;
  return add_tensor(seen.name, seen.dtype, std::move(shape), seen.layout, seen.storage);
}

TensorIndex Lowering::stored(TensorIndex of, Shape shape) {
  const ProgramTensor seen = program.tensor(of);
  if (seen.layout == Layout::kPlain) return view(of, std::move(shape));
  return add_tensor(seen.name, seen.dtype, std::move(shape), Layout::kPlain, seen.storage);
}

TensorIndex Lowering::add_temporary(std::string name, DType dtype, Shape shape, Layout layout) {
  program.storages.emplace_back();
  return add_tensor(std::move(name), dtype, std::move(shape), layout, program.storages.size() - 1);
}

TensorIndex Lowering::add_constant(std::string name, Tensor tensor) {
  Storage storage;
  storage.place = Place::kWeights;
  storage.constant = std::move(tensor);
  const DType dtype = storage.constant.dtype();
  const Shape shape = storage.constant.shape();
  program.storages.push_back(std::move(storage));
  return add_tensor(std::move(name), dtype, shape, Layout::kPlain, program.storages.size() - 1);
}

std::vector<std::size_t> Lowering::makers() const {
  std::vector<std::size_t> makers(graph.values.size(), SIZE_MAX);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const ValueId output : graph.nodes[n].outputs) {
      if (output != kNoValue) makers[index(output)] = n;
    }
  }
  return makers;
}

bool Lowering::is_made(ValueId id) const {
  const Home& home = homes_[index(id)];
  return home.plain || home.blocked || graph.initializer(id) != nullptr || seen_.contains(id);
}

Layout Lowering::layout(ValueId id) const { return homes_[index(id)].made; }

Result<TensorIndex> Lowering::read(ValueId id, Layout layout) {
  if (id == kNoValue) return kLeftOut;
  Home& home = homes_[index(id)];
  std::optional<TensorIndex>& wanted = layout == Layout::kPlain ? home.plain : home.blocked;
  if (wanted) return *wanted;
  if (!home.plain && !home.blocked && seen_.contains(id)) {
    TRY(make(id));
    if (layout == Layout::kPlain) return *home.plain;
  }
  if (!home.plain && !home.blocked) {
    const Tensor* const tensor = graph.initializer(id);
    if (tensor == nullptr) {
      return Error{Code::kInternal,
                   str("value ", graph.value(id).name, " is read before it is made")};
    }
    home.plain = add_constant(graph.value(id).name, TRY(tensor->direct()));
    if (layout == Layout::kPlain) return *home.plain;
  }
  const TensorIndex from = home.plain ? *home.plain : *home.blocked;
  wanted = add_temporary(graph.value(id).name, dtype(id), shape(id), layout);
  ProgramStep step;
  step.name = graph.value(id).name;
  step.kernel = KernelId::kRelayout;
  step.inputs = {from};
  step.outputs = {*wanted};
  step.note = layout == Layout::kPlain ? "blocked to plain" : "plain to blocked";
  program.steps.push_back(std::move(step));
  return *wanted;
}

TensorIndex Lowering::write(ValueId id, Layout layout) {
  if (id == kNoValue) return kLeftOut;
  Home& home = homes_[index(id)];
  const TensorIndex made = add_temporary(graph.value(id).name, dtype(id), shape(id), layout);
  (layout == Layout::kPlain ? home.plain : home.blocked) = made;
  home.made = layout;
  return made;
}

void Lowering::defer(ValueId id, Seen seen) { seen_.insert_or_assign(id, std::move(seen)); }

Status Lowering::alias(ValueId id, ValueId of) {
  if (std::ranges::count(shape(id), 0) == 0) {
    defer(id, {.from = of, .from_shape = shape(id)});
    return {};
  }
  const TensorIndex from = TRY(read(of));
  homes_[index(id)].plain = view(from, shape(id));
  return {};
}

std::vector<ValueView> Lowering::views_of(ValueId id) const {
  constexpr std::size_t kMostSteps = 16;
  std::vector<const Seen*> steps;  // from the value back to its base
  std::vector<ValueView> nearest_first;
  const auto add = [&](Layout stored_as) {
    Strided strided(shape(id), stored_as);
    const bool is_view = std::all_of(steps.rbegin(), steps.rend(),
                                     [&](const Seen* step) { return strided.see(*step); });
    if (is_view) nearest_first.push_back({id, stored_as, std::move(strided)});
  };
  for (;;) {
    add(Layout::kPlain);
    // Blocks of int8 are stored with 128 added.
    if (layout(id) == Layout::kBlocked16 && shape(id)[1] % 16 == 0 && dtype(id) != DType::kInt8)
      add(Layout::kBlocked16);
    const auto found = seen_.find(id);
    if (found == seen_.end() || homes_[index(id)].plain || steps.size() == kMostSteps) break;
    steps.push_back(&found->second);
    id = found->second.from;
  }
  std::ranges::reverse(nearest_first);
  return nearest_first;
}

Status Lowering::make(ValueId id) {
  const Seen& seen = seen_.at(id);
  if (seen.is_reshape() && seen_.contains(seen.from)) TRY(read(seen.from));
  for (ValueView& view : views_of(id)) {
    if (view.base == id || !view.strided.regroup(shape(id))) continue;
    if (view.strided.is_whole()) {
      const TensorIndex from = TRY(read(view.base, view.layout));
      homes_[index(id)].plain = add_tensor(graph.value(id).name, dtype(id), shape(id),
                                           Layout::kPlain, program.tensor(from).storage);
      return {};
    }
    if (!can_view(view.strided)) continue;
    const TensorIndex from = TRY(read(view.base, view.layout));
    const TensorIndex to = write(id);
    add_view(*this, seen.node, from, to, view.strided).note = seen.note;
    return {};
  }
  return Error{Code::kInternal, str("value ", graph.value(id).name, " is no view of another")};
}

std::uint64_t Lowering::multiply_adds(std::size_t node) const {
  const Node& n = graph.nodes[node];
  const Op* const op = find_op(n.domain, n.op);
  if (op == nullptr || op->multiply_adds == nullptr) return 0;
  const auto shapes = [this](const std::vector<ValueId>& ids) {
    std::vector<Shape> result;
    for (const ValueId id : ids) result.push_back(id == kNoValue ? Shape{} : shape(id));
    return result;
  };
  const CostContext cost(n, shapes(n.inputs), shapes(n.outputs));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, op->multiply_adds(cost)));
}

ProgramStep& Lowering::add_step(std::size_t node, KernelId kernel, std::vector<TensorIndex> inputs,
                                std::vector<TensorIndex> outputs) {
  ProgramStep step;
  step.name = describe(graph, node);
  step.kernel = kernel;
  step.inputs = std::move(inputs);
  step.outputs = std::move(outputs);
  step.multiply_adds = multiply_adds(node);
  program.steps.push_back(std::move(step));
  return program.steps.back();
}

Status Lowering::interpret(std::size_t node) {
  Piece piece = TRY(piece_of(model, node));
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
  for (const ValueId id : piece.inputs) inputs.push_back(TRY(read(id)));
  for (const ValueId id : piece.outputs) outputs.push_back(write(id));
  ProgramStep& step = add_step(node, KernelId::kInterpret, std::move(inputs), std::move(outputs));
  const auto bytes = std::as_bytes(std::span(piece.model));
  step.params.assign(bytes.begin(), bytes.end());
  step.note = "no kernel of its own: runs by the reference implementation";
  return {};
}

Status Lowering::lower_node(std::size_t node) {
  const auto attention = attention_.find(node);
  if (attention != attention_.end()) return lower_attention(*this, node, attention->second);
  const auto norm = norms_.find(node);
  if (norm != norms_.end()) return lower_norm(*this, node, norm->second);
  if (is_done_[node]) return {};
  if (graph.nodes[node].domain == kColumnsDomain) return lower_columns(*this, node);
  const Rule* const rule = find_rule(graph.nodes[node]);
  if (rule != nullptr && TRY(rule->lower(*this, node)) == Lowered::kYes) return {};
  return interpret(node);
}

Status Lowering::add_outputs() {
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ValueId id = graph.outputs[i];
    const TensorIndex tensor = TRY(read(id));
    Storage& storage = program.storage_of(tensor);
    if (storage.place == Place::kArena && program.tensor(tensor).shape == shape(id)) {
      storage.place = Place::kOutput;
      storage.port = i;
      program.outputs.push_back({graph.value(id).name, tensor});
      continue;
    }
    // The value is an input, a constant or another output as well: it is copied.
    const TensorIndex copy = add_temporary(graph.value(id).name, dtype(id), shape(id));
    program.storage_of(copy).place = Place::kOutput;
    program.storage_of(copy).port = i;
    add_copy(graph.value(id).name, tensor, copy);
    program.outputs.push_back({graph.value(id).name, copy});
  }
  return {};
}

void Lowering::add_copy(std::string name, TensorIndex from, TensorIndex to) {
  ProgramStep step;
  step.name = std::move(name);
  step.kernel = KernelId::kCopy;
  step.inputs = {from};
  step.outputs = {to};
  program.steps.push_back(std::move(step));
}

void Lowering::add_state(ValueId id, Tensor initial) {
  Storage storage;
  storage.place = Place::kState;
  storage.constant = std::move(initial);
  program.storages.push_back(std::move(storage));
  homes_[index(id)].plain = add_tensor(graph.value(id).name, dtype(id), shape(id), Layout::kPlain,
                                       program.storages.size() - 1);
}

// Nothing is written before everything is read: what is a state itself is copied aside first.
Status Lowering::add_kept() {
  std::vector<TensorIndex> values;
  for (const auto& [state, value] : kept_) {
    const TensorIndex from = TRY(read(value));
    values.push_back(from);
    if (program.storage_of(from).place != Place::kState) continue;
    values.back() = add_temporary(graph.value(value).name, dtype(value), shape(value));
    add_copy(graph.value(value).name, from, values.back());
  }
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    add_copy(graph.value(kept_[i].first).name, values[i], TRY(read(kept_[i].first)));
    program.steps.back().note = "kept for the next run";
  }
  return {};
}

Status Lowering::lower() {
  std::uint64_t port = 0;
  for (const ValueId id : graph.inputs) {
    Storage storage;
    storage.place = Place::kInput;
    storage.port = port++;
    program.storages.push_back(std::move(storage));
    const TensorIndex tensor = add_tensor(graph.value(id).name, dtype(id), shape(id),
                                          Layout::kPlain, program.storages.size() - 1);
    homes_[index(id)].plain = tensor;
    program.inputs.push_back({graph.value(id).name, tensor});
  }
  attention_ = find_attention(*this);
  for (const auto& [last, match] : attention_) {
    for (const std::size_t node : match.nodes) absorb(node);
  }
  norms_ = find_norms(*this);
  for (const auto& [last, match] : norms_) {
    for (const std::size_t node : match.nodes) absorb(node);
  }
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) TRY(lower_node(node));
  TRY(add_outputs());
  TRY(add_kept());
  remove_dead_steps(program);
  return {};
}

}  // namespace slipway::compile
