#include <algorithm>

#include "kernels/trees/finish.h"
#include "kernels/trees/forest.h"
#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 32;  // rows of a unit of work
// Targets of a forest whose scores do not go straight to the output.
constexpr std::size_t kMaxTargets = 1 << 16;

struct Trees {
  PackedForest forest;
  const void* base;  // of the forest's type; null: none
  TreeTransform transform;
  ClassRule rule;
  const std::int64_t* labels;
  std::uint32_t from, to, scores;
  std::size_t rows;
  std::size_t own_bytes;  // of scratch before the forest's
};

std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

template <typename Real>
void finish_row(const Trees& trees, Real* y) {
  const std::size_t targets = trees.forest.targets;
  if (trees.base != nullptr) {
    for (std::size_t t = 0; t < targets; ++t) y[t] += static_cast<const Real*>(trees.base)[t];
  }
  transform_scores(trees.transform, y, targets);
}

RunCode run(const void* context, const Call& call) {
  const Trees& trees = *static_cast<const Trees*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, trees.rows);
  auto* const y = call.at<float>(trees.to);
  const std::size_t targets = trees.forest.targets;
  score_forest(trees.forest, call.at<const float>(trees.from), begin, end, y, nullptr,
               call.scratch);
  if (trees.base == nullptr && trees.transform == TreeTransform::kNone) return RunCode::kOk;
  for (std::size_t row = begin; row < end; ++row) finish_row(trees, y + row * targets);
  return RunCode::kOk;
}

// A unit's scores in scratch, from there to the output.
template <typename Real, typename Finish>
void in_scratch(const Trees& trees, const Call& call, Finish finish) {
  const std::size_t targets = trees.forest.targets;
  auto* const values = reinterpret_cast<Real*>(call.scratch);
  auto* const votes =
      reinterpret_cast<std::uint8_t*>(call.scratch) + round_up(kUnit * targets * sizeof(Real));
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t first = unit * kUnit;
    const std::size_t count = std::min(kUnit, trees.rows - first);
    score_forest(trees.forest, call.at<const float>(trees.from) + first * trees.forest.columns, 0,
                 count, values, votes, call.scratch + trees.own_bytes);
    for (std::size_t row = 0; row < count; ++row)
      finish(first + row, values + row * targets, votes + row * targets);
  }
}

RunCode run_double(const void* context, const Call& call) {
  const Trees& trees = *static_cast<const Trees*>(context);
  auto* const y = call.at<float>(trees.to);
  const std::size_t targets = trees.forest.targets;
  in_scratch<double>(trees, call, [&](std::size_t row, double* values, std::uint8_t*) {
    finish_row(trees, values);
    for (std::size_t t = 0; t < targets; ++t) y[row * targets + t] = static_cast<float>(values[t]);
  });
  return RunCode::kOk;
}

template <typename Real>
RunCode run_classes(const void* context, const Call& call) {
  const Trees& trees = *static_cast<const Trees*>(context);
  auto* const chosen = call.at<std::int64_t>(trees.to);
  auto* const scores = call.at<float>(trees.scores);
  in_scratch<Real>(trees, call, [&](std::size_t row, Real* values, std::uint8_t* votes) {
    const std::size_t best = finish_classes(trees.rule, static_cast<const Real*>(trees.base),
                                            values, votes, scores + row * trees.rule.classes);
    chosen[row] = trees.labels[best];
  });
  return RunCode::kOk;
}

// Opens the forest; rows and base values must be of its kind.
Status read_forest(const Binder& binder, Trees& trees) {
  const Operand& rows = *binder.inputs[0];
  const Operand& packed = *binder.inputs[1];
  const Operand* const base = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  if (packed.constant == nullptr || !open_forest({packed.constant, packed.bytes}, trees.forest)) {
    return binder.error("its forest is damaged");
  }
  const DType real = trees.forest.is_double ? DType::kFloat64 : DType::kFloat32;
  if (trees.forest.columns == 0 || rows.dtype != DType::kFloat32 ||
      rows.elements % trees.forest.columns != 0 ||
      (base != nullptr && (base->dtype != real || base->constant == nullptr))) {
    return binder.error("the sizes of its operands do not fit together");
  }
  trees.rows = rows.elements / trees.forest.columns;
  trees.from = rows.slot;
  trees.base = base == nullptr ? nullptr : base->constant;
  return {};
}

