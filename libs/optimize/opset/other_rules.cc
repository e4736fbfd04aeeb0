// Constants, casts, quantisation and what else changed once.
#include <array>

#include "optimize/opset/step.h"
#include "tensor/dtype.h"

namespace slipway::optimize {
namespace {

// ONNX named types by words before version 6.
Status type_by_number(Step& step) {
  const std::string name = step.view().get_string("to", "");
  std::string lower;
  for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (const DTypeInfo& row : all_dtypes()) {
    if (row.name != lower) continue;
    step.set("to", static_cast<std::int64_t>(row.dtype));
    return {};
  }
  return step.cannot("it casts to '", shorten(name), "', which is no type");
}

// Numbers and texts as tensors, which is the only form before version 12.
Status value_is_tensor(Step& step) {
  const NodeView view = step.view();
  std::optional<Tensor> value;
  if (view.has_attribute("value_float")) value = Tensor::scalar(view.get_float("value_float", 0));
  if (view.has_attribute("value_int")) value = Tensor::scalar(view.get_int("value_int", 0));
  if (view.has_attribute("value_string"))
    value = Tensor::scalar(view.get_string("value_string", ""));
  if (const auto* const many = view.get_floats("value_floats")) value = Tensor::of(*many);
  if (const auto* const many = view.get_ints("value_ints")) value = Tensor::of(*many);
  if (const auto* const many = view.get_strings("value_strings")) value = Tensor::of(*many);
  if (!value) return {};
  step.node.attributes.clear();
  step.set("value", *std::move(value));
  return {};
}

Status no_sparse(Step& step) {
  if (step.view().has_attribute("sparse_value")) return step.cannot("it is sparse");
  return {};
}

// Pixels lay at their corners before version 16.
Status state_corners(Step& step) {
  step.set("coordinate_transformation_mode", std::string("output_half_pixel"));
  return {};
}

Status forget_corners(Step& step) {
  if (step.view().get_string("coordinate_transformation_mode", "half_pixel") != "output_half_pixel")
    return step.cannot("its pixels lie at half positions, there at whole ones");
  step.erase("coordinate_transformation_mode");
  return {};
}

Status rename_mode(Step& step, std::string_view linear, std::string_view bilinear,
                   std::string_view cubic, std::string_view bicubic) {
  const std::string mode = step.view().get_string("mode", bilinear);
  if (mode == bilinear) step.set("mode", std::string(linear));
  if (mode == bicubic) step.set("mode", std::string(cubic));
  return {};
}

Status grid_mode_up(Step& step) {
  return rename_mode(step, "linear", "bilinear", "cubic", "bicubic");
}

Status grid_mode_down(Step& step) {
  if (step.rank(0) != 4U) return step.cannot("it samples other than two axes");
  return rename_mode(step, "bilinear", "linear", "bicubic", "cubic");
}

Status dft_axis_to_input(Step& step) {
  const std::int64_t axis = step.view().get_int("axis", 1);
  step.erase("axis");
  step.set_input(2, step.add_constant("axis", Tensor::scalar(axis)));
  return {};
}

Status dft_axis_to_attribute(Step& step) {
  std::int64_t axis = -2;
  if (step.has_input(2)) {
    const auto stated = step.ints(2);
    if (!stated || stated->size() != 1)
      return step.cannot("its axis is computed: an attribute there");
    axis = (*stated)[0];
    step.node.inputs.resize(2);
  }
  if (axis < 0) {
    const auto rank = step.rank(0);
    if (!rank) return step.cannot("its axis counts from the end, and its rank is unknown");
    axis += static_cast<std::int64_t>(*rank);
  }
  step.drop_omitted();
  step.set("axis", axis);
  return {};
}

// Before version 13 there is one scale for all.
Status one_scale(Step& step) {
  const auto scale = step.shape(1);
  if (!scale || !(scale->empty() || *scale == Shape{1}))
    return step.cannot("it has a scale for each index of an axis, or the scale's shape is unknown");
  step.erase("axis");
  return {};
}

Status scan_with_batch(Step& step) {
  return step.cannot("it runs every member of a batch by itself, and Scan lost the batch there");
}

constexpr auto kRules = std::to_array<Rule>({
    {"Cast", 6, type_by_number, nullptr},
    {"Constant", 12, nullptr, value_is_tensor},
    {"Constant", 11, nullptr, no_sparse},
    {"RoiAlign", 16, state_corners, forget_corners},
    {"GridSample", 20, grid_mode_up, grid_mode_down},
    {"DFT", 20, dft_axis_to_input, dft_axis_to_attribute},
    {"QuantizeLinear", 13, nullptr, one_scale},
    {"DequantizeLinear", 13, nullptr, one_scale},
    {"Scan", 9, scan_with_batch, scan_with_batch},
});

}  // namespace

std::span<const Rule> other_rules() { return kRules; }

}  // namespace slipway::optimize
