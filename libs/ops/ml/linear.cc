// LinearClassifier and LinearRegressor: scores = X * coefficients^T + intercepts, in float, or in
// double for double input.
#include "kernels/numeric/dot.h"
#include "kernels/vectors/rows.h"
#include "ops/cost_context.h"
#include "ops/ml/post_transform.h"
#include "ops/ml/table.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

DType score_dtype(const EvalContext& ctx) {
  return ctx.input(0).dtype() == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
}

template <typename T>
void score_rows(const Table& table, const std::vector<float>& coefficients,
                const std::vector<float>& intercepts, std::span<T> out) {
  const std::size_t columns = static_cast<std::size_t>(table.columns);
  const std::size_t targets = coefficients.size() / columns;
  const std::vector<T> weights(coefficients.begin(), coefficients.end());
  const auto in = table.values.data<T>();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t target = i % targets;
    const T score = numeric::dot(in.data() + i / targets * columns, 1,
                                 weights.data() + target * columns, 1, columns, targets);
    out[i] = intercepts.empty() ? score : score + static_cast<T>(intercepts[target]);
  }
}

// The coefficients hold a row of `columns` for each target, the intercepts one or none.
Status check_weights(const NodeView& view, std::int64_t columns, std::int64_t targets) {
  const std::vector<float>* coefficients = view.get_floats("coefficients");
  const std::vector<float>* intercepts = view.get_floats("intercepts");
  const std::int64_t count =
      coefficients == nullptr ? 0 : static_cast<std::int64_t>(coefficients->size());
  if (columns == 0 || targets < 1 || count % columns != 0 || count / columns != targets) {
    return view.fail("there are ", count, " coefficients; ", targets, " targets of ", columns,
                     " columns need another number");
  }
  if (intercepts != nullptr && !intercepts->empty() &&
      static_cast<std::int64_t>(intercepts->size()) != targets) {
    return view.fail("there are ", intercepts->size(), " intercepts for ", targets, " targets");
  }
  return {};
}

// Scores [rows, targets].
Result<Tensor> linear_scores(const EvalContext& ctx, const Table& table, std::int64_t targets) {
  TRY(check_weights(ctx, table.columns, targets));
  const std::vector<float>* coefficients = ctx.get_floats("coefficients");
  const std::vector<float>* given = ctx.get_floats("intercepts");
  const std::vector<float> intercepts = given == nullptr ? std::vector<float>{} : *given;
  Tensor scores = TRY(ctx.make(table.values.dtype(), {table.rows, targets}));
  visit_real(scores.dtype(), [&]<typename T>() {
    score_rows<T>(table, *coefficients, intercepts, scores.mutable_data<T>());
  });
  return scores;
}

Status evaluate_linear_regressor(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, score_dtype(ctx)));
  const std::int64_t targets = ctx.get_int("targets", 1);
  const PostTransform transform = TRY(read_post_transform(ctx));
  Tensor scores = TRY(linear_scores(ctx, table, targets));
  visit_real(scores.dtype(), [&]<typename T>() {
    const auto data = scores.mutable_data<T>();
    const std::size_t width = static_cast<std::size_t>(targets);
    for (std::size_t at = 0; at < data.size(); at += width) {
      apply_post_transform(transform, data.subspan(at, width));
    }
  });
  return set_narrowed(ctx, 0, std::move(scores), DType::kFloat32);
}

struct LinearClasses {
  PostTransform transform = PostTransform::kNone;
  ClassLabels labels;
  std::int64_t targets = 0;
  bool is_labelled = false;  // by the model, not by numbers
  bool is_binary = false;    // one score for two classes
};

Result<LinearClasses> read_classes(const NodeView& view, std::int64_t columns) {
  LinearClasses model;
  model.transform = TRY(read_post_transform(view));
  model.labels = TRY(read_labels(view, "classlabels_ints", "classlabels_strings"));
  const std::vector<float>* coefficients = view.get_floats("coefficients");
  if (coefficients == nullptr || columns == 0) {
    return view.fail("there are no coefficients, or the input has no columns");
  }
  model.targets = static_cast<std::int64_t>(coefficients->size()) / columns;
  TRY(check_weights(view, columns, model.targets));
  ClassLabels& labels = model.labels;
  model.is_labelled = labels.size() != 0;
  if (!model.is_labelled) {
    for (std::int64_t c = 0; c < std::max<std::int64_t>(model.targets, 2); ++c)
      labels.ints.push_back(c);
  }
  model.is_binary = model.targets == 1 && labels.size() == 2;
  if (!model.is_binary && static_cast<std::int64_t>(labels.size()) != model.targets) {
    return view.fail("there are ", labels.size(), " class labels for ", model.targets, " scores");
  }
  return model;
}

