// Operators that move elements: sizes and places that became inputs.
#include <algorithm>
#include <array>

#include "optimize/opset/step.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

Status shape_to_input(Step& step) {
  const Ints* const shape = step.view().get_ints("shape");
  if (shape == nullptr) return step.cannot("it has no shape");
  const ValueId id = step.add_constant("shape", Tensor::of(*shape));
  step.erase("shape");
  step.erase("consumed_inputs");
  step.set_input(1, id);
  return {};
}

Status zero_is_kept(Step& step) {
  if (!step.view().get_flag("allowzero", false)) return step.erase("allowzero"), Status();
  const auto target = step.ints(1);
  if (!target || std::ranges::count(*target, 0) != 0)
    return step.cannot(
        "a 0 in its target is an extent of 0 (allowzero), and stands for the input's "
        "extent there");
  step.erase("allowzero");
  return {};
}

Status concat_axis(Step& step) {
  if (!step.view().has_attribute("axis")) step.set("axis", std::int64_t{1});
  return {};
}

Status slice_to_inputs(Step& step) {
  const NodeView view = step.view();
  const Ints* const starts = view.get_ints("starts");
  const Ints* const ends = view.get_ints("ends");
  if (starts == nullptr || ends == nullptr) return step.cannot("it has no starts or ends");
  const Ints* const axes = view.get_ints("axes");
  std::vector<ValueId> inputs = {step.node.inputs[0],
                                 step.add_constant("starts", Tensor::of(*starts)),
                                 step.add_constant("ends", Tensor::of(*ends))};
  if (axes != nullptr) inputs.push_back(step.add_constant("axes", Tensor::of(*axes)));
  step.node.inputs = std::move(inputs);
  step.node.attributes.clear();
  return {};
}

Status slice_to_attributes(Step& step) {
  const auto starts = step.ints(1);
  const auto ends = step.ints(2);
  if (!starts || !ends) return step.cannot("its starts or ends are computed: attributes there");
  if (step.has_input(4)) {
    const auto steps = step.ints(4);
    if (!steps || std::ranges::any_of(*steps, [](std::int64_t s) { return s != 1; }))
      return step.cannot("it takes steps other than 1");
  }
  std::optional<Ints> axes;
  if (step.has_input(3)) {
    axes = step.ints(3);
    if (!axes) return step.cannot("its axes are computed: an attribute there");
    for (std::int64_t& axis : *axes) {
      if (axis >= 0) continue;
      const auto rank = step.rank(0);
      if (!rank) return step.cannot("its axes count from the end, and its rank is unknown");
      axis += static_cast<std::int64_t>(*rank);
    }
  }
  step.node.inputs.resize(1);
  step.set("starts", *starts);
  step.set("ends", *ends);
  if (axes) step.set("axes", *axes);
  return {};
}

Status split_inputs_go(Step& step) {
  if (!step.has_input(1)) return {};
  const auto sizes = step.ints(1);
  if (!sizes) return step.cannot("its sizes are computed: an attribute there");
  step.node.inputs.resize(1);
  step.set("split", *sizes);
  return {};
}

Status split_to_input(Step& step) {
  const Ints* const sizes = step.view().get_ints("split");
  if (sizes == nullptr) return {};
  const ValueId id = step.add_constant("split", Tensor::of(*sizes));
  step.erase("split");
  step.set_input(1, id);
  return {};
}

Status split_states_count(Step& step) {
  if (!step.has_input(1))
    step.set("num_outputs", static_cast<std::int64_t>(step.node.outputs.size()));
  return {};
}

// Without sizes the parts are equal; from version 18 on the last one may be smaller.
Status split_equally(Step& step) {
  if (step.has_input(1)) return {};
  const auto count = static_cast<std::int64_t>(step.node.outputs.size());
  step.erase("num_outputs");
  const Type& type = step.input_type(0);
  std::int64_t axis = step.view().get_int("axis", 0);
  if (!type.dims) return step.cannot("the shape of its input is unknown");
  if (axis < 0) axis += static_cast<std::int64_t>(type.dims->size());
  if (axis < 0 || axis >= static_cast<std::int64_t>(type.dims->size()))
    return step.cannot("its axis is beyond its input");
  const Dim& dim = (*type.dims)[static_cast<std::size_t>(axis)];
  if (!dim.is_known()) return step.cannot("the extent that it splits is open: give it with --fix");
  if (dim.extent() % count == 0) return {};
  const std::int64_t part = (dim.extent() + count - 1) / count;
  Ints sizes(static_cast<std::size_t>(count), part);
  sizes.back() = dim.extent() - part * (count - 1);
  if (sizes.back() < 0) return step.cannot("its parts do not fill its input");
  step.set_input(1, step.add_constant("split", Tensor::of(sizes)));
  return {};
}

Status paddings_are_pads(Step& step) {
  const Ints* const pads = step.view().get_ints("paddings");
  if (pads == nullptr) return step.cannot("it has no paddings");
  const Ints copy = *pads;
  step.erase("paddings");
  step.set("pads", copy);
  return {};
}

