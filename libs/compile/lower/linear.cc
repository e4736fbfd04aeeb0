// The linear models of ai.onnx.ml, Scaler, Imputer and Normalizer, of rows of floats.
#include <algorithm>

#include "base/str.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/lower.h"
#include "kernels/elementwise/compare.h"
#include "kernels/numeric/dot.h"
#include "kernels/vectors/rows.h"
#include "ops/ml/post_transform.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

using Floats = std::vector<float>;

constexpr std::int64_t kMaxTargets = 1 << 16;

bool has_rows(const Lowering& lowering, const Node& node) {
  const Shape& rows = lowering.shape(node.inputs[0]);
  return lowering.is_float(node.inputs[0]) && rows.size() == 2 && rows[0] >= 1 && rows[1] >= 1;
}

// The rows of coefficients, and what is added to each product; none where they do not fit.
struct Linear {
  const Floats* coefficients = nullptr;
  const Floats* intercepts = nullptr;
  std::int64_t columns = 0;
  std::int64_t targets = 0;
};
std::optional<Linear> linear_of(const Lowering& lowering, const Node& node,
                                std::optional<std::int64_t> targets) {
  const NodeView view(node, "");
  Linear linear{view.get_floats("coefficients"), view.get_floats("intercepts"),
                lowering.shape(node.inputs[0])[1], 0};
  if (linear.coefficients == nullptr) return std::nullopt;
  if (linear.intercepts != nullptr && linear.intercepts->empty()) linear.intercepts = nullptr;
  linear.targets = std::ssize(*linear.coefficients) / linear.columns;
  if (linear.targets < 1 || linear.targets > kMaxTargets ||
      linear.targets * linear.columns != std::ssize(*linear.coefficients) ||
      (targets && *targets != linear.targets) ||
      (linear.intercepts != nullptr && std::ssize(*linear.intercepts) != linear.targets)) {
    return std::nullopt;
  }
  return linear;
}

Result<ProgramStep*> add_product(Lowering& lowering, std::size_t node, const Linear& linear,
                                 TensorIndex to) {
  const Node& n = lowering.graph.nodes[node];
  const auto width = static_cast<std::size_t>(linear.targets);
  const auto depth = static_cast<std::size_t>(linear.columns);
  const std::size_t chains = numeric::chain_count(width, depth);
  const std::size_t bytes = packed_bytes(WeightType::kF32, width, depth, chains);
  Tensor packed = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes)}));
  pack_b(WeightType::kF32, linear.coefficients->data(), 1, linear.columns, width, depth, chains,
         packed.mutable_bytes().data());
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])),
                                     lowering.add_constant("coefficients", std::move(packed)),
                                     kLeftOut, kLeftOut, kLeftOut};
  if (linear.intercepts != nullptr)
    inputs[2] = lowering.add_constant("intercepts", Tensor::of(*linear.intercepts));
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kGemm, std::move(inputs), {to});
  step.set_params(plan::GemmParams{static_cast<std::uint32_t>(width),
                                   static_cast<std::uint32_t>(depth),
                                   static_cast<std::uint32_t>(chains),
                                   static_cast<std::uint32_t>(WeightType::kF32),
                                   1,
                                   {}});
  step.note = n.op;
  return &step;
}

// One number, or one a column.
std::optional<Tensor> row_of(const Floats* given, float otherwise, std::int64_t columns) {
  if (given == nullptr) return Tensor::of(Floats{otherwise});
  if (given->size() != 1 && std::ssize(*given) != columns) return std::nullopt;
  return Tensor::of(*given);
}

}  // namespace

Result<Lowered> lower_linear_regressor(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Result<PostTransform> transform = read_post_transform(view);
  if (!has_rows(lowering, n) || !transform.ok() || *transform != PostTransform::kNone)
    return Lowered::kDeclined;
  const auto linear = linear_of(lowering, n, view.get_int("targets", 1));
  if (!linear) return Lowered::kDeclined;
  const TensorIndex to = lowering.write(n.outputs[0]);
  TRY(add_product(lowering, node, *linear, to));
  return Lowered::kYes;
}

