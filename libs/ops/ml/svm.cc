// SVMClassifier and SVMRegressor: kernel functions in float, their weighted sums in double.
#include <algorithm>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/reduce.h"
#include "kernels/vectors/decision.h"
#include "ops/cost_context.h"
#include "ops/ml/svm_model.h"
#include "ops/ml/table.h"
#include "ops/op.h"

namespace slipway {
namespace {

// The kernel function of one row and every vector.
void evaluate_vectors(const SvmModel& svm, const float* x, std::vector<float>& values) {
  const std::size_t count = svm.vector_count();
  const std::size_t columns = svm.columns;
  values.resize(count);
  if (svm.function.kind == SvmKind::kRbf) {
    std::vector<float> difference(columns);
    for (std::size_t v = 0; v < count; ++v) {
      const float* const vector = svm.vectors.data() + v * columns;
      for (std::size_t i = 0; i < columns; ++i) difference[i] = x[i] - vector[i];
      values[v] = numeric::sum_of_squares(difference.data(), columns);
    }
  } else {
    const auto across = static_cast<std::ptrdiff_t>(columns);
    numeric::gemm(1, count, columns, numeric::Matrix<const float>{x, across, 1},
                  numeric::Matrix<const float>{svm.vectors.data(), 1, across},
                  numeric::Matrix<float>{values.data(), static_cast<std::ptrdiff_t>(count), 1});
  }
  for (float& value : values) value = svm_value(svm.function, value);
}

// Of a model without vectors: the product with a plane, in order, and what is added to it.
double score_plane(const SvmModel& svm, const float* x, std::size_t plane) {
  double sum = 0;
  for (std::size_t i = 0; i < svm.columns; ++i) {
    sum +=
        static_cast<double>(x[i]) * static_cast<double>(svm.coefficients[plane * svm.columns + i]);
  }
  return sum + static_cast<double>(svm.rho[0]);
}

Status evaluate_svm_regressor(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, DType::kFloat32));
  const SvmModel svm = TRY(read_svm_regressor(ctx, table.columns));
  const bool is_one_class = ctx.get_int("one_class", 0) != 0;
  Tensor y = TRY(ctx.make(DType::kFloat32, {table.rows, 1}));
  const auto out = y.mutable_data<float>();
  std::vector<float> values;
  for (std::size_t row = 0; row < out.size(); ++row) {
    const float* x = table.values.data<float>().data() + row * svm.columns;
    double score = 0;
    if (svm.has_vectors()) {
      evaluate_vectors(svm, x, values);
      svm_sums(svm.weights(), values.data(), &score);
    } else {
      score = score_plane(svm, x, 0);
    }
    out[row] = is_one_class ? (score > 0 ? 1.0F : -1.0F) : static_cast<float>(score);
    if (!is_one_class) apply_post_transform(svm.transform, out.subspan(row, 1));
  }
  ctx.set_output(0, std::move(y));
  return {};
}

// One score a class; the first of the highest decides.
std::size_t classify_by_planes(const SvmModel& svm, const float* x, std::span<float> scores) {
  std::vector<double> raw(svm.classes);
  for (std::size_t c = 0; c < svm.classes; ++c) {
    raw[c] = score_plane(svm, x, c);
    scores[c] = static_cast<float>(raw[c]);
  }
  apply_post_transform(svm.transform, scores);
  return static_cast<std::size_t>(std::ranges::max_element(raw) - raw.begin());
}

DecisionRule rule_of(const SvmModel& svm) {
  const bool has_probability = !svm.prob_a.empty();
  return {static_cast<TreeTransform>(svm.transform), svm.classes,
          has_probability ? svm.prob_a.data() : nullptr,
          has_probability ? svm.prob_b.data() : nullptr};
}

