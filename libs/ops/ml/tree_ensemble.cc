// Tree ensembles. Votes add up tree by tree, in float or, where the model states its numbers as
// doubles (and for double input of TreeEnsemble), in double.
#include <limits>
#include <set>

#include "ops/ml/forest.h"
#include "ops/ml/post_transform.h"
#include "ops/ml/table.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Result<std::vector<double>> base_values(const NodeView& view) {
  std::vector<double> values;
  if (const std::vector<float>* floats = view.get_floats("base_values")) {
    values.assign(floats->begin(), floats->end());
  }
  const Tensor* tensor = view.get_tensor("base_values_as_tensor");
  if (tensor != nullptr && tensor->size() != 0) {
    if (!is_float(tensor->dtype())) return view.fail("base_values_as_tensor must hold floats");
    const Tensor plain = TRY(tensor->direct());
    const Tensor wide = TRY(cast(plain, DType::kFloat64));
    values.assign(wide.data<double>().begin(), wide.data<double>().end());
  }
  return values;
}

struct Regression {
  Forest forest;
  Aggregate aggregate = Aggregate::kSum;
  PostTransform transform = PostTransform::kNone;
  std::vector<double> base;
  std::int64_t targets = 1;
};

template <typename Real>
void regress(const Regression& model, const Table& table, std::span<Real> out) {
  const std::size_t targets = static_cast<std::size_t>(model.targets);
  Scores<Real> scores{std::vector<Real>(targets), std::vector<char>(targets)};
  const double* rows = table.values.data<double>().data();
  for (std::int64_t r = 0; r < table.rows; ++r) {
    score_row(model.forest, model.aggregate, rows + r * table.columns, scores);
    for (std::size_t t = 0; t < model.base.size(); ++t) {
      scores.value[t] += static_cast<Real>(model.base[t]);
    }
    apply_post_transform(model.transform, std::span(scores.value));
    std::copy(scores.value.begin(), scores.value.end(),
              out.begin() + r * static_cast<std::int64_t>(targets));
  }
}

Status check_regression(const NodeView& view, const Regression& model, std::int64_t columns) {
  TRY(check_forest(view, model.forest, columns, model.targets));
  if (!model.base.empty() && model.base.size() != static_cast<std::size_t>(model.targets)) {
    return view.fail("base_values has ", model.base.size(), " entries for ", model.targets,
                     " targets");
  }
  return {};
}

Status evaluate_regression(EvalContext& ctx, const Regression& model, DType output) {
  const Table table = TRY(read_table(ctx, 0, DType::kFloat64));
  TRY(check_regression(ctx, model, table.columns));
  const DType dtype = model.forest.is_double ? DType::kFloat64 : DType::kFloat32;
  Tensor y = TRY(ctx.make(dtype, {table.rows, model.targets}));
  if (y.size() != 0) {
    visit_real(dtype,
               [&]<typename Real>() { regress<Real>(model, table, y.mutable_data<Real>()); });
  }
  return set_narrowed(ctx, 0, std::move(y), output);
}

Result<Aggregate> read_aggregate(const NodeView& view) {
  const std::string text = view.get_string("aggregate_function", "SUM");
  if (text == "SUM") return Aggregate::kSum;
  if (text == "AVERAGE") return Aggregate::kAverage;
  if (text == "MIN") return Aggregate::kMin;
  if (text == "MAX") return Aggregate::kMax;
  return view.fail("aggregate_function is '", text, "': use SUM, AVERAGE, MIN or MAX");
}

Result<std::int64_t> read_targets(const NodeView& view) {
  const std::int64_t targets = view.get_int("n_targets", 1);
  if (targets < 1) return view.fail("n_targets is ", targets, ", it must be at least 1");
  return targets;
}

