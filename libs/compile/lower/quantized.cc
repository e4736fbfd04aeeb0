#include "compile/lower/quantized.h"

#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "ops/nn/pooling.h"
#include "ops/node_view.h"

namespace slipway::compile {

using plan::Layout;

bool is_bytes(DType dtype) { return dtype == DType::kUint8 || dtype == DType::kInt8; }

std::int32_t stored_byte(DType dtype, std::int32_t value) {
  return dtype == DType::kInt8 ? value + 128 : value;
}
plan::ByteScale stored_scale(const Scaling& scaling) {
  return {scaling.scale, stored_byte(scaling.dtype, scaling.zero)};
}
plan::ByteBounds stored_bounds(DType dtype, const ByteClamp& clamp) {
  return {stored_byte(dtype, clamp.low), stored_byte(dtype, clamp.high)};
}
plan::ByteBounds all_bytes() { return {0, 255}; }

std::optional<float> one_float(const Lowering& lowering, ValueId id) {
  const auto value = lowering.is_float(id) ? floats_of(lowering, id) : std::nullopt;
  return value && value->size() == 1 ? std::optional((*value)[0]) : std::nullopt;
}

std::optional<std::int32_t> one_byte(const Lowering& lowering, ValueId id) {
  const auto value = ints_of(lowering, id);
  if (!value || value->size() != 1 || !is_bytes(lowering.dtype(id))) return std::nullopt;
  return static_cast<std::int32_t>((*value)[0]);
}

std::optional<ByteClip> clip_of_bytes(const Lowering& lowering, ValueId id) {
  const auto user = lowering.only_user(id);
  if (!user) return std::nullopt;
  const Node& clip = lowering.graph.nodes[*user];
  if (clip.op != "Clip" || !clip.domain.empty() || clip.inputs.size() != 3 || clip.inputs[0] != id)
    return std::nullopt;
  const auto low = one_byte(lowering, clip.inputs[1]);
  const auto high = one_byte(lowering, clip.inputs[2]);
  if (!low || !high || *low > *high) return std::nullopt;
  return ByteClip{*user, {*low, *high}};
}

namespace {

// The only user of the value, where it is an Add, and the value's other term.
std::optional<std::pair<std::size_t, ValueId>> addition(const Lowering& lowering, ValueId id) {
  const auto user = lowering.only_user(id);
  if (!user) return std::nullopt;
  const Node& add = lowering.graph.nodes[*user];
  if (add.op != "Add" || !add.domain.empty() || add.version < 7 || add.inputs[0] == add.inputs[1])
    return std::nullopt;
  return std::pair(*user, add.inputs[0] == id ? add.inputs[1] : add.inputs[0]);
}

}  // namespace

std::optional<ByteSum> sum_of_bytes(const Lowering& lowering, ValueId id) {
  const Graph& graph = lowering.graph;
  const auto back = lowering.only_user(id);
  const auto y = back ? dequantize_scaling(graph, graph.nodes[*back]) : std::nullopt;
  if (!y) return std::nullopt;
  const auto add = addition(lowering, graph.nodes[*back].outputs[0]);
  const auto other = add ? lowering.maker(add->second) : std::nullopt;
  const auto r = other ? dequantize_scaling(graph, graph.nodes[*other]) : std::nullopt;
  if (!r) return std::nullopt;
  ByteSum sum{
      {*back, add->first}, graph.nodes[*other].inputs[0], kNoValue, *y, *r, {}, {}, " + Add"};
  if (!lowering.is_made(sum.addend) || lowering.shape(sum.addend) != lowering.shape(id))
    return std::nullopt;
  auto next = lowering.only_user(graph.nodes[add->first].outputs[0]);
  const auto clamp = next ? clamp_of(graph, graph.nodes[*next]) : std::nullopt;
  if (clamp) {
    sum.nodes.push_back(*next);
    sum.note += str(" + ", graph.nodes[*next].op);
    next = lowering.only_user(graph.nodes[*next].outputs[0]);
  }
  const auto goal = next ? quantize_scaling(graph, graph.nodes[*next]) : std::nullopt;
  if (!goal) return std::nullopt;
  sum.sum = *goal;
  sum.clamp = {goal->lowest(), goal->highest()};
  if (clamp) {
    const auto bytes = quantized_clamp(*clamp, *goal);
    if (!bytes) return std::nullopt;
    sum.clamp = *bytes;
  }
  sum.nodes.push_back(*next);
  sum.output = graph.nodes[*next].outputs[0];
  return sum;
}

bool is_read_in_blocks(const Lowering& lowering, ValueId id) {
  const std::vector<std::size_t>& users = lowering.users(id);
  return !users.empty() && std::ranges::all_of(users, [&](std::size_t user) {
    const Node& node = lowering.graph.nodes[user];
    return node.domain.empty() && node.inputs[0] == id &&
           (node.op == "QLinearConv" || node.op == "MaxPool");
  });
}

namespace {

bool is_map(const Shape& shape) {
  return shape.size() >= 3 && shape.size() <= 5 && element_count(shape).value() != 0;
}

// Quantised floats that are a global average of dequantised bytes.
Result<bool> lower_average(Lowering& lowering, std::size_t node, const Scaling& to) {
  const Graph& graph = lowering.graph;
  const Node& n = graph.nodes[node];
  const auto pool = lowering.maker(n.inputs[0]);
  if (!pool || graph.nodes[*pool].op != "GlobalAveragePool" || !graph.nodes[*pool].domain.empty())
    return false;
  const auto back = lowering.maker(graph.nodes[*pool].inputs[0]);
  const auto from = back ? dequantize_scaling(graph, graph.nodes[*back]) : std::nullopt;
  const ValueId bytes = from ? graph.nodes[*back].inputs[0] : kNoValue;
  if (!from || !is_map(lowering.shape(bytes)) || lowering.layout(bytes) != Layout::kBlocked16)
    return false;
  plan::BytePoolParams params{};
  params.kind = static_cast<std::uint32_t>(plan::BytePoolKind::kGlobalAverage);
  params.x = stored_scale(*from);
  params.y = stored_scale(to);
  for (plan::ConvAxisParams& axis : params.axes) axis = {1, 1, 1, 0};
  const TensorIndex x = TRY(lowering.read(bytes, Layout::kBlocked16));
  const TensorIndex y = lowering.write(n.outputs[0], Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(*pool, plan::KernelId::kBytePool, {x}, {y});
  step.set_params(params);
  step.note = "GlobalAveragePool of dequantised bytes + QuantizeLinear";
  return true;
}

}  // namespace

Result<bool> lower_in_blocks(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const ValueId from = n.inputs[0];
  if (const auto scaling = dequantize_scaling(lowering.graph, n)) {
    if (lowering.layout(from) != Layout::kBlocked16 || !is_map(lowering.shape(from))) return false;
    const TensorIndex x = TRY(lowering.read(from, Layout::kBlocked16));
    const TensorIndex y = lowering.write(n.outputs[0], Layout::kBlocked16);
    lowering.add_step(node, plan::KernelId::kDequantizeBlocks, {x}, {y})
        .set_params(stored_scale(*scaling));
    return true;
  }
  const auto scaling = quantize_scaling(lowering.graph, n);
  if (!scaling || element_count(lowering.shape(from)).value() == 0) return false;
  if (TRY(lower_byte_chain(lowering, node, *scaling))) return true;
  if (!is_map(lowering.shape(from))) return false;
  if (TRY(lower_average(lowering, node, *scaling))) return true;
  const Layout layout = lowering.layout(from);
  if (layout != Layout::kBlocked16 && !is_read_in_blocks(lowering, n.outputs[0])) return false;
  const TensorIndex x = TRY(lowering.read(from, layout));
  const TensorIndex y = lowering.write(n.outputs[0], Layout::kBlocked16);
  lowering.add_step(node, plan::KernelId::kQuantizeBlocks, {x}, {y})
      .set_params(stored_scale(*scaling));
  return true;
}

Result<Lowered> lower_max_pool(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const bool has_indices = n.outputs.size() > 1 && n.outputs[1] != kNoValue;
  if (!is_bytes(lowering.dtype(n.inputs[0])) || has_indices ||
      !is_map(lowering.shape(n.inputs[0])) || !is_map(lowering.shape(n.outputs[0]))) {
    return lower_pool(lowering, node);
  }
  const NodeView view(n, describe(lowering.graph, node));
  const Pooling pooling = TRY(plan_pooling(view, lowering.shape(n.inputs[0])));
  plan::BytePoolParams params{};
  params.kind = static_cast<std::uint32_t>(plan::BytePoolKind::kMax);
  for (std::size_t i = 0; i < pooling.axes.size(); ++i) {
    const WindowAxis& axis = pooling.axes[i];
    params.axes[i] = {
        static_cast<std::uint32_t>(axis.kernel), static_cast<std::uint32_t>(axis.stride),
        static_cast<std::uint32_t>(axis.dilation), static_cast<std::int32_t>(axis.pad_begin)};
  }
  const TensorIndex x = TRY(lowering.read(n.inputs[0], Layout::kBlocked16));
  const TensorIndex y = lowering.write(n.outputs[0], Layout::kBlocked16);
  lowering.add_step(node, plan::KernelId::kBytePool, {x}, {y}).set_params(params);
  return Lowered::kYes;
}

}  // namespace slipway::compile