Status pads_to_inputs(Step& step) {
  const Ints* const pads = step.view().get_ints("pads");
  if (pads == nullptr) return step.cannot("it has no pads");
  const DType dtype = step.input_type(0).dtype;
  const bool has_value = step.view().has_attribute("value");
  if (has_value && dtype == DType::kUndefined)
    return step.cannot("the type of its input is unknown");
  step.set_input(1, step.add_constant("pads", Tensor::of(*pads)));
  if (has_value) {
    const Tensor value = TRY(cast(Tensor::scalar(step.view().get_float("value", 0)), dtype));
    step.set_input(2, step.add_constant("value", value));
  }
  step.erase("pads");
  step.erase("value");
  return {};
}

Status pads_to_attributes(Step& step) {
  const auto pads = step.ints(1);
  if (!pads) return step.cannot("its pads are computed: an attribute there");
  if (!is_float(step.input_type(0).dtype)) return step.cannot("it pads what are no floats");
  if (step.has_input(2)) {
    const auto value = step.reals(2);
    if (!value || value->size() != 1)
      return step.cannot("its value is computed: an attribute there");
    step.set("value", static_cast<float>((*value)[0]));
  }
  step.set("pads", *pads);
  step.node.inputs.resize(1);
  return {};
}

Status pads_of_all_axes(Step& step) {
  if (!step.has_input(3)) return step.drop_omitted(), Status();
  const auto axes = step.ints(3);
  const auto pads = step.ints(1);
  const auto rank = step.rank(0);
  if (!axes || !pads || !rank || pads->size() != 2 * axes->size())
    return step.cannot("its axes or pads are computed, or its rank is unknown");
  Ints all(2 * *rank, 0);
  for (std::size_t k = 0; k < axes->size(); ++k) {
    const std::int64_t axis = (*axes)[k] + ((*axes)[k] < 0 ? static_cast<std::int64_t>(*rank) : 0);
    if (axis < 0 || axis >= static_cast<std::int64_t>(*rank))
      return step.cannot("its axes are beyond its input");
    all[static_cast<std::size_t>(axis)] = (*pads)[k];
    all[static_cast<std::size_t>(axis) + *rank] = (*pads)[k + axes->size()];
  }
  step.node.inputs[1] = step.add_constant("pads", Tensor::of(all));
  step.node.inputs.resize(3);
  step.drop_omitted();
  return {};
}

Status no_wrap(Step& step) {
  if (step.view().get_string("mode", "constant") == "wrap") return step.cannot("it wraps around");
  return {};
}

Status count_to_input(Step& step) {
  const Ints count = {step.view().get_int("k", -1)};
  if (count[0] < 0) return step.cannot("it has no k");
  step.erase("k");
  step.set_input(1, step.add_constant("k", Tensor::of(count)));
  return {};
}

Status count_to_attribute(Step& step) {
  const auto count = step.ints(1);
  if (!count || count->size() != 1) return step.cannot("its K is computed: an attribute there");
  step.node.inputs.resize(1);
  step.set("k", (*count)[0]);
  return {};
}

// `sorted` only forbids orders, so that leaving it out keeps what was promised.
Status largest_only(Step& step) {
  if (!step.view().get_flag("largest", true)) return step.cannot("it takes the smallest elements");
  if (!is_float(step.input_type(0).dtype)) return step.cannot("it takes whole numbers");
  step.erase("largest");
  step.erase("sorted");
  return {};
}

Status scatter_elements(Step& step) {
  step.node.op = "ScatterElements";
  return {};
}

Status scatter(Step& step) {
  step.node.op = "Scatter";
  return {};
}

// A part of a shape: the whole of it, sliced.
Status whole_shape(Step& step) {
  const NodeView view = step.view();
  const bool has_end = view.has_attribute("end");
  const Ints start = {view.get_int("start", 0)};
  const Ints end = {has_end ? view.get_int("end", 0) : std::int64_t{1} << 31};
  step.erase("start");
  step.erase("end");
  if (!has_end && start[0] == 0) return {};
  const ValueId from = step.add_constant("start", Tensor::of(start));
  const ValueId to = step.add_constant("end", Tensor::of(end));
  step.add_after(0, "Slice", Type::tensor(DType::kInt64), {from, to});
  return {};
}

Status tile_by_repeats(Step& step) {
  return step.cannot("it repeats along one axis by inputs that may differ from run to run");
}

constexpr auto kRules = std::to_array<Rule>({
    {"Reshape", 5, shape_to_input, nullptr},
    {"Reshape", 14, nullptr, zero_is_kept},
    {"Concat", 4, concat_axis, nullptr},
    {"Slice", 10, slice_to_inputs, slice_to_attributes},
    {"Split", 2, split_inputs_go, nullptr},
    {"Split", 13, split_to_input, split_inputs_go},
    {"Split", 18, split_states_count, split_equally},
    {"Pad", 2, paddings_are_pads, nullptr},
    {"Pad", 11, pads_to_inputs, pads_to_attributes},
    {"Pad", 18, nullptr, pads_of_all_axes},
    {"Pad", 19, nullptr, no_wrap},
    {"TopK", 10, count_to_input, count_to_attribute},
    {"TopK", 11, nullptr, largest_only},
    {"Scatter", 11, scatter_elements, nullptr},
    {"ScatterElements", 11, nullptr, scatter},
    {"Shape", 15, nullptr, whole_shape},
    {"Tile", 6, tile_by_repeats, nullptr},
});

}  // namespace

std::span<const Rule> movement_rules() { return kRules; }

}  // namespace slipway::optimize
