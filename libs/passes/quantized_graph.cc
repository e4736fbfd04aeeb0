#include "passes/quantized_graph.h"

#include "base/str.h"
#include "passes/rewrite.h"

namespace slipway {

QuantizedGraph::QuantizedGraph(Graph& graph)
    : graph_(graph),
      users_(graph.values.size()),
      uses_(count_uses(graph)),
      is_removed_(graph.nodes.size(), false) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId id : graph.nodes[i].outputs) {
      if (id != kNoValue) maker_[id] = i;
    }
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue) users_[index(id)].push_back(i);
    }
  }
  for (const ValueDef& value : graph.values) names_.insert(value.name);
}

const Node* QuantizedGraph::maker(ValueId id) const {
  const auto found = maker_.find(id);
  return found == maker_.end() ? nullptr : &graph_.nodes[found->second];
}

std::optional<std::size_t> QuantizedGraph::only_user(ValueId id) const {
  if (index(id) >= uses_.size() || uses_[index(id)] != 1 || users_[index(id)].size() != 1)
    return std::nullopt;
  return users_[index(id)].front();
}

std::string QuantizedGraph::free_name(std::string_view name) {
  std::string free(name);
  for (std::size_t i = 2; !names_.insert(free).second; ++i) free = str(name, " ", i);
  return free;
}

ValueId QuantizedGraph::add_value(std::string_view name, Type type) {
  return graph_.add_value(free_name(name), std::move(type));
}

ValueId QuantizedGraph::add_constant(std::string_view name, Tensor tensor) {
  const ValueId id = add_value(name, Type::tensor(tensor.dtype(), to_dims(tensor.shape())));
  graph_.initializers[id] = std::move(tensor);
  return id;
}

ValueId QuantizedGraph::zero_point(const Node& node, DType dtype) {
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) return node.inputs[2];
  return add_constant(str(graph_.value(node.inputs[1]).name, " zero"), byte_scalar(dtype, 0));
}

std::optional<QuantizedSource> QuantizedGraph::source_of(ValueId id) {
  const Node* const node = maker(id);
  if (node == nullptr) return std::nullopt;
  const auto scaling = dequantize_scaling(graph_, *node);
  if (!scaling) return std::nullopt;
  return QuantizedSource{node->inputs[0], node->inputs[1], zero_point(*node, scaling->dtype),
                         *scaling};
}

std::optional<QuantizedGoal> QuantizedGraph::goal_of(ValueId id) {
  QuantizedGoal goal;
  auto user = only_user(id);
  std::optional<Clamp> clamp;
  if (user && (clamp = clamp_of(graph_, node(*user)))) {
    if (node(*user).inputs[0] != id) return std::nullopt;
    goal.nodes.push_back(*user);
    id = node(*user).outputs[0];
    user = only_user(id);
  }
  if (!user || node(*user).inputs[0] != id) return std::nullopt;
  const Node& last = node(*user);
  const auto scaling = quantize_scaling(graph_, last);
  if (!scaling) return std::nullopt;
  goal.scaling = *scaling;
  if (clamp) {
    goal.clamp = quantized_clamp(*clamp, *scaling);
    if (!goal.clamp) return std::nullopt;
    if (goal.clamp->low == scaling->lowest() && goal.clamp->high == scaling->highest())
      goal.clamp.reset();
  }
  // Clip takes bytes from version 12 on.
  if (goal.clamp && last.version < 12) return std::nullopt;
  goal.nodes.push_back(*user);
  goal.bytes = last.outputs[0];
  goal.scale = last.inputs[1];
  goal.zero = zero_point(last, scaling->dtype);
  return goal;
}

std::optional<ScaledConstant> QuantizedGraph::constant_of(ValueId id) const {
  const Node* const node = maker(id);
  return node == nullptr ? std::nullopt : scaled_constant(graph_, *node);
}

std::optional<std::vector<double>> QuantizedGraph::numbers_of(ValueId id) const {
  std::vector<double> numbers;
  if (const auto scaled = constant_of(id)) {
    if (scaled->shape.size() > 1 && scaled->scales.size() != 1) return std::nullopt;
    for (std::size_t i = 0; i < scaled->values.size(); ++i) {
      const float scale = scaled->scales[scaled->scales.size() == 1 ? 0 : i];
      numbers.push_back(static_cast<double>(scaled->values[i]) * scale);
    }
    return numbers;
  }
  const Tensor* const tensor = slipway::constant_of(graph_, id);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32) return std::nullopt;
  const Result<Tensor> direct = tensor->direct();
  if (!direct.ok()) return std::nullopt;
  const auto values = direct->data<float>();
  return std::vector<double>(values.begin(), values.end());
}

void QuantizedGraph::replace(const std::vector<std::size_t>& old, std::vector<Node> by) {
  for (const std::size_t i : old) is_removed_[i] = true;
  inserted_[old.back()] = std::move(by);
}

void QuantizedGraph::finish(const QuantizedGoal& goal, int version, std::vector<Node>& nodes) {
  Node& last = nodes.back();
  if (!goal.clamp) {
    last.outputs = {goal.bytes};
    return;
  }
  const std::string name = graph_.value(goal.bytes).name;
  const DType dtype = goal.scaling.dtype;
  const ValueId before = add_value(str(name, " before its clamp"), type(goal.bytes));
  last.outputs = {before};
  Node clip;
  clip.name = name;
  clip.op = "Clip";
  clip.version = version;
  clip.inputs = {before, add_constant(str(name, " low"), byte_scalar(dtype, goal.clamp->low)),
                 add_constant(str(name, " high"), byte_scalar(dtype, goal.clamp->high))};
  clip.outputs = {goal.bytes};
  nodes.push_back(std::move(clip));
}

void QuantizedGraph::apply() {
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const auto inserted = inserted_.find(i);
    if (inserted != inserted_.end()) {
      for (Node& node : inserted->second) nodes.push_back(std::move(node));
    }
    if (!is_removed_[i]) nodes.push_back(std::move(graph_.nodes[i]));
  }
  graph_.nodes = std::move(nodes);
}

Tensor byte_scalar(DType dtype, std::int32_t value) {
  return dtype == DType::kUint8 ? Tensor::scalar(static_cast<std::uint8_t>(value))
                                : Tensor::scalar(static_cast<std::int8_t>(value));
}

}  // namespace slipway