Result<Regression> read_regression(const NodeView& view) {
  Regression model;
  model.forest = TRY(read_classic_forest(view, "target"));
  model.aggregate = TRY(read_aggregate(view));
  model.transform = TRY(read_post_transform(view));
  model.base = TRY(base_values(view));
  model.targets = TRY(read_targets(view));
  return model;
}

Status evaluate_regressor(EvalContext& ctx) {
  const Regression model = TRY(read_regression(ctx));
  return evaluate_regression(ctx, model, DType::kFloat32);
}

Result<Regression> read_ensemble(const NodeView& view) {
  Regression model;
  model.forest = TRY(read_split_forest(view));
  model.targets = TRY(read_targets(view));
  const std::int64_t aggregate = view.get_int("aggregate_function", 1);
  if (aggregate < 0 || aggregate > 3) {
    return view.fail("aggregate_function is ", aggregate, ", known are 0 to 3");
  }
  model.aggregate = static_cast<Aggregate>(aggregate);
  constexpr PostTransform kTransforms[] = {PostTransform::kNone, PostTransform::kSoftmax,
                                           PostTransform::kLogistic, PostTransform::kSoftmaxZero,
                                           PostTransform::kProbit};
  const std::int64_t transform = view.get_int("post_transform", 0);
  if (transform < 0 || transform > 4) {
    return view.fail("post_transform is ", transform, ", known are 0 to 4");
  }
  model.transform = kTransforms[transform];
  return model;
}

Status evaluate_ensemble(EvalContext& ctx) {
  Regression model = TRY(read_ensemble(ctx));
  model.forest.is_double = ctx.input(0).dtype() == DType::kFloat64;
  return evaluate_regression(ctx, model, ctx.input(0).dtype());
}

// Where all votes of a model of two classes go to the first, they are the second's score: the form
// in which boosted trees come. Where all go to the second, the first has none.
struct Classification {
  Forest forest;
  PostTransform transform = PostTransform::kNone;
  std::vector<double> base;
  std::size_t classes = 0;
  bool is_binary = false;       // all votes go to the first of two classes
  bool is_second_only = false;  // all votes go to the second of two
  bool is_probability = false;  // no negative weight

  // Above it the second class is chosen.
  float threshold() const { return is_probability ? 0.5F : 0.0F; }
};

Result<Classification> read_classification(const NodeView& view, std::size_t classes) {
  Classification model;
  model.forest = TRY(read_classic_forest(view, "class"));
  model.transform = TRY(read_post_transform(view));
  model.base = TRY(base_values(view));
  model.classes = classes;
  std::set<std::int64_t> voted;
  model.is_probability = true;
  for (const Vote& vote : model.forest.votes) {
    voted.insert(vote.target);
    model.is_probability = model.is_probability && vote.weight >= 0;
  }
  model.is_binary = classes == 2 && voted == std::set<std::int64_t>{0};
  model.is_second_only = classes == 2 && voted == std::set<std::int64_t>{1};
  if (model.base.size() > classes ||
      (classes > 2 && !model.base.empty() && model.base.size() != classes)) {
    return view.fail("base_values has ", model.base.size(), " entries for ", classes, " classes");
  }
  return model;
}

// One row of a binary model: its class; both scores go to `out`.
template <typename Real>
std::size_t classify_binary(const Classification& model, const Scores<Real>& scores,
                            std::span<float> out) {
  Real score = scores.value[0];
  if (!model.base.empty()) score += static_cast<Real>(model.base.back());
  write_two_classes(model.transform, model.is_probability, static_cast<float>(score), out);
  return score > static_cast<Real>(model.threshold()) ? 1 : 0;
}