Status evaluate_linear_classifier(EvalContext& ctx) {
  const Table table = TRY(read_table(ctx, 0, score_dtype(ctx)));
  const LinearClasses model = TRY(read_classes(ctx, table.columns));
  const auto& [transform, labels, targets, is_labelled, is_binary] = model;
  const Tensor wide = TRY(linear_scores(ctx, table, targets));
  const Tensor scores = TRY(cast(wide, DType::kFloat32));
  const std::int64_t classes = is_binary && is_labelled ? 2 : targets;
  Tensor z = TRY(ctx.make(DType::kFloat32, {table.rows, classes}));
  const auto out = z.mutable_data<float>();
  std::vector<std::size_t> chosen(static_cast<std::size_t>(table.rows));
  const LinearRule rule = {static_cast<TreeTransform>(transform), static_cast<std::size_t>(targets),
                           is_binary && is_labelled};
  for (std::size_t row = 0; row < chosen.size(); ++row) {
    const float* const from = scores.data<float>().data() + row * rule.targets;
    const auto to = out.subspan(row * rule.width(), rule.width());
    chosen[row] = choose_linear(rule, from, to.data());
    apply_post_transform(transform, to);
    // A score of no labels decides between two classes all the same.
    if (is_binary && !is_labelled) chosen[row] = from[0] > 0.0F ? 1 : 0;
  }
  ctx.set_output(0, TRY(labels.pick(ctx, chosen)));
  ctx.set_output(1, std::move(z));
  return {};
}

Status infer_linear_classifier(InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_ints", "classlabels_strings"));
  const Dim rows = table_rows(ctx, 0);
  const std::int64_t classes = static_cast<std::int64_t>(labels.size());
  ctx.set_output(0, labels.dtype(), {rows});
  ctx.set_output(1, DType::kFloat32, {rows, classes == 0 ? Dim() : Dim(classes)});
  return {};
}

Status check_linear_classifier(const InferContext& ctx) {
  const std::optional<std::int64_t> columns = table_columns(ctx, 0);
  if (columns.has_value()) TRY(read_classes(ctx, *columns));
  return {};
}

Status check_linear_regressor(const InferContext& ctx) {
  const std::optional<std::int64_t> columns = table_columns(ctx, 0);
  if (columns.has_value()) TRY(check_weights(ctx, *columns, ctx.get_int("targets", 1)));
  return {};
}

Status infer_linear_regressor(InferContext& ctx) {
  const std::int64_t targets = ctx.get_int("targets", 1);
  if (targets < 1) return ctx.fail("targets is ", targets, ", it must be at least 1");
  ctx.set_output(0, DType::kFloat32, {table_rows(ctx, 0), Dim(targets)});
  return {};
}

std::int64_t count_linear(const CostContext& ctx) {
  const std::vector<float>* coefficients = ctx.get_floats("coefficients");
  if (coefficients == nullptr) return 0;
  const std::int64_t rows = ctx.input(0).size() == 2 ? ctx.input(0)[0] : 1;
  return saturating_count({rows, static_cast<std::int64_t>(coefficients->size())});
}

}  // namespace

std::vector<Op> linear_ops() {
  return {
      {.name = "LinearClassifier",
       .domain = kMl,
       .versions = {{1,
                     "X: T1 -> Y: T2, Z: float | T1 = float int32 int64 double, T2 = int64 string",
                     "classlabels_ints ints, classlabels_strings strings, coefficients floats!, "
                     "intercepts floats, multi_class int, post_transform string"}},
       .infer = infer_linear_classifier,
       .check = check_linear_classifier,
       .evaluate = evaluate_linear_classifier,
       .multiply_adds = count_linear},
      {.name = "LinearRegressor",
       .domain = kMl,
       .versions = {{1, "X: T -> Y: float | T = float int32 int64 double",
                     "coefficients floats, intercepts floats, post_transform string, targets int"}},
       .infer = infer_linear_regressor,
       .check = check_linear_regressor,
       .evaluate = evaluate_linear_regressor,
       .multiply_adds = count_linear},
  };
}

}  // namespace slipway
