// Broadcasting as it was before version 7, bounds of Clip, comparisons that came late.
#include <algorithm>
#include <array>
#include <limits>

#include "optimize/opset/step.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

// With `broadcast`, input k of rank r stands for axes `axis` to `axis` + r of the first input.
Status align(Step& step, std::size_t k, std::int64_t axis) {
  const auto rank = step.rank(0);
  const auto own = step.rank(k);
  if (!rank || !own) return step.cannot("it broadcasts tensors whose ranks are unknown");
  const auto after = static_cast<std::int64_t>(*rank) - axis - static_cast<std::int64_t>(*own);
  if (axis < 0 || after < 0) return step.cannot("its axis is beyond the first input");
  if (after == 0) return {};
  Ints axes;
  Type type = step.input_type(k);
  for (std::int64_t i = 0; i < after; ++i) {
    axes.push_back(static_cast<std::int64_t>(*own) + i);
    type.dims->push_back(Dim(1));
  }
  step.node.inputs[k] = step.add_before("Unsqueeze", {step.node.inputs[k]}, std::move(type), {});
  step.before.back().attributes.emplace_back("axes", std::move(axes));
  return {};
}

Status broadcast_by_rank(Step& step) {
  const NodeView view = step.view();
  const bool broadcasts = view.get_flag("broadcast", false);
  const bool has_axis = view.has_attribute("axis");
  const std::int64_t axis = view.get_int("axis", 0);
  step.erase("broadcast");
  step.erase("axis");
  step.erase("consumed_inputs");
  return broadcasts && has_axis ? align(step, 1, axis) : Status();
}

// Before version 7 a slope was one number or one for each channel, the second axis.
Status slope_by_rank(Step& step) {
  const auto slope = step.shape(1);
  if (!slope) return step.cannot("the shape of its slope is unknown");
  return slope->size() == 1 && (*slope)[0] != 1 ? align(step, 1, 1) : Status();
}

Status gemm_broadcast(Step& step) {
  step.erase("broadcast");
  return {};
}

// Without C: a zero.
Status gemm_needs_c(Step& step) {
  if (step.has_input(2)) return {};
  const Type& type = step.input_type(0);
  if (type.dtype == DType::kUndefined) return step.cannot("the type of its first input is unknown");
  const Result<Tensor> zero = Tensor::create(type.dtype, Shape{1});
  if (!zero.ok()) return zero.error();
  step.set_input(2, step.add_constant("zero", *zero));
  return {};
}

// Before version 8 all inputs have one shape.
Status no_broadcast(Step& step) {
  for (std::size_t k = 1; k < step.node.inputs.size(); ++k) {
    const auto first = step.shape(0);
    if (!first || first != step.shape(k))
      return step.cannot(
          "its inputs do not all have one shape that is known, and it broadcasts "
          "from opset 8 on");
  }
  return {};
}

Status bounds_to_inputs(Step& step) {
  const DType dtype = step.input_type(0).dtype;
  const auto move = [&](std::string_view name, std::size_t k) -> Status {
    if (!step.view().has_attribute(name)) return {};
    if (dtype == DType::kUndefined) return step.cannot("the type of its input is unknown");
    const Tensor bound = TRY(cast(Tensor::scalar(step.view().get_float(name, 0)), dtype));
    step.erase(name);
    step.set_input(k, step.add_constant(name, bound));
    return {};
  };
  TRY(move("min", 1));
  return move("max", 2);
}

Status bounds_to_attributes(Step& step) {
  const auto move = [&](std::string name, std::size_t k) -> Status {
    if (!step.has_input(k)) return {};
    const auto bound = step.reals(k);
    if (!bound || bound->size() != 1)
      return step.cannot("its ", name, " is computed: it is an attribute there");
    step.set(std::move(name), static_cast<float>((*bound)[0]));
    return {};
  };
  const DType dtype = step.input_type(0).dtype;
  if (!is_float(dtype)) return step.cannot("it clips whole numbers");
  TRY(move("min", 1));
  TRY(move("max", 2));
  step.node.inputs.resize(1);
  return {};
}

// a >= b as a > b or a = b: with NaN both are false.
Status compare_or_equal(Step& step) {
  const bool greater = step.node.op == "GreaterOrEqual";
  const Type type = Type::tensor(DType::kBool);
  const ValueId beyond = step.add_before(greater ? "Greater" : "Less", step.node.inputs, type);
  const ValueId equal = step.add_before("Equal", step.node.inputs, type);
  step.node.op = "Or";
  step.node.inputs = {beyond, equal};
  return {};
}

Status whole_numbers_only(Step& step) {
  const DType dtype = step.input_type(0).dtype;
  if (is_integer(dtype) || dtype == DType::kBool) return {};
  return step.cannot("it compares floats");
}

Status floats_only(Step& step) {
  if (is_float(step.input_type(0).dtype)) return {};
  return step.cannot("it takes numbers that are not floats");
}

constexpr auto kRules = std::to_array<Rule>({
    {"Add", 7, broadcast_by_rank, nullptr},
    {"And", 7, broadcast_by_rank, nullptr},
    {"Div", 7, broadcast_by_rank, nullptr},
    {"Equal", 7, broadcast_by_rank, nullptr},
    {"Greater", 7, broadcast_by_rank, nullptr},
    {"Less", 7, broadcast_by_rank, nullptr},
    {"Mul", 7, broadcast_by_rank, nullptr},
    {"Or", 7, broadcast_by_rank, nullptr},
    {"Pow", 7, broadcast_by_rank, nullptr},
    {"Sub", 7, broadcast_by_rank, nullptr},
    {"Xor", 7, broadcast_by_rank, nullptr},
    {"PRelu", 7, slope_by_rank, nullptr},
    {"Gemm", 7, gemm_broadcast, nullptr},
    {"Gemm", 11, nullptr, gemm_needs_c},
    {"Max", 8, nullptr, no_broadcast},
    {"Mean", 8, nullptr, no_broadcast},
    {"Min", 8, nullptr, no_broadcast},
    {"Sum", 8, nullptr, no_broadcast},
    {"Clip", 11, bounds_to_inputs, bounds_to_attributes},
    {"GreaterOrEqual", 12, nullptr, compare_or_equal},
    {"LessOrEqual", 12, nullptr, compare_or_equal},
    {"Equal", 11, nullptr, whole_numbers_only},
    {"Greater", 9, nullptr, floats_only},
    {"Less", 9, nullptr, floats_only},
});

}  // namespace

std::span<const Rule> elementwise_rules() { return kRules; }

}  // namespace slipway::optimize
