#include <algorithm>

#include "kernels/vectors/rows.h"
#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnitRows = 64;

struct LinearClasses {
  LinearRule rule;
  void (*transform)(TreeTransform, float*, std::size_t, std::size_t);
  const std::int64_t* labels;
  std::size_t rows;
  std::uint32_t from, chosen, scores;
};

RunCode run_classes(const void* context, const Call& call) {
  const LinearClasses& step = *static_cast<const LinearClasses*>(context);
  const auto* const from = call.at<const float>(step.from);
  auto* const chosen = call.at<std::int64_t>(step.chosen);
  auto* const scores = call.at<float>(step.scores);
  const std::size_t end = std::min(call.end * kUnitRows, step.rows);
  const std::size_t begin = call.begin * kUnitRows;
  const std::size_t width = step.rule.width();
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t best =
        choose_linear(step.rule, from + row * step.rule.targets, scores + row * width);
    chosen[row] = step.labels[best];
  }
  step.transform(step.rule.transform, scores + begin * width, end - begin, width);
  return RunCode::kOk;
}

struct Normalizer {
  RowNorm norm;
  std::size_t rows, columns;
  std::uint32_t from, to;
};

RunCode run_normalizer(const void* context, const Call& call) {
  const Normalizer& step = *static_cast<const Normalizer*>(context);
  const auto* const from = call.at<const float>(step.from);
  auto* const to = call.at<float>(step.to);
  const std::size_t end = std::min(call.end * kUnitRows, step.rows);
  for (std::size_t row = call.begin * kUnitRows; row < end; ++row) {
    divide_by_norm(step.norm, std::span(from + row * step.columns, step.columns),
                   to + row * step.columns);
  }
  return RunCode::kOk;
}

}  // namespace

Status bind_linear_classes(Binder& binder) {
  TRY(binder.expect(2, 2, 2));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::LinearClassesParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& labels = *binder.inputs[1];
  const Operand& chosen = *binder.outputs[0];
  const Operand& scores = *binder.outputs[1];
  if (labels.constant == nullptr || labels.dtype != DType::kInt64 || labels.elements == 0)
    return binder.error("its labels are not constants of int64");
  if (params.transform >= static_cast<std::uint32_t>(TreeTransform::kCount) ||
      chosen.dtype != DType::kInt64 || from.dtype != DType::kFloat32 ||
      scores.dtype != DType::kFloat32 || scores.elements != chosen.elements * labels.elements) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<LinearClasses>();
  step->rows = chosen.elements;
  const bool is_binary = labels.elements == 2 && from.elements == step->rows;
  if (!is_binary && from.elements != scores.elements)
    return binder.error("the sizes of its operands do not fit together");
  step->rule = {static_cast<TreeTransform>(params.transform),
                is_binary ? std::size_t{1} : static_cast<std::size_t>(labels.elements), is_binary};
  step->transform = class_score_kernels(binder.isa).transform;
  step->labels = reinterpret_cast<const std::int64_t*>(labels.constant);
  step->from = from.slot;
  step->chosen = chosen.slot;
  step->scores = scores.slot;
  binder.work = scores.elements * 16;
  binder.use(run_classes, step, (step->rows + kUnitRows - 1) / kUnitRows);
  return {};
}

Status bind_normalizer(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::NormalizerParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (params.norm >= static_cast<std::uint32_t>(RowNorm::kCount) || from.rank() == 0 ||
      from.elements == 0 || to.elements != from.elements) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Normalizer>();
  const auto columns = static_cast<std::size_t>(from.dim(from.rank() - 1));
  *step = {static_cast<RowNorm>(params.norm), from.elements / columns, columns, from.slot, to.slot};
  binder.work = from.elements * 8;
  binder.use(run_normalizer, step, (step->rows + kUnitRows - 1) / kUnitRows);
  return {};
}

}  // namespace slipway::runtime
