// Cast and the linear quantisations.
#include "kernels/elementwise/convert.h"

#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/quantized.h"
#include "kernels/simd/isa.h"
#include "ops/node_view.h"
#include "ops/quant/scale_layout.h"
#include "plan/params.h"
#include "runtime/elements.h"

namespace slipway::compile {
namespace {

bool can_convert(DType from, DType to) {
  const auto a = runtime::element_of(from);
  const auto b = runtime::element_of(to);
  return a && b && convert_kernel(Isa::kScalar, *a, *b) != nullptr;
}

bool is_quantised(DType dtype) {
  return dtype == DType::kUint8 || dtype == DType::kInt8 || dtype == DType::kUint16 ||
         dtype == DType::kInt16;
}

// One scale for all, or one for each index of an axis; none for blocks.
std::optional<plan::ScaledParams> scaled_axes(const NodeView& view, const Shape& x,
                                              const Shape& scale) {
  const Result<ScaleLayout> layout = scale_layout(view, x, scale);
  if (!layout.ok()) return std::nullopt;
  if (layout->block_step == 0) return plan::ScaledParams{0, 0};
  if (layout->block != 1 || layout->inner_step != 0 || layout->outer_step != 0) return std::nullopt;
  const Result<std::size_t> axis =
      normalize_axis(view, x.size() == 1 ? 0 : view.get_int("axis", 1), x.size());
  if (!axis.ok()) return std::nullopt;
  const auto at = static_cast<std::uint32_t>(*axis);
  return plan::ScaledParams{at, at + 1};
}

}  // namespace

Result<Lowered> lower_cast(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType from = lowering.dtype(n.inputs[0]);
  const DType to = lowering.dtype(n.outputs[0]);
  if (from == to) return lower_reshape(lowering, node);
  if (!can_convert(from, to)) return Lowered::kDeclined;
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  lowering.add_step(node, plan::KernelId::kConvert, {x}, {lowering.write(n.outputs[0])});
  return Lowered::kYes;
}

Result<Lowered> lower_quantize(Lowering& lowering, std::size_t node) {
  if (TRY(lower_in_blocks(lowering, node))) return Lowered::kYes;
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const bool is_back = n.op == "DequantizeLinear";
  const DType from = lowering.dtype(n.inputs[0]);
  const DType to = lowering.dtype(n.outputs[0]);
  const DType narrow = is_back ? from : to;
  const std::int64_t precision = view.get_int("precision", 0);
  if ((is_back ? to : from) != DType::kFloat32 || !lowering.is_float(n.inputs[1]) ||
      !(is_quantised(narrow) || (is_back && narrow == DType::kInt32)) ||
      (precision != 0 && precision != 1) ||
      (has_input(n, 2) && lowering.dtype(n.inputs[2]) != narrow)) {
    return Lowered::kDeclined;
  }
  const auto params = scaled_axes(view, lowering.shape(n.inputs[0]), lowering.shape(n.inputs[1]));
  if (!params) return Lowered::kDeclined;
  std::vector<TensorIndex> inputs;
  for (const ValueId id : n.inputs) inputs.push_back(TRY(lowering.read(id)));
  const TensorIndex y = lowering.write(n.outputs[0]);
  lowering
      .add_step(node, is_back ? plan::KernelId::kDequantize : plan::KernelId::kQuantize, inputs,
                {y})
      .set_params(*params);
  return Lowered::kYes;
}

// The range first, then a QuantizeLinear by it.
Result<Lowered> lower_dynamic_quantize(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!lowering.is_float(n.inputs[0]) || n.outputs.size() < 3) return Lowered::kDeclined;
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const auto range_of = [&](std::size_t output, DType dtype) {
    const ValueId id = n.outputs[output];
    return id == kNoValue ? lowering.add_temporary(n.name, dtype, {}) : lowering.write(id);
  };
  const TensorIndex scale = range_of(1, DType::kFloat32);
  const TensorIndex zero = range_of(2, DType::kUint8);
  lowering.add_step(node, plan::KernelId::kDynamicRange, {x}, {scale, zero});
  const TensorIndex y = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kQuantize, {x, scale, zero}, {y})
      .set_params(plan::ScaledParams{0, 0});
  return Lowered::kYes;
}

}  // namespace slipway::compile
