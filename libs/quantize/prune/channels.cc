#include "quantize/prune/channels.h"

#include <algorithm>

#include "ops/node_view.h"
#include "passes/rewrite.h"
#include "quantize/links.h"

namespace slipway::quantize {
namespace {

// Each channel of the output is a function of the same channel of the first input.
constexpr std::string_view kKeepers[] = {
    "Abs",       "AveragePool",       "Clip",          "Dropout",     "Elu",       "Erf",
    "Gelu",      "GlobalAveragePool", "GlobalMaxPool", "HardSigmoid", "HardSwish", "Identity",
    "LeakyRelu", "MaxPool",           "Mish",          "Neg",         "Relu",      "Selu",
    "Sigmoid",   "Softplus",          "Softsign",      "Sqrt",        "Tanh",      "Exp",
};
constexpr std::string_view kBinary[] = {"Add", "Sub", "Mul", "Div", "Max", "Min"};
constexpr std::string_view kReducers[] = {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum"};

template <typename Words>
bool holds(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

std::optional<Shape> known_shape_of(const Graph& graph, ValueId id) {
  const Type& type = graph.value(id).type;
  if (!type.is_tensor() || !type.dims) return std::nullopt;
  Shape shape;
  for (const Dim& dim : *type.dims) shape.push_back(dim.is_known() ? dim.extent() : -1);
  return shape;
}

std::optional<std::vector<std::int64_t>> reduced_axes(const Graph& graph, const Node& node,
                                                      std::size_t rank) {
  std::vector<std::int64_t> axes;
  const NodeView view(node, "");
  if (const auto* const given = view.get_ints("axes")) axes = *given;
  if (node.inputs.size() > 1 && node.inputs[1] != kNoValue) {
    const Tensor* const tensor = constant_of(graph, node.inputs[1]);
    if (tensor == nullptr || tensor->dtype() != DType::kInt64) return std::nullopt;
    const Result<Tensor> direct = tensor->direct();
    if (!direct.ok()) return std::nullopt;
    const auto values = direct->data<std::int64_t>();
    axes.assign(values.begin(), values.end());
  }
  if (axes.empty()) return std::nullopt;
  for (std::int64_t& axis : axes) {
    if (axis < 0) axis += static_cast<std::int64_t>(rank);
  }
  return axes;
}

}  // namespace

ChannelMap::ChannelMap(const Graph& graph) : graph_(graph), uses_(count_uses(graph)) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) take(i);
  for (const ValueId id : graph.outputs) fix(id);
}

ChannelId ChannelMap::root(ChannelId id) const {
  while (parents_[id] != id) id = parents_[id] = parents_[parents_[id]];
  return id;
}

const Channels* ChannelMap::find(ValueId id) const {
  const auto found = id == kNoValue ? values_.end() : values_.find(id);
  return found == values_.end() ? nullptr : &found->second;
}

ChannelId ChannelMap::add() {
  parents_.push_back(static_cast<ChannelId>(parents_.size()));
  is_fixed_.push_back(false);
  return parents_.back();
}

void ChannelMap::join(ChannelId a, ChannelId b) {
  a = root(a);
  b = root(b);
  if (a == b) return;
  parents_[b] = a;
  is_fixed_[a] = is_fixed_[a] || is_fixed_[b];
}

void ChannelMap::fix(ValueId id) {
  const Channels* const channels = find(id);
  if (channels == nullptr) return;
  for (const ChannelId channel : channels->ids) is_fixed_[root(channel)] = true;
}

// The channels must be as many as the type says.
void ChannelMap::give(ValueId id, Channels channels) {
  const auto shape = known_shape_of(graph_, id);
  const bool fits = shape && channels.axis < shape->size() &&
                    (*shape)[channels.axis] == static_cast<std::int64_t>(channels.ids.size());
  if (!fits) {
    for (const ChannelId channel : channels.ids) is_fixed_[root(channel)] = true;
    return;
  }
  values_[id] = std::move(channels);
}

bool ChannelMap::is_own_constant(ValueId id) const {
  return float_constant(graph_, id).has_value() && uses_[index(id)] == 1;
}

void ChannelMap::take(std::size_t i) {
  const Node& node = graph_.nodes[i];
  const bool is_known = node.domain.empty() && !node.outputs.empty() && !node.inputs.empty() &&
                        (take_producer(i) || take_depthwise(i) || take_binary(i) ||
                         take_flatten(i) || take_concat(i) || take_keeper(i));
  if (!is_known) {
    for (const ValueId id : node.inputs) fix(id);
  }
  for_each_subgraph(node, [&](const Graph& body) {
    for (const Capture& capture : body.captures) fix(capture.outer);
  });
}

bool ChannelMap::take_producer(std::size_t i) {
  const Node& node = graph_.nodes[i];
  const NodeView view(node, "");
  const bool is_conv = node.op == "Conv";
  if (!is_conv && node.op != "Gemm" && node.op != "MatMul") return false;
  if (node.inputs.size() < 2 || !is_own_constant(node.inputs[1])) return false;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  if (has_bias && !float_constant(graph_, node.inputs[2])) return false;
  const Tensor& weights = *graph_.initializer(node.inputs[1]);
  const auto x_shape = known_shape_of(graph_, node.inputs[0]);
  if (!x_shape || weights.rank() < 2) return false;
  Tracked tracked{i, Role::kProducer};
  std::size_t axis = 1;
  std::size_t out_axis = 1;
  if (is_conv) {
    if (view.get_int("group", 1) != 1) return false;
  } else {
    if (weights.rank() != 2 || (node.op == "Gemm" && view.get_flag("transA", false))) return false;
    const bool is_turned = node.op == "Gemm" && view.get_flag("transB", false);
    tracked.row_axis = is_turned ? 0 : 1;
    tracked.column_axis = is_turned ? 1 : 0;
    axis = out_axis = x_shape->size() - 1;
  }
  const auto rows = static_cast<std::size_t>(weights.dim(tracked.row_axis));
  if (has_bias &&
      graph_.initializer(node.inputs[2])->shape() != Shape{weights.dim(tracked.row_axis)})
    return false;
  const Channels* const x = find(node.inputs[0]);
  if (x != nullptr && (x->axis != axis || x->ids.size() != static_cast<std::size_t>(
                                                               weights.dim(tracked.column_axis)))) {
    return false;
  }
  Channels made{out_axis, {}};
  for (std::size_t c = 0; c < rows; ++c) made.ids.push_back(add());
  nodes_.push_back(tracked);
  give(node.outputs[0], std::move(made));
  return true;
}

bool ChannelMap::take_depthwise(std::size_t i) {
  const Node& node = graph_.nodes[i];
  const Channels* const x = find(node.inputs[0]);
  if (node.op != "Conv" || x == nullptr || x->axis != 1 || !is_own_constant(node.inputs[1]))
    return false;
  const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  if (has_bias && !float_constant(graph_, node.inputs[2])) return false;
  const Tensor& weights = *graph_.initializer(node.inputs[1]);
  const auto channels = static_cast<std::int64_t>(x->ids.size());
  if (NodeView(node, "").get_int("group", 1) != channels || weights.dim(0) != channels)
    return false;
  nodes_.push_back({i, Role::kDepthwise});
  give(node.outputs[0], *x);
  return true;
}

bool ChannelMap::take_binary(std::size_t i) {
  const Node& node = graph_.nodes[i];
  if (!holds(kBinary, node.op) || node.inputs.size() != 2) return false;
  const Channels* const a = find(node.inputs[0]);
  const Channels* const b = find(node.inputs[1]);
  if (a != nullptr && b != nullptr) {
    const auto a_shape = known_shape_of(graph_, node.inputs[0]);
    const auto b_shape = known_shape_of(graph_, node.inputs[1]);
    if (a->axis != b->axis || a->ids.size() != b->ids.size() || a_shape->size() != b_shape->size())
      return false;
    for (std::size_t c = 0; c < a->ids.size(); ++c) join(a->ids[c], b->ids[c]);
    nodes_.push_back({i, Role::kKeeper});
    give(node.outputs[0], Channels(*a));
    return true;
  }
  const std::size_t constant = a == nullptr ? 0 : 1;
  const Channels* const channels = a == nullptr ? b : a;
  const Tensor* const tensor = constant_of(graph_, node.inputs[constant]);
  if (channels == nullptr || tensor == nullptr) return false;
  const auto shape = known_shape_of(graph_, node.inputs[1 - constant]);
  if (tensor->rank() > shape->size()) return false;
  const std::size_t missing = shape->size() - tensor->rank();
  Tracked tracked{i, Role::kKeeper};
  if (channels->axis >= missing && tensor->dim(channels->axis - missing) != 1) {
    if (!float_constant(graph_, node.inputs[constant])) return false;
    tracked.role = Role::kConstant;
    tracked.constant_input = constant;
    tracked.constant_axis = channels->axis - missing;
  }
  nodes_.push_back(tracked);
  give(node.outputs[0], Channels(*channels));
  return true;
}

// [N,C,...] to [N, C * ...].
bool ChannelMap::take_flatten(std::size_t i) {
  const Node& node = graph_.nodes[i];
  const Channels* const x = find(node.inputs[0]);
  if (x == nullptr || x->axis != 1 || (node.op != "Flatten" && node.op != "Reshape")) return false;
  const auto from = known_shape_of(graph_, node.inputs[0]);
  const auto to = known_shape_of(graph_, node.outputs[0]);
  if (!to || to->size() != 2) return false;
  Tracked tracked{i, Role::kKeeper};
  if (node.op == "Flatten") {
    if (NodeView(node, "").get_int("axis", 1) != 1) return false;
  } else {
    const Tensor* const shape =
        node.inputs.size() > 1 ? constant_of(graph_, node.inputs[1]) : nullptr;
    if (shape == nullptr || shape->size() != 2 || (*from)[0] != (*to)[0]) return false;
    tracked.role = Role::kReshape;
  }
  std::int64_t positions = 1;
  for (std::size_t axis = 2; axis < from->size(); ++axis) {
    if ((*from)[axis] < 0) return false;
    positions *= (*from)[axis];
  }
  Channels flat{1, {}};
  for (const ChannelId channel : x->ids)
    flat.ids.insert(flat.ids.end(), static_cast<std::size_t>(positions), channel);
  nodes_.push_back(tracked);
  give(node.outputs[0], std::move(flat));
  return true;
}

bool ChannelMap::take_concat(std::size_t i) {
  const Node& node = graph_.nodes[i];
  if (node.op != "Concat") return false;
  const Channels* const first = find(node.inputs[0]);
  const auto shape = known_shape_of(graph_, node.outputs[0]);
  if (first == nullptr || !shape) return false;
  std::int64_t axis = NodeView(node, "").get_int("axis", 1);
  if (axis < 0) axis += static_cast<std::int64_t>(shape->size());
  Channels joined{first->axis, {}};
  const bool is_along = axis == static_cast<std::int64_t>(first->axis);
  for (const ValueId id : node.inputs) {
    const Channels* const part = find(id);
    if (part == nullptr || part->axis != first->axis) return false;
    if (is_along) {
      joined.ids.insert(joined.ids.end(), part->ids.begin(), part->ids.end());
      continue;
    }
    if (part->ids.size() != first->ids.size()) return false;
    for (std::size_t c = 0; c < part->ids.size(); ++c) join(first->ids[c], part->ids[c]);
    joined.ids = first->ids;
  }
  nodes_.push_back({i, Role::kKeeper});
  give(node.outputs[0], std::move(joined));
  return true;
}

bool ChannelMap::take_keeper(std::size_t i) {
  const Node& node = graph_.nodes[i];
  const Channels* const x = find(node.inputs[0]);
  if (x == nullptr) return false;
  Channels kept = *x;
  Role role = Role::kKeeper;
  if (node.op == "BatchNormalization") {
    if (x->axis != 1 || node.inputs.size() != 5 || node.outputs.size() != 1) return false;
    for (std::size_t k = 1; k < 5; ++k) {
      if (!float_constant(graph_, node.inputs[k])) return false;
    }
    role = Role::kNorm;
  } else if (holds(kReducers, node.op)) {
    const auto shape = known_shape_of(graph_, node.inputs[0]);
    const auto axes = reduced_axes(graph_, node, shape->size());
    // Axes before the channels' would move them.
    if (!axes || std::ranges::any_of(*axes, [&](std::int64_t axis) {
          return axis <= static_cast<std::int64_t>(x->axis);
        })) {
      return false;
    }
  } else if (!holds(kKeepers, node.op) || node.outputs.size() != 1) {
    return false;
  }
  nodes_.push_back({i, role});
  give(node.outputs[0], std::move(kept));
  return true;
}

}  // namespace slipway::quantize
