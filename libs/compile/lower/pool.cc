#include "compile/lower/pool.h"

#include <algorithm>

#include "compile/lower/lower.h"
#include "ops/nn/pooling.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using plan::Layout;
using plan::PoolKind;

void add_pool(Lowering& lowering, std::size_t node, TensorIndex from,
              const plan::PoolParams& params) {
  const TensorIndex to = lowering.write(lowering.graph.nodes[node].outputs[0], Layout::kBlocked16);
  lowering.add_step(node, plan::KernelId::kPool, {from}, {to}).set_params(params);
}

bool is_pooled_by_kernel(const Lowering& lowering, const Node& n) {
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!lowering.is_float(n.inputs[0]) || shape.size() < 3 || shape.size() > 5) return false;
  for (std::size_t i = 1; i < n.outputs.size(); ++i) {
    if (n.outputs[i] != kNoValue) return false;  // the indices of MaxPool
  }
  return element_count(shape).value() != 0 &&
         element_count(lowering.shape(n.outputs[0])).value() != 0;
}

}  // namespace

Result<Lowered> lower_pool(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!is_pooled_by_kernel(lowering, n)) return Lowered::kDeclined;
  const NodeView view(n, describe(lowering.graph, node));
  const Pooling pooling = TRY(plan_pooling(view, lowering.shape(n.inputs[0])));
  plan::PoolParams params{};
  params.kind = static_cast<std::uint32_t>(n.op == "MaxPool" ? PoolKind::kMax : PoolKind::kAverage);
  params.counts_padding = view.get_flag("count_include_pad", false) ? 1 : 0;
  for (std::size_t i = 0; i < pooling.axes.size(); ++i) {
    const WindowAxis& axis = pooling.axes[i];
    params.axes[i] = {
        static_cast<std::uint32_t>(axis.kernel), static_cast<std::uint32_t>(axis.stride),
        static_cast<std::uint32_t>(axis.dilation), static_cast<std::int32_t>(axis.pad_begin)};
    params.pad_end[i] = static_cast<std::int32_t>(axis.pad_end);
  }
  add_pool(lowering, node, TRY(lowering.read(n.inputs[0], Layout::kBlocked16)), params);
  return Lowered::kYes;
}

// Into the output as it is, or, where it lacks the spatial axes, beside it first.
Status pool_globally(Lowering& lowering, std::size_t node, PoolKind kind) {
  const Node& n = lowering.graph.nodes[node];
  plan::PoolParams params{};
  params.kind = static_cast<std::uint32_t>(kind);
  for (plan::ConvAxisParams& axis : params.axes) axis = {1, 1, 1, 0};
  const TensorIndex from = TRY(lowering.read(n.inputs[0], Layout::kBlocked16));
  Shape pooled(lowering.shape(n.inputs[0]).size(), 1);
  std::copy_n(lowering.shape(n.inputs[0]).begin(), 2, pooled.begin());
  if (lowering.shape(n.outputs[0]) == pooled) {
    add_pool(lowering, node, from, params);
    return {};
  }
  const TensorIndex blocks =
      lowering.add_temporary(n.name, DType::kFloat32, pooled, Layout::kBlocked16);
  lowering.add_step(node, plan::KernelId::kPool, {from}, {blocks}).set_params(params);
  const TensorIndex plain = lowering.view(lowering.write(n.outputs[0]), pooled);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kRelayout, {blocks}, {plain});
  step.multiply_adds = 0;
  step.note = "blocked to plain";
  return {};
}

Result<Lowered> lower_global_pool(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!is_pooled_by_kernel(lowering, n) || lowering.layout(n.inputs[0]) != Layout::kBlocked16)
    return lower_plain_global_pool(lowering, node);
  TRY(pool_globally(lowering, node,
                    n.op == "GlobalMaxPool" ? PoolKind::kGlobalMax : PoolKind::kGlobalAverage));
  return Lowered::kYes;
}

}  // namespace slipway::compile
