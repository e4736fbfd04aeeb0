// Reductions, ArgMax and ArgMin, pooling over everything.
#include "kernels/rows/reduce.h"

#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/pool.h"
#include "compile/lower/view.h"
#include "kernels/rows/whole_reduce.h"
#include "ops/node_view.h"
#include "plan/params.h"
#include "runtime/elements.h"

namespace slipway::compile {
namespace {

struct Row {
  std::string_view op;
  Reduction function;
};

constexpr Row kRows[] = {
    {"GlobalAveragePool", Reduction::kMean},
    {"GlobalMaxPool", Reduction::kMax},
    {"ReduceL1", Reduction::kL1},
    {"ReduceL2", Reduction::kL2},
    {"ReduceLogSum", Reduction::kLogSum},
    {"ReduceLogSumExp", Reduction::kLogSumExp},
    {"ReduceMax", Reduction::kMax},
    {"ReduceMean", Reduction::kMean},
    {"ReduceMin", Reduction::kMin},
    {"ReduceProd", Reduction::kProduct},
    {"ReduceSum", Reduction::kSum},
    {"ReduceSumSquare", Reduction::kSumSquare},
};

bool has_kernel(DType dtype, Reduction function) {
  if (dtype == DType::kFloat32) return true;
  const auto element = runtime::element_of(dtype);
  return element && whole_reduce_kernel(Isa::kScalar, function, *element).rows != nullptr;
}

bool has_elements(const Shape& shape) {
  return std::ranges::none_of(shape, [](std::int64_t extent) { return extent == 0; });
}

// Which axes are reduced; none where they are not constants.
Result<std::optional<std::vector<bool>>> reduced_axes(const Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const std::size_t rank = lowering.shape(n.inputs[0]).size();
  std::optional<std::vector<std::int64_t>> axes = std::vector<std::int64_t>();
  if (const std::vector<std::int64_t>* const stated = view.get_ints("axes")) {
    axes = *stated;
  } else if (has_input(n, 1)) {
    axes = ints_of(lowering, n.inputs[1]);
  }
  if (!axes) return std::optional<std::vector<bool>>();
  if (axes->empty())
    return std::optional(std::vector<bool>(rank, !view.get_flag("noop_with_empty_axes", false)));
  std::vector<bool> reduced(rank, false);
  for (const std::size_t axis : TRY(normalize_axes(view, *axes, rank))) reduced[axis] = true;
  return std::optional(std::move(reduced));
}

// Axes first .. end hold every reduced axis and of the others only those of one element.
struct Range {
  std::size_t first = 0;
  std::size_t end = 0;
};
std::optional<Range> range_of(const Shape& shape, const std::vector<bool>& reduced) {
  Range range;
  bool is_open = false;
  bool is_over = false;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 1) continue;
    if (reduced[axis]) {
      if (is_over) return std::nullopt;
      if (!is_open) range.first = axis;
      is_open = true;
      range.end = axis + 1;
    } else if (is_open) {
      is_over = true;
    }
  }
  return range;
}

Result<Lowered> add_reduce(Lowering& lowering, std::size_t node, Reduction function,
                           const std::vector<bool>& reduced) {
  const Node& n = lowering.graph.nodes[node];
  Shape shape = lowering.shape(n.inputs[0]);
  std::optional<Range> range = range_of(shape, reduced);
  if (!range && !can_view(shape)) return Lowered::kDeclined;
  TensorIndex from = TRY(lowering.read(n.inputs[0]));
  std::string note;
  if (!range) {
    // The reduced axes go to the back, in their order.
    std::vector<plan::ViewAxis> axes;
    Shape moved;
    for (const bool is_back : {false, true}) {
      for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        if (reduced[axis] != is_back) continue;
        axes.push_back(whole_axis(axis));
        moved.push_back(shape[axis]);
      }
    }
    const auto kept = static_cast<std::size_t>(std::ranges::count(reduced, false));
    range = Range{kept, shape.size()};
    const TensorIndex rows = lowering.add_temporary(n.name, lowering.dtype(n.inputs[0]), moved);
    add_view(lowering, node, from, rows, axes).note = "reduced axes to the back";
    from = rows;
  }
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kReduce, {from}, {to})
      .set_params(plan::ReduceParams{static_cast<std::uint32_t>(function),
                                     static_cast<std::uint32_t>(range->first),
                                     static_cast<std::uint32_t>(range->end)});
  return Lowered::kYes;
}

// A mean or a maximum over all spatial axes of what lies in blocks is pooling.
std::optional<plan::PoolKind> pooling_of(const Lowering& lowering, const Node& n,
                                         const std::vector<bool>& reduced) {
  if (lowering.layout(n.inputs[0]) != plan::Layout::kBlocked16 || reduced.size() < 3 ||
      reduced[0] || reduced[1] || std::ranges::count(reduced, false) != 2) {
    return std::nullopt;
  }
  if (n.op == "ReduceMean") return plan::PoolKind::kGlobalAverage;
  if (n.op == "ReduceMax") return plan::PoolKind::kGlobalMax;
  return std::nullopt;
}

}  // namespace

Result<Lowered> lower_reduce(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!has_elements(shape)) return Lowered::kDeclined;
  const auto reduced = TRY(reduced_axes(lowering, node));
  if (!reduced) return Lowered::kDeclined;
  if (const auto kind = pooling_of(lowering, n, *reduced)) {
    TRY(pool_globally(lowering, node, *kind));
    return Lowered::kYes;
  }
  for (const Row& row : kRows) {
    if (row.op != n.op) continue;
    if (!has_kernel(lowering.dtype(n.inputs[0]), row.function)) return Lowered::kDeclined;
    return add_reduce(lowering, node, row.function, *reduced);
  }
  return Lowered::kDeclined;
}

Result<Lowered> lower_plain_global_pool(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!lowering.is_float(n.inputs[0]) || !has_elements(shape) || shape.size() < 2)
    return Lowered::kDeclined;
  std::vector<bool> reduced(shape.size(), true);
  reduced[0] = reduced[1] = false;
  const Reduction function = n.op == "GlobalAveragePool" ? Reduction::kMean : Reduction::kMax;
  return add_reduce(lowering, node, function, reduced);
}

Result<Lowered> lower_arg_extreme(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!lowering.is_float(n.inputs[0]) || !has_elements(shape) || shape.empty())
    return Lowered::kDeclined;
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 0), shape.size()));
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kArgExtreme, {from}, {to})
      .set_params(plan::ArgExtremeParams{static_cast<std::uint32_t>(axis),
                                         n.op == "ArgMax" ? 1U : 0U,
                                         view.get_flag("select_last_index", false) ? 1U : 0U});
  return Lowered::kYes;
}

}  // namespace slipway::compile