// The class with the highest score, the first of equals; among those with votes when any has.
template <typename Real>
std::size_t classify_many(const Classification& model, Scores<Real>& scores, std::span<float> out) {
  for (std::size_t c = 0; c < model.base.size(); ++c) {
    scores.value[c] += static_cast<Real>(model.base[c]);
    scores.has_vote[c] = 1;
  }
  std::size_t best = model.classes;
  for (std::size_t c = 0; c < model.classes; ++c) {
    if (scores.has_vote[c] == 0) continue;
    if (best == model.classes || scores.value[c] > scores.value[best]) best = c;
  }
  if (best == model.classes) best = 0;
  if (model.classes == 2) best = scores.value[1] > scores.value[0] ? 1 : 0;
  if (model.is_second_only && model.base.empty()) {
    best = scores.value[1] > static_cast<Real>(model.threshold()) ? 1 : 0;
  }
  apply_post_transform(model.transform, std::span(scores.value));
  for (std::size_t c = 0; c < model.classes; ++c) out[c] = static_cast<float>(scores.value[c]);
  return best;
}

template <typename Real>
void classify(const Classification& model, const Table& table, std::vector<std::size_t>& labels,
              std::span<float> out) {
  Scores<Real> scores{std::vector<Real>(model.classes), std::vector<char>(model.classes)};
  const double* rows = table.values.data<double>().data();
  for (std::size_t r = 0; r < labels.size(); ++r) {
    score_row(model.forest, Aggregate::kSum, rows + static_cast<std::int64_t>(r) * table.columns,
              scores);
    const std::span<float> row = out.subspan(r * model.classes, model.classes);
    labels[r] =
        model.is_binary ? classify_binary(model, scores, row) : classify_many(model, scores, row);
  }
}

Status evaluate_classifier(EvalContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_int64s", "classlabels_strings"));
  if (labels.size() == 0) {
    return ctx.fail("no class labels: give classlabels_int64s or classlabels_strings");
  }
  const Classification model = TRY(read_classification(ctx, labels.size()));
  const Table table = TRY(read_table(ctx, 0, DType::kFloat64));
  const std::int64_t classes = static_cast<std::int64_t>(model.classes);
  TRY(check_forest(ctx, model.forest, table.columns, classes));
  Tensor scores = TRY(ctx.make(DType::kFloat32, {table.rows, classes}));
  std::vector<std::size_t> chosen(static_cast<std::size_t>(table.rows));
  visit_real(model.forest.is_double ? DType::kFloat64 : DType::kFloat32, [&]<typename Real>() {
    classify<Real>(model, table, chosen, scores.mutable_data<float>());
  });
  ctx.set_output(0, TRY(labels.pick(ctx, chosen)));
  ctx.set_output(1, std::move(scores));
  return {};
}

Status infer_classifier(InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_int64s", "classlabels_strings"));
  const Dim rows = table_rows(ctx, 0);
  ctx.set_output(0, labels.dtype(), {rows});
  ctx.set_output(1, DType::kFloat32, {rows, Dim(static_cast<std::int64_t>(labels.size()))});
  return {};
}

// Of trees against columns whose number is not known, no feature is too high.
std::int64_t columns_or_any(const InferContext& ctx) {
  return table_columns(ctx, 0).value_or(std::numeric_limits<std::int64_t>::max());
}

Status check_classifier(const InferContext& ctx) {
  const ClassLabels labels = TRY(read_labels(ctx, "classlabels_int64s", "classlabels_strings"));
  const Classification model = TRY(read_classification(ctx, labels.size()));
  return check_forest(ctx, model.forest, columns_or_any(ctx),
                      static_cast<std::int64_t>(model.classes));
}

Status check_regressor(const InferContext& ctx) {
  const bool is_split = ctx.node().op == "TreeEnsemble";
  const Regression model = TRY(is_split ? read_ensemble(ctx) : read_regression(ctx));
  return check_regression(ctx, model, columns_or_any(ctx));
}

Status infer_regressor(InferContext& ctx) {
  const DType dtype = ctx.node().op == "TreeEnsemble" ? ctx.dtype(0) : DType::kFloat32;
  ctx.set_output(0, dtype, {table_rows(ctx, 0), Dim(TRY(read_targets(ctx)))});
  return {};
}

}  // namespace