Status take_scratch(const Binder& binder, Trees& trees) {
  if (trees.forest.targets > kMaxTargets) return binder.error("it has too many targets");
  const std::size_t real = trees.forest.is_double ? sizeof(double) : sizeof(float);
  trees.own_bytes =
      round_up(kUnit * trees.forest.targets * real) + round_up(kUnit * trees.forest.targets);
  return {};
}

void use_trees(Binder& binder, const Trees* trees, RunStep run_step) {
  binder.work = std::uint64_t{trees->rows} * trees->forest.tree_count * 16;
  binder.use(run_step, trees, (trees->rows + kUnit - 1) / kUnit,
             trees->own_bytes + forest_scratch_bytes(trees->forest));
}

}  // namespace

Status bind_trees(Binder& binder) {
  TRY(binder.expect(2, 3, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::TreesParams>());
  auto* const trees = binder.make<Trees>();
  TRY(read_forest(binder, *trees));
  const PackedForest& forest = trees->forest;
  const Operand& output = *binder.outputs[0];
  const Operand* const base = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  if (forest.targets != params.targets || output.dtype != DType::kFloat32 ||
      output.elements != trees->rows * forest.targets ||
      (base != nullptr && base->elements != forest.targets) ||
      params.transform >= static_cast<std::uint32_t>(TreeTransform::kCount)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  trees->transform = static_cast<TreeTransform>(params.transform);
  trees->to = output.slot;
  if (forest.is_double) TRY(take_scratch(binder, *trees));
  use_trees(binder, trees, forest.is_double ? run_double : run);
  return {};
}

// A forest of votes for classes.
Status bind_tree_classes(Binder& binder) {
  TRY(binder.expect(2, 4, 2));
  if (binder.inputs.size() != 4) return binder.error("it has the wrong number of operands");
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::TreeClassesParams>());
  auto* const trees = binder.make<Trees>();
  TRY(read_forest(binder, *trees));
  const Operand* const base = binder.inputs[2];
  const Operand* const labels = binder.inputs[3];
  const Operand& chosen = *binder.outputs[0];
  const Operand& scores = *binder.outputs[1];
  if (labels == nullptr || labels->constant == nullptr || labels->dtype != DType::kInt64 ||
      labels->elements == 0 || labels->elements > kMaxTargets) {
    return binder.error("its labels are not constants of int64");
  }
  const std::size_t classes = labels->elements;
  const bool is_binary = params.is_binary != 0;
  if ((is_binary && classes != 2) || trees->forest.targets != (is_binary ? 1 : classes) ||
      trees->forest.aggregate != TreeAggregate::kSum || chosen.dtype != DType::kInt64 ||
      chosen.elements != trees->rows || scores.dtype != DType::kFloat32 ||
      scores.elements != trees->rows * classes || (base != nullptr && base->elements > classes) ||
      params.transform >= static_cast<std::uint32_t>(TreeTransform::kCount)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  trees->rule = {static_cast<TreeTransform>(params.transform),
                 classes,
                 is_binary,
                 params.is_second_only != 0,
                 params.is_probability != 0,
                 base == nullptr ? 0 : static_cast<std::size_t>(base->elements)};
  trees->labels = reinterpret_cast<const std::int64_t*>(labels->constant);
  trees->to = chosen.slot;
  trees->scores = scores.slot;
  TRY(take_scratch(binder, *trees));
  use_trees(binder, trees, trees->forest.is_double ? run_classes<double> : run_classes<float>);
  return {};
}

}  // namespace slipway::runtime