Status evaluate_svm_classifier(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, DType::kFloat32));
  ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  const SvmModel svm = TRY(read_svm_classifier(ctx, labels.size(), table.columns));
  if (labels.size() == 0) labels.ints = {0};
  const DecisionRule rule = rule_of(svm);
  const std::size_t width = svm.has_vectors() ? rule.width() : svm.classes;
  Tensor z = TRY(ctx.make(DType::kFloat32, {table.rows, static_cast<std::int64_t>(width)}));
  const auto out = z.mutable_data<float>();
  std::vector<std::size_t> chosen(static_cast<std::size_t>(table.rows));
  std::vector<float> values;
  std::vector<double> sums(svm.pairs());
  std::vector<double> scratch(decision_scratch(rule));
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    const float* x = table.values.data<float>().data() + row * svm.columns;
    const auto scores = out.subspan(row * width, width);
    if (svm.has_vectors()) {
      evaluate_vectors(svm, x, values);
      svm_sums(svm.weights(), values.data(), sums.data());
      chosen[row] = decide_class(rule, sums.data(), scratch.data(), scores.data());
    } else {
      chosen[row] = classify_by_planes(svm, x, scores);
    }
  }
  ctx.set_output(0, TRY(labels.pick(ctx, chosen)));
  ctx.set_output(1, std::move(z));
  return {};
}

Status infer_svm_classifier(InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  const Dim rows = table_rows(ctx, 0);
  const std::vector<std::int64_t>* const per_class = ctx.get_ints("vectors_per_class");
  const std::vector<float>* const prob_a = ctx.get_floats("prob_a");
  const bool has_vectors =
      per_class != nullptr && std::ranges::any_of(*per_class, [](std::int64_t n) { return n > 0; });
  DecisionRule rule;  // as much of it as says how many scores there are
  rule.classes = std::max<std::size_t>(labels.size(), 1);
  if (prob_a != nullptr && !prob_a->empty()) rule.prob_a = prob_a->data();
  const std::size_t width = has_vectors ? rule.width() : rule.classes;
  ctx.set_output(0, labels.dtype(), {rows});
  ctx.set_output(1, DType::kFloat32, {rows, Dim(static_cast<std::int64_t>(width))});
  return {};
}

Status check_svm_classifier(const InferContext& ctx) {
  const std::optional<std::int64_t> columns = table_columns(ctx, 0);
  if (!columns.has_value()) return {};
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  TRY(read_svm_classifier(ctx, labels.size(), *columns));
  return {};
}

Status check_svm_regressor(const InferContext& ctx) {
  const std::optional<std::int64_t> columns = table_columns(ctx, 0);
  if (columns.has_value()) TRY(read_svm_regressor(ctx, *columns));
  return {};
}

Status infer_svm_regressor(InferContext& ctx) {
  ctx.set_output(0, DType::kFloat32, {table_rows(ctx, 0), Dim(1)});
  return {};
}

std::int64_t count_svm(const CostContext& ctx) {
  const std::vector<float>* const vectors = ctx.get_floats("support_vectors");
  if (vectors == nullptr) return 0;
  const std::int64_t rows = ctx.input(0).size() == 2 ? ctx.input(0)[0] : 1;
  return saturating_count({rows, static_cast<std::int64_t>(vectors->size())});
}

}  // namespace

std::vector<Op> svm_ops() {
  return {
      {.name = "SVMClassifier",
       .domain = kMl,
       .versions = {{1,
                     "X: T1 -> Y: T2, Z: float | T1 = float int32 int64 double, T2 = int64 string",
                     "classlabels_ints ints, classlabels_strings strings, coefficients floats, "
                     "kernel_params floats, kernel_type string, post_transform string, "
                     "prob_a floats, prob_b floats, rho floats, support_vectors floats, "
                     "vectors_per_class ints"}},
       .infer = infer_svm_classifier,
       .check = check_svm_classifier,
       .evaluate = evaluate_svm_classifier,
       .multiply_adds = count_svm},
      {.name = "SVMRegressor",
       .domain = kMl,
       .versions = {{1, "X: T -> Y: float | T = float int32 int64 double",
                     "coefficients floats, kernel_params floats, kernel_type string, "
                     "n_supports int, one_class int, post_transform string, rho floats, "
                     "support_vectors floats"}},
       .infer = infer_svm_regressor,
       .check = check_svm_regressor,
       .evaluate = evaluate_svm_regressor,
       .multiply_adds = count_svm},
  };
}

}  // namespace slipway
