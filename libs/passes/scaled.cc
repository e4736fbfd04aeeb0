#include "passes/scaled.h"

#include <cmath>
#include <limits>

#include "kernels/numeric/round.h"
#include "ops/node_view.h"
#include "ops/quant/scale_layout.h"
#include "passes/rewrite.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

std::optional<Tensor> constant_input(const Graph& graph, const Node& node, std::size_t input) {
  if (input >= node.inputs.size()) return std::nullopt;
  const Tensor* const tensor = constant_of(graph, node.inputs[input]);
  if (tensor == nullptr) return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  if (!direct.ok()) return std::nullopt;
  return *std::move(direct);
}

bool has_zero_point(const Node& node) {
  return node.inputs.size() > 2 && node.inputs[2] != kNoValue;
}

bool is_plain_scale(float scale) { return scale > 1e-30F && scale < 1e30F; }

std::vector<std::int32_t> integers_of(const Tensor& tensor) {
  const Result<Tensor> wide = cast(tensor, DType::kInt32);
  if (!wide.ok()) return {};
  const auto values = wide->data<std::int32_t>();
  return {values.begin(), values.end()};
}

// Scales in float, computed with in float.
std::optional<Tensor> scales_of(const Graph& graph, const Node& node) {
  const NodeView view(node, "");
  const std::int64_t precision = view.get_int("precision", 0);
  auto scales = constant_input(graph, node, 1);
  if (!node.domain.empty() || !scales || scales->dtype() != DType::kFloat32 ||
      (precision != 0 && precision != 1)) {
    return std::nullopt;
  }
  for (const float scale : scales->data<float>()) {
    if (!is_plain_scale(scale)) return std::nullopt;
  }
  return scales;
}

std::optional<Scaling> scaling_of(const Graph& graph, const Node& node, ValueId bytes,
                                  ValueId floats) {
  const auto scale = scales_of(graph, node);
  Scaling scaling;
  scaling.dtype = graph.value(bytes).type.dtype;
  if (!scale || scale->size() != 1 || scale->rank() > 1 ||
      NodeView(node, "").get_int("block_size", 0) != 0 ||
      (scaling.dtype != DType::kUint8 && scaling.dtype != DType::kInt8) ||
      graph.value(floats).type.dtype != DType::kFloat32) {
    return std::nullopt;
  }
  scaling.scale = scale->data<float>()[0];
  if (has_zero_point(node)) {
    const auto zero = constant_input(graph, node, 2);
    if (!zero || zero->size() != 1 || zero->dtype() != scaling.dtype) return std::nullopt;
    const std::vector<std::int32_t> value = integers_of(*zero);
    if (value.size() != 1) return std::nullopt;
    scaling.zero = value[0];
  }
  return scaling;
}

// A bound of Clip that is one constant float, or the default where it is left out.
bool read_bound(const Graph& graph, const Node& node, std::size_t input, float& bound) {
  if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return true;
  const auto tensor = constant_input(graph, node, input);
  if (!tensor || tensor->size() != 1 || tensor->dtype() != DType::kFloat32) return false;
  bound = tensor->data<float>()[0];
  return true;
}

}  // namespace

std::optional<Scaling> quantize_scaling(const Graph& graph, const Node& node) {
  if (node.op != "QuantizeLinear" || node.outputs.size() != 1) return std::nullopt;
  return scaling_of(graph, node, node.outputs[0], node.inputs[0]);
}

std::optional<Scaling> dequantize_scaling(const Graph& graph, const Node& node) {
  if (node.op != "DequantizeLinear" || node.outputs.size() != 1) return std::nullopt;
  return scaling_of(graph, node, node.inputs[0], node.outputs[0]);
}

std::optional<ScaledConstant> scaled_constant(const Graph& graph, const Node& node) {
  if (node.op != "DequantizeLinear" || node.inputs.size() < 2) return std::nullopt;
  const auto x = constant_input(graph, node, 0);
  const auto scales = scales_of(graph, node);
  if (!x || !scales || scales->rank() > 1 ||
      (x->dtype() != DType::kInt8 && x->dtype() != DType::kUint8 && x->dtype() != DType::kInt32)) {
    return std::nullopt;
  }
  const NodeView view(node, "");
  const Result<ScaleLayout> layout = scale_layout(view, x->shape(), scales->shape());
  if (!layout.ok() || layout->block != 1 || view.get_int("block_size", 0) != 0) return std::nullopt;
  ScaledConstant result;
  result.shape = x->shape();
  result.values = integers_of(*x);
  const auto given = scales->data<float>();
  result.scales.assign(given.begin(), given.end());
  if (scales->size() != 1) {
    const Result<std::size_t> axis =
        normalize_axis(view, x->rank() == 1 ? 0 : view.get_int("axis", 1), x->rank());
    if (!axis.ok()) return std::nullopt;
    result.axis = *axis;
  }
  if (has_zero_point(node)) {
    const auto zeros = constant_input(graph, node, 2);
    if (!zeros || zeros->size() != scales->size() || zeros->dtype() != x->dtype())
      return std::nullopt;
    const std::vector<std::int32_t> zero = integers_of(*zeros);
    layout->for_each([&](std::size_t element, std::size_t scale) {
      result.values[element] =
          static_cast<std::int32_t>(static_cast<std::uint32_t>(result.values[element]) -
                                    static_cast<std::uint32_t>(zero[scale]));
    });
  }
  return result;
}

std::optional<Clamp> clamp_of(const Graph& graph, const Node& node) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (!node.domain.empty()) return std::nullopt;
  if (node.op == "Relu") return Clamp{0.0F, kInfinity};
  if (node.op != "Clip" || node.version < 6) return std::nullopt;
  Clamp clamp{-kInfinity, kInfinity};
  if (node.version < 11) {
    const NodeView view(node, "");
    clamp.low = view.get_float("min", clamp.low);
    clamp.high = view.get_float("max", clamp.high);
  } else if (!read_bound(graph, node, 1, clamp.low) || !read_bound(graph, node, 2, clamp.high)) {
    return std::nullopt;
  }
  return clamp;
}

std::optional<ByteClamp> quantized_clamp(const Clamp& clamp, const Scaling& scaling) {
  if (!(clamp.low <= clamp.high)) return std::nullopt;
  const numeric::IntegerRange range = {scaling.lowest(), scaling.highest()};
  return ByteClamp{numeric::quantize(clamp.low, scaling.scale, scaling.zero, range),
                   numeric::quantize(clamp.high, scaling.scale, scaling.zero, range)};
}

}  // namespace slipway
