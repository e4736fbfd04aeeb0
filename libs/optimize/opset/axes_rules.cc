// Axes that moved from an attribute to an input, and axes that count from the end.
#include <array>

#include "optimize/opset/step.h"

namespace slipway::optimize {
namespace {

Status axes_to_input(Step& step) {
  const Ints* const axes = step.view().get_ints("axes");
  if (axes == nullptr) return {};
  const ValueId id = step.add_constant("axes", Tensor::of(*axes));
  step.erase("axes");
  step.set_input(1, id);
  return {};
}

Status axes_to_attribute(Step& step) {
  if (!step.has_input(1)) {
    step.drop_omitted();
    return {};
  }
  const auto axes = step.ints(1);
  if (!axes) return step.cannot("its axes are computed: they are an attribute there");
  step.node.inputs.resize(1);
  step.set("axes", *axes);
  return {};
}

// No axes: all of them, or, where the node says so, none.
Status reduction_to_attribute(Step& step) {
  const bool keeps_all = step.view().get_flag("noop_with_empty_axes", false);
  step.erase("noop_with_empty_axes");
  if (!step.has_input(1)) {
    step.drop_omitted();
    if (keeps_all) return step.cannot("it reduces no axis at all: take the node out");
    return {};
  }
  const auto axes = step.ints(1);
  if (!axes) return step.cannot("its axes are computed: they are an attribute there");
  if (axes->empty() && keeps_all)
    return step.cannot("it reduces no axis at all: take the node out");
  step.node.inputs.resize(1);
  if (!axes->empty()) step.set("axes", *axes);
  return {};
}

Status axis_from_start(Step& step) {
  const std::int64_t axis = step.view().get_int("axis", 0);
  if (axis >= 0) return {};
  const auto rank = step.rank(0);
  if (!rank) return step.cannot("its axis counts from the end of a tensor whose rank is unknown");
  step.set("axis", axis + static_cast<std::int64_t>(*rank));
  return {};
}

Status axes_from_start(Step& step) {
  const Ints* const stated = step.view().get_ints("axes");
  if (stated == nullptr) return {};
  Ints axes = *stated;
  for (std::int64_t& axis : axes) {
    if (axis >= 0) continue;
    const auto rank = step.rank(0);
    if (!rank) return step.cannot("its axes count from the end of a tensor whose rank is unknown");
    const std::size_t grown = step.node.op == "Unsqueeze" ? axes.size() : 0;
    axis += static_cast<std::int64_t>(*rank + grown);
  }
  step.set("axes", std::move(axes));
  return {};
}

constexpr auto kRules = std::to_array<Rule>({
    {"Squeeze", 13, axes_to_input, axes_to_attribute},
    {"Unsqueeze", 13, axes_to_input, axes_to_attribute},
    {"ReduceSum", 13, axes_to_input, reduction_to_attribute},
    {"ReduceL1", 18, axes_to_input, reduction_to_attribute},
    {"ReduceL2", 18, axes_to_input, reduction_to_attribute},
    {"ReduceLogSum", 18, axes_to_input, reduction_to_attribute},
    {"ReduceLogSumExp", 18, axes_to_input, reduction_to_attribute},
    {"ReduceMax", 18, axes_to_input, reduction_to_attribute},
    {"ReduceMean", 18, axes_to_input, reduction_to_attribute},
    {"ReduceMin", 18, axes_to_input, reduction_to_attribute},
    {"ReduceProd", 18, axes_to_input, reduction_to_attribute},
    {"ReduceSumSquare", 18, axes_to_input, reduction_to_attribute},

    {"Squeeze", 11, nullptr, axes_from_start},
    {"Unsqueeze", 11, nullptr, axes_from_start},
    {"ReduceL1", 11, nullptr, axes_from_start},
    {"ReduceL2", 11, nullptr, axes_from_start},
    {"ReduceLogSum", 11, nullptr, axes_from_start},
    {"ReduceLogSumExp", 11, nullptr, axes_from_start},
    {"ReduceMax", 11, nullptr, axes_from_start},
    {"ReduceMean", 11, nullptr, axes_from_start},
    {"ReduceMin", 11, nullptr, axes_from_start},
    {"ReduceProd", 11, nullptr, axes_from_start},
    {"ReduceSum", 11, nullptr, axes_from_start},
    {"ReduceSumSquare", 11, nullptr, axes_from_start},
    {"ArgMax", 11, nullptr, axis_from_start},
    {"ArgMin", 11, nullptr, axis_from_start},
    {"Compress", 11, nullptr, axis_from_start},
    {"Concat", 11, nullptr, axis_from_start},
    {"Flatten", 11, nullptr, axis_from_start},
    {"Gather", 11, nullptr, axis_from_start},
    {"Hardmax", 11, nullptr, axis_from_start},
    {"LogSoftmax", 11, nullptr, axis_from_start},
    {"Softmax", 11, nullptr, axis_from_start},
    {"Split", 11, nullptr, axis_from_start},
});

}  // namespace

std::span<const Rule> axes_rules() { return kRules; }

}  // namespace slipway::optimize
