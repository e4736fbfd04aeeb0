// Operators that older sets write as formulas of others.
#include <array>
#include <cmath>
#include <numbers>

#include "optimize/opset/step.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

// A number of the type of the first input.
Result<ValueId> number(Step& step, std::string_view what, double value) {
  const DType dtype = step.input_type(0).dtype;
  if (!is_float(dtype)) return step.cannot("the type of its input is unknown");
  const Tensor tensor = TRY(cast(Tensor::scalar(value), dtype));
  return step.add_constant(what, tensor);
}

ValueId before(Step& step, std::string op, std::vector<ValueId> inputs) {
  return step.add_before(std::move(op), std::move(inputs), step.input_type(0));
}

Status finish(Step& step, std::string op, std::vector<ValueId> inputs) {
  step.node.op = std::move(op);
  step.node.inputs = std::move(inputs);
  step.node.attributes.clear();
  return {};
}

// x * hard_sigmoid(x), with slope 1/6.
Status hard_swish(Step& step) {
  const ValueId x = step.node.inputs[0];
  const ValueId gate = before(step, "HardSigmoid", {x});
  step.before.back().attributes.emplace_back("alpha", 1.0F / 6.0F);
  step.before.back().attributes.emplace_back("beta", 0.5F);
  return finish(step, "Mul", {x, gate});
}

Status mish(Step& step) {
  const ValueId x = step.node.inputs[0];
  return finish(step, "Mul", {x, before(step, "Tanh", {before(step, "Softplus", {x})})});
}

Status swish(Step& step) {
  const ValueId x = step.node.inputs[0];
  ValueId gate = x;
  const double alpha = step.view().get_float("alpha", 1.0F);
  if (alpha != 1) gate = before(step, "Mul", {x, TRY(number(step, "alpha", alpha))});
  return finish(step, "Mul", {x, before(step, "Sigmoid", {gate})});
}

// x / 2 * (1 + erf(x / sqrt 2)), or with tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
Status gelu(Step& step) {
  const ValueId x = step.node.inputs[0];
  ValueId curve = kNoValue;
  if (step.view().get_string("approximate", "none") == "tanh") {
    const ValueId square = before(step, "Mul", {x, x});
    const ValueId cube = before(step, "Mul", {square, x});
    const ValueId small = before(step, "Mul", {cube, TRY(number(step, "cubic", 0.044715))});
    const ValueId sum = before(step, "Add", {x, small});
    const double slope = std::sqrt(2 / std::numbers::pi);
    curve = before(step, "Tanh", {before(step, "Mul", {sum, TRY(number(step, "slope", slope))})});
  } else {
    const ValueId root = TRY(number(step, "root", std::numbers::sqrt2));
    curve = before(step, "Erf", {before(step, "Div", {x, root})});
  }
  const ValueId sum = before(step, "Add", {curve, TRY(number(step, "one", 1))});
  const ValueId half = before(step, "Mul", {x, TRY(number(step, "half", 0.5))});
  return finish(step, "Mul", {half, sum});
}

// The mean of x over the axes that are normalised, kept.
Result<ValueId> mean(Step& step, ValueId x, const Ints& axes) {
  std::vector<Attribute> attributes;
  std::vector<ValueId> inputs = {x};
  if (step.to >= 18) {
    inputs.push_back(step.add_constant("axes", Tensor::of(axes)));
  } else {
    attributes.emplace_back("axes", axes);
  }
  return step.add_before("ReduceMean", std::move(inputs), step.input_type(0),
                         std::move(attributes));
}

Result<Ints> normalized_axes(Step& step) {
  const auto rank = step.rank(0);
  if (!rank || *rank == 0) return step.cannot("the rank of its input is unknown");
  if (step.input_type(0).dtype != DType::kFloat32)
    return step.cannot("it computes other floats in single precision");
  const auto end = static_cast<std::int64_t>(*rank);
  std::int64_t axis = step.view().get_int("axis", -1);
  axis += axis < 0 ? end : 0;
  Ints axes;
  for (; axis >= 0 && axis < end; ++axis) axes.push_back(axis);
  return axes;
}

// centred / sqrt(mean(centred^2) + epsilon) * scale + bias.
Status scaled_deviation(Step& step, ValueId centred, const Ints& axes) {
  const double epsilon = step.view().get_float("epsilon", 1e-5F);
  const ValueId square = before(step, "Mul", {centred, centred});
  const ValueId variance = TRY(mean(step, square, axes));
  const ValueId sum = before(step, "Add", {variance, TRY(number(step, "epsilon", epsilon))});
  const ValueId unit = before(step, "Div", {centred, before(step, "Sqrt", {sum})});
  const ValueId scale = step.node.inputs[1];
  if (!step.has_input(2)) return finish(step, "Mul", {unit, scale});
  const ValueId bias = step.node.inputs[2];
  return finish(step, "Add", {before(step, "Mul", {unit, scale}), bias});
}

Status layer_norm(Step& step) {
  if (step.has_output(1) || step.has_output(2))
    return step.cannot("its mean and deviation are used");
  step.node.outputs.resize(1);
  const Ints axes = TRY(normalized_axes(step));
  const ValueId x = step.node.inputs[0];
  const ValueId centred = before(step, "Sub", {x, TRY(mean(step, x, axes))});
  return scaled_deviation(step, centred, axes);
}

Status rms_norm(Step& step) {
  const Ints axes = TRY(normalized_axes(step));
  return scaled_deviation(step, step.node.inputs[0], axes);
}

constexpr auto kRules = std::to_array<Rule>({
    {"HardSwish", 14, nullptr, hard_swish},
    {"LayerNormalization", 17, nullptr, layer_norm},
    {"Mish", 18, nullptr, mish},
    {"Gelu", 20, nullptr, gelu},
    {"RMSNormalization", 23, nullptr, rms_norm},
    {"Swish", 24, nullptr, swish},
});

}  // namespace

std::span<const Rule> formula_rules() { return kRules; }

}  // namespace slipway::optimize