std::vector<Op> tree_ensemble_ops() {
  return {
      {.name = "TreeEnsemble",
       .domain = kMl,
       .versions = {{5, "X: T -> Y: T | T = floats",
                     "aggregate_function int, leaf_targetids ints!, leaf_weights tensor!, "
                     "membership_values tensor, n_targets int, nodes_falseleafs ints!, "
                     "nodes_falsenodeids ints!, nodes_featureids ints!, nodes_hitrates tensor, "
                     "nodes_missing_value_tracks_true ints, nodes_modes tensor!, "
                     "nodes_splits tensor!, nodes_trueleafs ints!, nodes_truenodeids ints!, "
                     "post_transform int, tree_roots ints!"}},
       .infer = infer_regressor,
       .check = check_regressor,
       .evaluate = evaluate_ensemble},
      {.name = "TreeEnsembleClassifier",
       .domain = kMl,
       .versions =
           {{1, "X: T1 -> Y: T2, Z: float | T1 = float int32 int64 double, T2 = int64 string",
             "base_values floats, class_ids ints, class_nodeids ints, class_treeids ints, "
             "class_weights floats, classlabels_int64s ints, classlabels_strings strings, "
             "nodes_falsenodeids ints, nodes_featureids ints, nodes_hitrates floats, "
             "nodes_missing_value_tracks_true ints, nodes_modes strings, nodes_nodeids ints, "
             "nodes_treeids ints, nodes_truenodeids ints, nodes_values floats, "
             "post_transform string"},
            {3, "X: T1 -> Y: T2, Z: float | T1 = float int32 int64 double, T2 = int64 string",
             "base_values floats, base_values_as_tensor tensor, class_ids ints, "
             "class_nodeids ints, class_treeids ints, class_weights floats, "
             "class_weights_as_tensor tensor, classlabels_int64s ints, "
             "classlabels_strings strings, nodes_falsenodeids ints, nodes_featureids ints, "
             "nodes_hitrates floats, nodes_hitrates_as_tensor tensor, "
             "nodes_missing_value_tracks_true ints, nodes_modes strings, nodes_nodeids ints, "
             "nodes_treeids ints, nodes_truenodeids ints, nodes_values floats, "
             "nodes_values_as_tensor tensor, post_transform string"}},
       .removed = 5,
       .infer = infer_classifier,
       .check = check_classifier,
       .evaluate = evaluate_classifier},
      {.name = "TreeEnsembleRegressor",
       .domain = kMl,
       .versions = {{1, "X: T -> Y: float | T = float int32 int64 double",
                     "aggregate_function string, base_values floats, n_targets int, "
                     "nodes_falsenodeids ints, nodes_featureids ints, nodes_hitrates floats, "
                     "nodes_missing_value_tracks_true ints, nodes_modes strings, "
                     "nodes_nodeids ints, nodes_treeids ints, nodes_truenodeids ints, "
                     "nodes_values floats, post_transform string, target_ids ints, "
                     "target_nodeids ints, target_treeids ints, target_weights floats"},
                    {3, "X: T -> Y: float | T = float int32 int64 double",
                     "aggregate_function string, base_values floats, "
                     "base_values_as_tensor tensor, n_targets int, nodes_falsenodeids ints, "
                     "nodes_featureids ints, nodes_hitrates floats, "
                     "nodes_hitrates_as_tensor tensor, nodes_missing_value_tracks_true ints, "
                     "nodes_modes strings, nodes_nodeids ints, nodes_treeids ints, "
                     "nodes_truenodeids ints, nodes_values floats, "
                     "nodes_values_as_tensor tensor, post_transform string, target_ids ints, "
                     "target_nodeids ints, target_treeids ints, target_weights floats, "
                     "target_weights_as_tensor tensor"}},
       .removed = 5,
       .infer = infer_regressor,
       .check = check_regressor,
       .evaluate = evaluate_regressor},
  };
}

}  // namespace slipway
