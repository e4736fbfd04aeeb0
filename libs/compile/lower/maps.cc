// Pad and Resize: an index for every position of an axis, or taps and weights for it.
#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "kernels/conv/shape.h"
#include "kernels/move/copy.h"
#include "ops/movement/pad_plan.h"
#include "ops/node_view.h"
#include "ops/vision/resize_plan.h"
#include "passes/rewrite.h"
#include "plan/params.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

// The maps of all axes; of those that keep every element in its place none is needed.
struct AxisMaps {
  Ints elements;
  std::uint32_t mapped = 0;
  std::size_t runs = 0;  // axes after those that are not mapped are taken as one
  bool was_mapped = true;

  void add(std::size_t axis, const Ints& map, std::int64_t extent) {
    bool is_same = static_cast<std::int64_t>(map.size()) == extent;
    for (std::size_t i = 0; is_same && i < map.size(); ++i)
      is_same = map[i] == static_cast<std::int64_t>(i);
    if (!is_same || was_mapped) ++runs;
    was_mapped = !is_same;
    if (is_same) return;
    elements.insert(elements.end(), map.begin(), map.end());
    mapped |= std::uint32_t{1} << axis;
  }
};

constexpr std::int64_t kMaxAxis = 1 << 22;

// Whether the kernel takes it: few axes, none so long that its map is unreasonable.
bool can_map(const Shape& from, const Shape& to) {
  return !to.empty() && to.size() == from.size() && to.size() <= kMoveDims &&
         std::ranges::all_of(to, [](std::int64_t extent) { return extent <= kMaxAxis; }) &&
         std::ranges::all_of(from, [](std::int64_t extent) { return extent != 0; });
}

// The layout in which a node can move elements along the axes that change: in blocks, where they
// lie so, and neither images nor channels change.
plan::Layout moved_in(const Lowering& lowering, const Node& n) {
  const Shape& from = lowering.shape(n.inputs[0]);
  const Shape& to = lowering.shape(n.outputs[0]);
  const bool is_blocked = lowering.is_float(n.inputs[0]) && from.size() > 2 &&
                          from.size() + 1 <= kMoveDims &&
                          lowering.layout(n.inputs[0]) == plan::Layout::kBlocked16 &&
                          from[0] == to[0] && from[1] == to[1];
  return is_blocked ? plan::Layout::kBlocked16 : plan::Layout::kPlain;
}

// A blocked tensor as what lies there: [N, blocks, ..., 16]; a plain one as it is.
TensorIndex lying(Lowering& lowering, TensorIndex of) {
  const ProgramTensor& tensor = lowering.program.tensor(of);
  if (tensor.layout == plan::Layout::kPlain) return of;
  Shape shape = tensor.shape;
  shape[1] = static_cast<std::int64_t>(blocks_of(static_cast<std::size_t>(shape[1])));
  shape.push_back(kConvBlock);
  return lowering.stored(of, std::move(shape));
}

Result<Lowered> add_mapped(Lowering& lowering, std::size_t node, const AxisMaps& maps,
                           TensorIndex fill) {
  const Node& n = lowering.graph.nodes[node];
  if (maps.mapped == 0) return lower_reshape(lowering, node);
  const plan::Layout layout = moved_in(lowering, n);
  const TensorIndex from = lying(lowering, TRY(lowering.read(n.inputs[0], layout)));
  const TensorIndex map = lowering.add_constant(str(n.name, " map"), Tensor::of(maps.elements));
  const TensorIndex to = lying(lowering, lowering.write(n.outputs[0], layout));
  lowering.add_step(node, plan::KernelId::kMapped, {from, map, fill}, {to})
      .set_params(plan::MappedParams{maps.mapped});
  return Lowered::kYes;
}

// The pads and, where they are given, the axes; none where they are not constants.
struct Pads {
  Ints pads;
  std::optional<Ints> axes;
};
std::optional<Pads> pads_of(const Lowering& lowering, const Node& node) {
  const NodeView view(node, "");
  if (node.version < 11) {
    const Ints* const pads = view.get_ints(node.version == 1 ? "paddings" : "pads");
    return pads == nullptr ? std::nullopt : std::optional(Pads{*pads, std::nullopt});
  }
  if (!has_input(node, 1)) return std::nullopt;
  const auto pads = ints_of(lowering, node.inputs[1]);
  if (!pads) return std::nullopt;
  Pads result{*pads, std::nullopt};
  if (has_input(node, 3)) {
    result.axes = ints_of(lowering, node.inputs[3]);
    if (!result.axes) return std::nullopt;
  }
  return result;
}

// The element that stands where there is none; left out: zero.
Result<TensorIndex> pad_value(Lowering& lowering, const Node& node) {
  if (node.version >= 11) {
    if (!has_input(node, 2)) return kLeftOut;
    return lowering.read(node.inputs[2]);
  }
  const float value = NodeView(node, "").get_float("value", 0.0F);
  if (value == 0.0F) return kLeftOut;
  return lowering.add_constant(str(node.name, " value"),
                               TRY(cast(Tensor::scalar(value), lowering.dtype(node.inputs[0]))));
}

