// GridSample in two dimensions, nearest and bilinear.
#include "kernels/move/grid.h"

#include <algorithm>
#include <limits>

#include "compile/lower/lower.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

bool can_sample(const Lowering& lowering, const Node& n) {
  const Shape& from = lowering.shape(n.inputs[0]);
  return lowering.is_float(n.inputs[0]) && lowering.is_float(n.inputs[1]) && from.size() == 4 &&
         lowering.shape(n.inputs[1]).size() == 4 &&
         std::ranges::none_of(from, [](std::int64_t extent) { return extent == 0; }) &&
         from[2] <= std::numeric_limits<std::int32_t>::max() / from[3];
}

}  // namespace

Result<Lowered> lower_grid_sample(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::string mode = view.get_string("mode", "linear");
  const std::string padding = view.get_string("padding_mode", "zeros");
  const bool is_nearest = mode == "nearest";
  if (!can_sample(lowering, n) || (!is_nearest && mode != "linear" && mode != "bilinear"))
    return Lowered::kDeclined;
  plan::GridSampleParams params{is_nearest ? 1U : 0U, 0,
                                view.get_flag("align_corners", false) ? 1U : 0U};
  GridPadding outside = GridPadding::kZeros;
  if (padding == "border") {
    outside = GridPadding::kBorder;
  } else if (padding == "reflection") {
    outside = GridPadding::kReflection;
  } else if (padding != "zeros") {
    return Lowered::kDeclined;
  }
  params.padding = static_cast<std::uint32_t>(outside);
  // In blocks of channels, where they lie so.
  const plan::Layout layout = lowering.layout(n.inputs[0]);
  const TensorIndex from = TRY(lowering.read(n.inputs[0], layout));
  const TensorIndex grid = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0], layout);
  lowering.add_step(node, plan::KernelId::kGridSample, {from, grid}, {to}).set_params(params);
  return Lowered::kYes;
}

}  // namespace slipway::compile
