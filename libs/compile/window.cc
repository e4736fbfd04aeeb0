#include "compile/window.h"

#include <algorithm>

#include "base/str.h"
#include "ops/movement/slice_plan.h"
#include "ops/nn/convolution.h"
#include "ops/node_view.h"
#include "passes/rewrite.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kMostTaps = 64;

// Functions of one element, and of the elements at one place of several tensors.
constexpr std::string_view kElementwise[] = {
    "Abs",         "Acos",
    "Acosh",       "Add",
    "And",         "Asin",
    "Asinh",       "Atan",
    "Atanh",       "Cast",
    "Ceil",        "Celu",
    "Clip",        "Cos",
    "Cosh",        "Div",
    "Elu",         "Equal",
    "Erf",         "Exp",
    "Floor",       "Gelu",
    "Greater",     "GreaterOrEqual",
    "HardSigmoid", "HardSwish",
    "LeakyRelu",   "Less",
    "LessOrEqual", "Log",
    "Max",         "Mean",
    "Min",         "Mish",
    "Mul",         "Neg",
    "Not",         "Or",
    "PRelu",       "Pow",
    "Reciprocal",  "Relu",
    "Round",       "Selu",
    "Shrink",      "Sigmoid",
    "Sign",        "Sin",
    "Sinh",        "Softplus",
    "Softsign",    "Sqrt",
    "Sub",         "Sum",
    "Swish",       "Tan",
    "Tanh",        "ThresholdedRelu",
    "Where",       "Xor",
};
// Functions of what stands along the last axis.
constexpr std::string_view kRowwise[] = {"LayerNormalization", "LogSoftmax", "RMSNormalization",
                                         "Softmax"};

template <std::size_t kCount>
bool is_one_of(const std::string_view (&names)[kCount], const Node& node) {
  return node.domain.empty() && std::ranges::find(names, node.op) != std::end(names);
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return (a >= 0 ? a : a - b + 1) / b; }

class Follower {
 public:
  explicit Follower(const Graph& graph) : graph_(graph) {
    window_.steps.resize(graph.nodes.size(), TimedStep::kWhole);
  }