std::optional<ResizeRequest> request_of(const Lowering& lowering, const Node& node,
                                        const ResizeRule& rule) {
  const NodeView view(node, "");
  const ResizeInputs at = resize_inputs(view);
  ResizeRequest request;
  if (at.scales == 0) {
    request.scales = resize_scales(view);
    return request;
  }
  if (rule.coordinates == Coordinates::kTfCropAndResize) {
    const auto roi = at.roi != 0 && has_input(node, at.roi)
                         ? floats_of(lowering, node.inputs[at.roi])
                         : std::nullopt;
    if (!roi) return std::nullopt;
    request.roi = *roi;
  }
  if (at.sizes != 0 && has_input(node, at.sizes)) {
    const auto sizes = ints_of(lowering, node.inputs[at.sizes]);
    if (!sizes) return std::nullopt;
    request.sizes = *sizes;
  }
  if (request.sizes.empty()) {
    if (!has_input(node, at.scales)) return std::nullopt;
    const auto scales = floats_of(lowering, node.inputs[at.scales]);
    if (!scales || scales->empty()) return std::nullopt;
    request.scales = *scales;
  }
  return request;
}

Result<Lowered> lower_nearest(Lowering& lowering, std::size_t node, const ResizeRule& rule,
                              const std::vector<ResizeAxis>& axes) {
  const Node& n = lowering.graph.nodes[node];
  AxisMaps maps;
  for (std::size_t i = 0; i < axes.size(); ++i)
    maps.add(i, nearest_positions(rule, axes[i]), axes[i].in);
  const float value = NodeView(n, "").get_float("extrapolation_value", 0);
  TensorIndex fill = kLeftOut;
  if (value != 0) {
    fill = lowering.add_constant(str(n.name, " value"),
                                 TRY(cast(Tensor::scalar(value), lowering.dtype(n.inputs[0]))));
  }
  return add_mapped(lowering, node, maps, fill);
}

// One step for each axis that changes, the last axis first.
Result<Lowered> lower_filter(Lowering& lowering, std::size_t node, const ResizeRule& rule,
                             const std::vector<ResizeAxis>& axes) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  std::vector<std::pair<std::size_t, Taps>> taps;
  for (std::size_t i = axes.size(); i-- > 0;) {
    if (axes[i].is_identity()) continue;
    taps.emplace_back(i, TRY(filter_taps(view, rule, axes[i])));
    if (std::ranges::find(taps.back().second.outside, true) != taps.back().second.outside.end())
      return Lowered::kDeclined;
  }
  if (taps.empty()) return lower_reshape(lowering, node);
  plan::Layout layout = moved_in(lowering, n);
  TensorIndex last = TRY(lowering.read(n.inputs[0], layout));
  Shape shape = lowering.shape(n.inputs[0]);
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const auto& [axis, tap] = taps[i];
    // What leaves the model goes out of blocks before it is at its largest.
    if (i != 0 && i + 1 == taps.size() && layout == plan::Layout::kBlocked16 &&
        is_output(lowering.graph, n.outputs[0])) {
      layout = plan::Layout::kPlain;
      const TensorIndex plain = lowering.add_temporary(n.name, DType::kFloat32, shape);
      ProgramStep& step = lowering.add_step(node, plan::KernelId::kRelayout, {last}, {plain});
      step.multiply_adds = 0;
      step.note = "blocked to plain";
      last = plain;
    }
    shape[axis] = axes[axis].out;
    const Shape size = {axes[axis].out, static_cast<std::int64_t>(tap.width)};
    const std::vector<std::int32_t> narrow(tap.positions.begin(), tap.positions.end());
    const TensorIndex positions =
        lowering.add_constant(str(n.name, " positions"), Tensor::of(size, narrow));
    const TensorIndex weights =
        lowering.add_constant(str(n.name, " weights"), Tensor::of(size, tap.weights));
    const TensorIndex to = i + 1 == taps.size()
                               ? lowering.write(n.outputs[0], layout)
                               : lowering.add_temporary(n.name, DType::kFloat32, shape, layout);
    ProgramStep& step =
        lowering.add_step(node, plan::KernelId::kResample,
                          {lying(lowering, last), positions, weights}, {lying(lowering, to)});
    step.set_params(plan::ResampleParams{static_cast<std::uint32_t>(axis),
                                         static_cast<std::uint32_t>(tap.width)});
    step.note = str("axis ", axis, ", ", tap.width, " taps");
    last = to;
  }
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_pad(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  const NodeView view(n, describe(lowering.graph, node));
  const std::optional<Pads> pads = pads_of(lowering, n);
  if (!pads || !can_map(shape, output)) return Lowered::kDeclined;
  const PadMode mode = TRY(read_pad_mode(view));
  const PadMargins margins = TRY(spread_pads(view, pads->pads, pads->axes, shape.size()));
  AxisMaps maps;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    maps.add(i, TRY(pad_map(view, mode, shape[i], margins.before[i], margins.after[i], output[i])),
             shape[i]);
  }
  const TensorIndex fill = mode == PadMode::kConstant ? TRY(pad_value(lowering, n)) : kLeftOut;
  return add_mapped(lowering, node, maps, fill);
}

Result<Lowered> lower_resize(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const NodeView view(n, describe(lowering.graph, node));
  const ResizeRule rule = TRY(read_resize_rule(view));
  const std::optional<ResizeRequest> request = request_of(lowering, n, rule);
  if (!request || !can_map(shape, lowering.shape(n.outputs[0]))) return Lowered::kDeclined;
  const std::vector<ResizeAxis> axes = TRY(plan_resize_axes(view, shape, *request, rule));
  if (rule.filter == Filter::kNearest) return lower_nearest(lowering, node, rule, axes);
  if (!lowering.is_float(n.inputs[0])) return Lowered::kDeclined;
  return lower_filter(lowering, node, rule, axes);
}

}  // namespace slipway::compile
