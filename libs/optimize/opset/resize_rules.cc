// Upsample, which became Resize, which got coordinates, optional inputs and axes.
#include <algorithm>
#include <array>

#include "optimize/opset/step.h"

namespace slipway::optimize {
namespace {

std::vector<float> narrow(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

Status factors_to_scales(Step& step) {
  const float height = step.view().get_float("height_scale", 1);
  const float width = step.view().get_float("width_scale", 1);
  if (step.view().get_string("mode", "nearest") == "bilinear")
    step.set("mode", std::string("linear"));
  step.erase("height_scale");
  step.erase("width_scale");
  step.set("scales", std::vector<float>{1, 1, height, width});
  return {};
}

Status scales_to_input(Step& step) {
  const std::vector<float>* const scales = step.view().get_floats("scales");
  if (scales == nullptr) return step.cannot("it has no scales");
  const ValueId id = step.add_constant("scales", Tensor::of(*scales));
  step.erase("scales");
  step.set_input(1, id);
  return {};
}

Status scales_to_attribute(Step& step) {
  const auto scales = step.reals(1);
  if (!scales) return step.cannot("its scales are computed: an attribute there");
  step.node.inputs.resize(1);
  step.set("scales", narrow(*scales));
  return {};
}

Status upsample_is_resize(Step& step) {
  step.node.op = "Resize";
  return {};
}

Status resize_is_upsample(Step& step) {
  const auto scales = step.reals(1);
  if (!scales || std::ranges::any_of(*scales, [](double s) { return s < 1; }))
    return step.cannot("its scales are computed or below 1, and Upsample only enlarges");
  step.node.op = "Upsample";
  return {};
}

// Version 10 has no choice: positions are x / scale, the nearest is the one below.
Status state_coordinates(Step& step) {
  const ValueId scales = step.node.inputs[1];
  const ValueId roi = step.add_constant("roi", Tensor::of(std::vector<float>{}));
  step.node.inputs = {step.node.inputs[0], roi, scales};
  step.set("coordinate_transformation_mode", std::string("asymmetric"));
  step.set("nearest_mode", std::string("floor"));
  return {};
}

Status forget_coordinates(Step& step) {
  const NodeView view = step.view();
  const std::string mode = view.get_string("mode", "nearest");
  if (view.get_string("coordinate_transformation_mode", "half_pixel") != "asymmetric")
    return step.cannot("positions there are x / scale (asymmetric), here ",
                       view.get_string("coordinate_transformation_mode", "half_pixel"));
  if (mode == "nearest" && view.get_string("nearest_mode", "round_prefer_floor") != "floor")
    return step.cannot("the nearest position there is the one below (floor)");
  if (mode == "cubic") return step.cannot("it is cubic");
  if (step.has_input(3)) return step.cannot("it states sizes, and there it takes scales");
  const ValueId scales = step.node.inputs[2];
  step.node.inputs = {step.node.inputs[0], scales};
  for (const std::string_view name : {"coordinate_transformation_mode", "nearest_mode",
                                      "cubic_coeff_a", "exclude_outside", "extrapolation_value"}) {
    step.erase(name);
  }
  return {};
}

// Before version 13 an input that is not wanted is an empty tensor.
Status no_omitted_inputs(Step& step) {
  const DType dtype =
      is_float(step.input_type(0).dtype) ? step.input_type(0).dtype : DType::kFloat32;
  if (!step.has_input(1)) {
    const Result<Tensor> none = Tensor::create(dtype, Shape{0});
    if (!none.ok()) return none.error();
    step.set_input(1, step.add_constant("roi", *none));
  }
  if (!step.has_input(2))
    step.set_input(2, step.add_constant("scales", Tensor::of(std::vector<float>{})));
  return {};
}

// Axes that are not named keep their extents.
Status all_axes(Step& step) {
  const NodeView view = step.view();
  if (view.get_flag("antialias", false)) return step.cannot("it smooths (antialias)");
  if (view.get_string("keep_aspect_ratio_policy", "stretch") != "stretch")
    return step.cannot("it keeps the aspect ratio");
  if (view.get_string("coordinate_transformation_mode", "half_pixel") == "half_pixel_symmetric")
    return step.cannot("half_pixel_symmetric came later");
  step.erase("antialias");
  step.erase("keep_aspect_ratio_policy");
  const Ints* const stated = view.get_ints("axes");
  if (stated == nullptr) return {};
  const Ints axes = *stated;
  const auto rank = step.rank(0);
  const auto scales = step.reals(2);
  if (!rank || !scales || scales->size() != axes.size() ||
      view.get_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize") {
    return step.cannot("it names axes, and its scales are computed or not given");
  }
  std::vector<float> all(*rank, 1.0F);
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const std::int64_t axis = axes[k] + (axes[k] < 0 ? static_cast<std::int64_t>(*rank) : 0);
    if (axis < 0 || axis >= static_cast<std::int64_t>(*rank))
      return step.cannot("its axes are beyond its input");
    all[static_cast<std::size_t>(axis)] = static_cast<float>((*scales)[k]);
  }
  step.erase("axes");
  step.set_input(2, step.add_constant("scales", Tensor::of(all)));
  return {};
}

constexpr auto kRules = std::to_array<Rule>({
    {"Upsample", 7, factors_to_scales, nullptr},
    {"Upsample", 9, scales_to_input, scales_to_attribute},
    {"Upsample", 10, upsample_is_resize, nullptr},
    {"Resize", 10, nullptr, resize_is_upsample},
    {"Resize", 11, state_coordinates, forget_coordinates},
    {"Resize", 13, nullptr, no_omitted_inputs},
    {"Resize", 18, nullptr, all_axes},
});

}  // namespace

std::span<const Rule> resize_rules() { return kRules; }

}  // namespace slipway::optimize