Result<Lowered> lower_linear_classifier(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::vector<std::int64_t>* const labels = view.get_ints("classlabels_ints");
  const Result<PostTransform> transform = read_post_transform(view);
  if (!has_rows(lowering, n) || !transform.ok() || labels == nullptr || labels->empty() ||
      n.outputs.size() != 2 || n.outputs[0] == kNoValue || n.outputs[1] == kNoValue) {
    return Lowered::kDeclined;
  }
  const auto linear = linear_of(lowering, n, std::nullopt);
  const std::int64_t classes = std::ssize(*labels);
  if (!linear || (linear->targets != classes && (linear->targets != 1 || classes != 2)))
    return Lowered::kDeclined;
  const TensorIndex scores = lowering.add_temporary(
      "scores", DType::kFloat32, {lowering.shape(n.inputs[0])[0], linear->targets});
  TRY(add_product(lowering, node, *linear, scores));
  const TensorIndex table = lowering.add_constant("labels", Tensor::of(*labels));
  const TensorIndex chosen = lowering.write(n.outputs[0]);
  const TensorIndex to = lowering.write(n.outputs[1]);
  ProgramStep& step =
      lowering.add_step(node, plan::KernelId::kLinearClasses, {scores, table}, {chosen, to});
  step.multiply_adds = 0;
  step.set_params(plan::LinearClassesParams{static_cast<std::uint32_t>(*transform)});
  step.note = str(classes, " classes");
  return Lowered::kYes;
}

// x minus a row, times a row.
Result<Lowered> lower_scaler(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!has_rows(lowering, n)) return Lowered::kDeclined;
  const NodeView view(n, "");
  const std::int64_t columns = lowering.shape(n.inputs[0])[1];
  std::optional<Tensor> offset = row_of(view.get_floats("offset"), 0.0F, columns);
  std::optional<Tensor> scale = row_of(view.get_floats("scale"), 1.0F, columns);
  if (!offset || !scale) return Lowered::kDeclined;
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const TensorIndex shift = lowering.add_constant("offset", *std::move(offset));
  const TensorIndex factor = lowering.add_constant("scale", *std::move(scale));
  const TensorIndex to = lowering.write(n.outputs[0]);
  const std::vector<ChainStep> steps = {ChainStep::of(Binary::kSub, 0, 1),
                                        ChainStep::of(Binary::kMul, 3, 2)};
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kChain, {x, shift, factor}, {to});
  step.params = chain_params(plan::ChainParams{2}, steps);
  return Lowered::kYes;
}

// What is equal to the number replaced, or no number where that is none, gives way to a row.
Result<Lowered> lower_imputer(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!has_rows(lowering, n)) return Lowered::kDeclined;
  const NodeView view(n, "");
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Floats* const imputed = view.get_floats("imputed_value_floats");
  if (imputed == nullptr) return Lowered::kDeclined;
  std::optional<Tensor> values = row_of(imputed, 0.0F, shape[1]);
  if (!values) return Lowered::kDeclined;
  const float replaced = view.get_float("replaced_value_float", 0.0F);
  const bool is_nan = replaced != replaced;
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const TensorIndex other =
      is_nan ? x : lowering.add_constant("replaced", Tensor::of(Floats{replaced}));
  const TensorIndex row = lowering.add_constant("imputed", *std::move(values));
  const TensorIndex is_equal = lowering.add_temporary("equal", DType::kBool, shape);
  lowering.add_step(node, plan::KernelId::kCompare, {x, other}, {is_equal})
      .set_params(plan::CompareParams{static_cast<std::uint32_t>(Compare::kEqual)});
  const TensorIndex to = lowering.write(n.outputs[0]);
  const std::vector<TensorIndex> choice =
      is_nan ? std::vector{is_equal, x, row} : std::vector{is_equal, row, x};
  lowering.add_step(node, plan::KernelId::kWhere, choice, {to});
  return Lowered::kYes;
}

// Along the last axis.
Result<Lowered> lower_lp_normalization(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& shape = lowering.shape(n.inputs[0]);
  const std::int64_t p = view.get_int("p", 2);
  if (!lowering.is_float(n.inputs[0]) || shape.empty() || std::ranges::count(shape, 0) != 0 ||
      (p != 1 && p != 2) ||
      TRY(normalize_axis(view, view.get_int("axis", -1), shape.size())) + 1 != shape.size()) {
    return Lowered::kDeclined;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  const RowNorm norm = p == 1 ? RowNorm::kTreeL1 : RowNorm::kTreeL2;
  lowering.add_step(node, plan::KernelId::kNormalizer, {from}, {to})
      .set_params(plan::NormalizerParams{static_cast<std::uint32_t>(norm)});
  return Lowered::kYes;
}

Result<Lowered> lower_normalizer(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!has_rows(lowering, n)) return Lowered::kDeclined;
  const std::string norm = NodeView(n, "").get_string("norm", "MAX");
  RowNorm kind = RowNorm::kMax;
  if (norm == "L1") {
    kind = RowNorm::kL1;
  } else if (norm == "L2") {
    kind = RowNorm::kL2;
  } else if (norm != "MAX") {
    return Lowered::kDeclined;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kNormalizer, {from}, {to});
  step.set_params(plan::NormalizerParams{static_cast<std::uint32_t>(kind)});
  step.note = norm;
  return Lowered::kYes;
}

}  // namespace slipway::compile