  Result<Window> follow(const std::vector<SlidingInput>& inputs) {
    for (const SlidingInput& input : inputs) {
      TimedValue value;
      value.axis = input.axis;
      value.length = shape(input.value)[input.axis];
      value.step = input.step;
      value.end = input.step == 0 ? 0 : value.length;
      add(input.value, value);
    }
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      window_.steps[n] = TRY(step_of(n));
      if (window_.steps[n] == TimedStep::kWhole) take_whole(n);
    }
    for (const ValueId id : graph_.outputs) need_all(id);
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) TRY(demand(n));
    for (const SlidingInput& input : inputs) choose_input(window_.values.at(input.value));
    return std::move(window_);
  }

 private:
  const Shape shape(ValueId id) const {
    const Type& type = graph_.value(id).type;
    return type.dims ? known_shape(*type.dims).value_or(Shape{}) : Shape{};
  }
  bool is_timed(ValueId id) const { return id != kNoValue && window_.values.contains(id); }
  const TimedValue& timed(ValueId id) const { return window_.values.at(id); }
  TimedValue& root(const TimedValue& value) { return window_.values.at(value.root); }

  void add(ValueId id, TimedValue value) {
    value.root = id;
    window_.values.emplace(id, std::move(value));
  }
  void add_alias(ValueId id, ValueId of, TimedValue value, std::int64_t shift) {
    value.root = timed(of).root;
    value.shift = timed(of).shift + shift;
    window_.values.emplace(id, std::move(value));
  }

  std::optional<Ints> ints(const Node& node, std::size_t input) const {
    if (input >= node.inputs.size()) return std::nullopt;
    const Tensor* const tensor = constant_of(graph_, node.inputs[input]);
    if (tensor == nullptr || tensor->dtype() != DType::kInt64) return std::nullopt;
    const Result<Tensor> direct = tensor->direct();
    if (!direct.ok()) return std::nullopt;
    const auto data = direct->data<std::int64_t>();
    return Ints(data.begin(), data.end());
  }

  Result<TimedStep> step_of(std::size_t n) {
    const Node& node = graph_.nodes[n];
    if (!std::ranges::any_of(node.inputs, [&](ValueId id) { return is_timed(id); }))
      return TimedStep::kWhole;
    if (!node.domain.empty() || node.outputs.size() != 1) return TimedStep::kWhole;
    if (node.op == "Conv") return convolution(n);
    if (node.op == "Transpose" && follow_transpose(node)) return TimedStep::kAlias;
    if (node.op == "Slice" && follow_slice(node)) return TimedStep::kAlias;
    if (node.op == "Identity") {
      add_alias(node.outputs[0], node.inputs[0], timed(node.inputs[0]), 0);
      return TimedStep::kAlias;
    }
    if (is_one_of(kElementwise, node) && follow_elementwise(node)) return TimedStep::kEach;
    if (is_one_of(kRowwise, node) && follow_rowwise(node)) return TimedStep::kEach;
    if (node.op == "MatMul" && follow_product(node)) return TimedStep::kEach;
    if (node.op == "Concat" && follow_concat(node)) return TimedStep::kEach;
    return TimedStep::kWhole;
  }

  // Output o reads positions o * stride - pad + k * dilation: it is the same from window to window
  // where all of these are.
  Result<TimedStep> convolution(std::size_t n) {
    const Node& node = graph_.nodes[n];
    const ValueId x = node.inputs[0];
    const Tensor* const weights = constant_of(graph_, node.inputs[1]);
    const bool has_bias = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
    if (!is_timed(x) || weights == nullptr || weights->dtype() != DType::kFloat32 ||
        (has_bias && constant_of(graph_, node.inputs[2]) == nullptr) || timed(x).axis != 2 ||
        shape(x).size() != 3) {
      return TimedStep::kWhole;
    }
    const NodeView view(node, describe(graph_, n));
    const Convolution c = TRY(plan_convolution(view, shape(x), weights->shape()));
    const WindowAxis& axis = c.axes[0];
    const TimedValue& from = timed(x);
    if (c.groups != 1 || axis.kernel > kMostTaps || from.step % axis.stride != 0 ||
        c.out_channels == 0 || axis.output == 0) {
      return TimedStep::kWhole;
    }
    TimedValue to;
    to.axis = 2;
    to.length = axis.output;
    to.step = from.step / axis.stride;
    const std::int64_t reach = (axis.kernel - 1) * axis.dilation;
    to.begin = std::max<std::int64_t>(
        0, floor_div(from.begin + axis.pad_begin + axis.stride - 1, axis.stride));
    to.end =
        std::min(axis.output, floor_div(from.end - 1 + axis.pad_begin - reach, axis.stride) + 1);
    if (to.begin > to.end) to.begin = to.end = 0;
    add(node.outputs[0], to);
    window_.convolutions.emplace(n, axis);
    return TimedStep::kConvolve;
  }

  bool follow_transpose(const Node& node) {
    const ValueId x = node.inputs[0];
    const NodeView view(node, "");
    const Ints* const stated = view.get_ints("perm");
    if (stated == nullptr || stated->size() != shape(x).size() || (*stated)[0] != 0) return false;
    TimedValue value = timed(x);
    Ints others;
    for (std::size_t axis = 0; axis < stated->size(); ++axis) {
      if ((*stated)[axis] == static_cast<std::int64_t>(timed(x).axis)) {
        value.axis = axis;
      } else {
        others.push_back((*stated)[axis]);
      }
    }
    if (!std::ranges::is_sorted(others)) return false;
    add_alias(node.outputs[0], x, value, 0);
    return true;
  }

  // A stretch of the time axis.
  bool follow_slice(const Node& node) {
    const ValueId x = node.inputs[0];
    if (node.version < 10 || !is_timed(x)) return false;
    const auto starts = ints(node, 1);
    const auto ends = ints(node, 2);
    Ints axes = ints(node, 3).value_or(Ints{});
    const Ints steps = ints(node, 4).value_or(Ints{});
    if (node.inputs.size() < 4 || node.inputs[3] == kNoValue) axes = {0};
    const bool has_steps = node.inputs.size() > 4 && node.inputs[4] != kNoValue;
    const auto rank = static_cast<std::int64_t>(shape(x).size());
    TimedValue value = timed(x);
    if (!starts || !ends || starts->size() != 1 || ends->size() != 1 || axes.size() != 1 ||
        (has_steps && steps != Ints{1}) ||
        (axes[0] < 0 ? axes[0] + rank : axes[0]) != static_cast<std::int64_t>(value.axis)) {
      return false;
    }
    const Cut cut = clamp_cut(value.length, (*starts)[0], (*ends)[0], 1);
    if (cut.count <= 0) return false;
    value.length = cut.count;
    value.begin = std::clamp<std::int64_t>(value.begin - cut.start, 0, cut.count);
    value.end = std::clamp<std::int64_t>(value.end - cut.start, 0, cut.count);
    add_alias(node.outputs[0], x, value, cut.start);
    return true;
  }

  // What stands beside a timed value and is not timed must be a constant that is the same at every
  // position.
  bool is_steady(ValueId id, std::size_t rank, std::size_t time) const {
    if (id == kNoValue) return true;
    if (constant_of(graph_, id) == nullptr) return false;
    const Shape extents = shape(id);
    if (extents.size() > rank) return false;
    const std::size_t lead = rank - extents.size();
    return (lead > time || extents[time - lead] == 1) && (lead > 0 || extents[0] == 1 || rank == 0);
  }

  // The operands' time axes, where they are one and the same.
  std::optional<TimedValue> joined(const Node& node, const Shape& output) const {
    std::optional<TimedValue> all;
    for (const ValueId id : node.inputs) {
      if (!is_timed(id)) continue;
      const TimedValue& value = timed(id);
      if (shape(id).size() != output.size()) return std::nullopt;
      if (!all) {
        all = value;
        continue;
      }
      if (all->axis != value.axis || all->length != value.length || all->step != value.step)
        return std::nullopt;
      all->begin = std::max(all->begin, value.begin);
      all->end = std::min(all->end, value.end);
    }
    if (!all || output[all->axis] != all->length) return std::nullopt;
    if (all->begin > all->end) all->begin = all->end = 0;
    all->shift = 0;
    all->needed.clear();
    return all;
  }

  bool follow_elementwise(const Node& node) {
    const Shape output = shape(node.outputs[0]);
    const auto value = node.version < 7 ? std::nullopt : joined(node, output);
    if (!value) return false;
    for (const ValueId id : node.inputs) {
      if (!is_timed(id) && !is_steady(id, output.size(), value->axis)) return false;
    }
    add(node.outputs[0], *value);
    return true;
  }

  // Along the last axis, with constants for the rest.
  bool follow_rowwise(const Node& node) {
    const Shape output = shape(node.outputs[0]);
    const auto value = joined(node, output);
    const NodeView view(node, "");
    const auto rank = static_cast<std::int64_t>(output.size());
    const std::int64_t axis = view.get_int("axis", -1);
    if (!value || !is_timed(node.inputs[0]) || (axis != -1 && axis != rank - 1) ||
        value->axis + 1 == output.size() ||
        (node.version < 13 && (node.op == "Softmax" || node.op == "LogSoftmax"))) {
      return false;
    }
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (id != kNoValue && (constant_of(graph_, id) == nullptr || shape(id).size() != 1))
        return false;
    }
    add(node.outputs[0], *value);
    return true;
  }

  // Rows times a constant matrix.
  bool follow_product(const Node& node) {
    const Shape output = shape(node.outputs[0]);
    if (!is_timed(node.inputs[0]) || is_timed(node.inputs[1]) ||
        constant_of(graph_, node.inputs[1]) == nullptr || shape(node.inputs[1]).size() != 2 ||
        timed(node.inputs[0]).axis + 1 == output.size()) {
      return false;
    }
    const auto value = joined(node, output);
    if (!value) return false;
    add(node.outputs[0], *value);
    return true;
  }

  bool follow_concat(const Node& node) {
    const Shape output = shape(node.outputs[0]);
    const auto rank = static_cast<std::int64_t>(output.size());
    std::int64_t axis = NodeView(node, "").get_int("axis", 1);
    if (axis < 0) axis += rank;
    const auto value = joined(node, output);
    if (!value || axis == 0 || axis == static_cast<std::int64_t>(value->axis) ||
        !std::ranges::all_of(node.inputs, [&](ValueId id) { return is_timed(id); })) {
      return false;
    }
    add(node.outputs[0], *value);
    return true;
  }

  void need_all(ValueId id) {
    if (!is_timed(id)) return;
    const TimedValue& value = timed(id);
    for (std::int64_t p = 0; p < value.length; ++p) root(value).needed.insert(p + value.shift);
  }

  void take_whole(std::size_t n) {
    const Node& node = graph_.nodes[n];
    bool takes = false;
    for (const ValueId id : node.inputs) {
      if (!is_timed(id)) continue;
      takes = true;
      if (const auto at = one_position(node, id)) {
        root(timed(id)).needed.insert(*at + timed(id).shift);
        window_.gathers.emplace(n, *at);
      } else {
        need_all(id);
      }
    }
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) {
        takes |= is_timed(capture.outer);
        need_all(capture.outer);
      }
    });
    if (takes) window_.reasons.push_back(describe(graph_, n));
  }

  // The position that a Gather takes, where it is a constant one.
  std::optional<std::int64_t> one_position(const Node& node, ValueId id) const {
    if (node.op != "Gather" || !node.domain.empty() || node.inputs[0] != id || !is_timed(id))
      return std::nullopt;
    std::int64_t axis = NodeView(node, "").get_int("axis", 0);
    if (axis < 0) axis += static_cast<std::int64_t>(shape(id).size());
    const auto index = ints(node, 1);
    const TimedValue& value = timed(id);
    if (axis != static_cast<std::int64_t>(value.axis) || !index || index->size() != 1)
      return std::nullopt;
    const std::int64_t at = (*index)[0] < 0 ? (*index)[0] + value.length : (*index)[0];
    if (at < 0 || at >= value.length) return std::nullopt;
    return at;
  }

  // Which columns every run computes: those that are needed and depend on where the window lies,
  // and the newest of the others, of which older ones are kept for as long as they are needed.
  void choose_columns(TimedValue& value) const {
    const std::int64_t fresh = value.end - value.step;
    const bool keeps = value.step > 0 && fresh >= value.begin;
    value.history = 0;
    value.columns.clear();
    for (const std::int64_t p : value.needed) {
      if (keeps && p >= value.begin && p < fresh)
        value.history = std::max(value.history, fresh - p);
    }
    std::set<std::int64_t> columns;
    for (const std::int64_t p : value.needed) {
      if (value.history == 0 || p < value.begin || p >= fresh) columns.insert(p);
    }
    for (std::int64_t p = fresh; value.history > 0 && p < value.end; ++p) columns.insert(p);
    value.columns.assign(columns.begin(), columns.end());
  }

  // An input brings its new positions, or all of them.
  static void choose_input(TimedValue& value) {
    const std::int64_t fresh = value.step == 0 ? 0 : value.length - value.step;
    value.columns.clear();
    for (std::int64_t p = fresh; p < value.length; ++p) value.columns.push_back(p);
    value.history =
        value.needed.empty() ? 0 : std::max<std::int64_t>(0, fresh - *value.needed.begin());
  }

  Status demand(std::size_t n) {
    const Node& node = graph_.nodes[n];
    if (window_.steps[n] != TimedStep::kEach && window_.steps[n] != TimedStep::kConvolve) return {};
    TimedValue& value = window_.values.at(node.outputs[0]);
    choose_columns(value);
    if (window_.steps[n] == TimedStep::kEach) {
      for (const ValueId id : node.inputs) {
        if (!is_timed(id)) continue;
        for (const std::int64_t p : value.columns)
          root(timed(id)).needed.insert(p + timed(id).shift);
      }
      return {};
    }
    const WindowAxis& axis = window_.convolutions.at(n);
    const TimedValue& from = timed(node.inputs[0]);
    const auto reads = [&](std::int64_t p, auto each) {
      for (std::int64_t k = 0; k < axis.kernel; ++k) {
        const std::int64_t at = p * axis.stride - axis.pad_begin + k * axis.dilation;
        if (at >= 0 && at < from.length) each(at);
      }
    };
    std::uint64_t taps = 0;
    std::uint64_t all = 0;
    for (std::int64_t p = 0; p < value.length; ++p) reads(p, [&](std::int64_t) { ++all; });
    for (const std::int64_t p : value.columns) {
      reads(p, [&](std::int64_t at) {
        ++taps;
        root(from).needed.insert(at + from.shift);
      });
    }
    const Shape weights = shape(node.inputs[1]);
    const auto products = static_cast<std::uint64_t>(weights[0] * weights[1]);
    window_.multiply_adds += taps * products;
    window_.whole_multiply_adds += all * products;
    window_.computed_columns += value.columns.size();
    window_.whole_columns += static_cast<std::size_t>(value.length);
    return {};
  }

  const Graph& graph_;
  Window window_;
};

}  // namespace

Result<Window> follow_window(const Graph& graph, const std::vector<SlidingInput>& inputs) {
  return Follower(graph).follow(inputs);
}

}  // namespace slipway::compile
