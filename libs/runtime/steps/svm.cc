#include "kernels/vectors/svm.h"

#include <algorithm>

#include "kernels/gemm/gemm.h"
#include "kernels/numeric/dot.h"
#include "kernels/vectors/decision.h"
#include "kernels/vectors/distances.h"
#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnitValues = 1 << 16;  // of the kernel function in a unit of work
constexpr std::size_t kUnitRows = 24;         // at most
constexpr std::size_t kMaxClasses = 1 << 10;

struct Svm {
  SvmFunction function;
  SvmKernels kernels;
  GemmCall product;        // without what a run gives; kRbf takes
  DistancesCall distance;  // instead
  void (*gemm)(const GemmCall&, const GemmPart&);
  void (*squared)(const DistancesCall&);
  SvmWeights weights;
  std::size_t rows, columns, vectors, unit_rows;
  std::size_t sums_at, scratch_at;  // bytes of scratch before the sums, and before the rule's own
  bool is_one_class;
  DecisionRule rule;
  const std::int64_t* labels;
  std::uint32_t from, to, scores;
};

std::size_t round_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// The kernel function of rows and all vectors, to the start of scratch.
const float* evaluate(const Svm& svm, const Call& call, std::size_t row, std::size_t count) {
  auto* const values = reinterpret_cast<float*>(call.scratch);
  const float* const x = call.at<const float>(svm.from) + row * svm.columns;
  if (svm.function.kind == SvmKind::kRbf) {
    DistancesCall distance = svm.distance;
    distance.x = x;
    distance.rows = count;
    distance.y = values;
    svm.squared(distance);
  } else {
    GemmCall product = svm.product;
    product.m = count;
    product.a = x;
    product.c = values;
    svm.gemm(product, whole(count, svm.vectors));
  }
  svm.kernels.evaluate(svm.function, values, count * svm.vectors);
  return values;
}

template <typename Finish>
void for_each_row(const Svm& svm, const Call& call, Finish finish) {
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t row = unit * svm.unit_rows;
    const std::size_t count = std::min(svm.unit_rows, svm.rows - row);
    const float* const values = evaluate(svm, call, row, count);
    for (std::size_t r = 0; r < count; ++r) finish(row + r, values + r * svm.vectors);
  }
}

RunCode run(const void* context, const Call& call) {
  const Svm& svm = *static_cast<const Svm*>(context);
  auto* const y = call.at<float>(svm.to);
  for_each_row(svm, call, [&](std::size_t row, const float* values) {
    double score = 0;
    svm.kernels.sums(svm.weights, values, &score);
    y[row] = svm.is_one_class ? (score > 0 ? 1.0F : -1.0F) : static_cast<float>(score);
    if (!svm.is_one_class) transform_scores(svm.rule.transform, y + row, 1);
  });
  return RunCode::kOk;
}

RunCode run_classes(const void* context, const Call& call) {
  const Svm& svm = *static_cast<const Svm*>(context);
  auto* const chosen = call.at<std::int64_t>(svm.to);
  auto* const scores = call.at<float>(svm.scores);
  auto* const sums = reinterpret_cast<double*>(call.scratch + svm.sums_at);
  auto* const scratch = reinterpret_cast<double*>(call.scratch + svm.scratch_at);
  for_each_row(svm, call, [&](std::size_t row, const float* values) {
    svm.kernels.sums(svm.weights, values, sums);
    const std::size_t best = decide_class(svm.rule, sums, scratch, scores + row * svm.rule.width());
    chosen[row] = svm.labels[best];
  });
  return RunCode::kOk;
}

const float* constant_floats(const Operand* operand, std::uint64_t count) {
  if (operand == nullptr || operand->constant == nullptr || operand->dtype != DType::kFloat32 ||
      operand->elements != count) {
    return nullptr;
  }
  return reinterpret_cast<const float*>(operand->constant);
}

// All but what classes need; `lines` rows of coefficients and `sums` in all.
Status read_svm(const Binder& binder, std::uint64_t lines, std::uint64_t sums, Svm& svm) {
  const auto params = TRY(binder.params<plan::SvmParams>());
  const Operand& rows = *binder.inputs[0];
  const Operand& vectors = *binder.inputs[1];
  const Operand& coefficients = *binder.inputs[2];
  svm.vectors = coefficients.elements / lines;
  if (svm.vectors == 0 || svm.vectors % 16 != 0 || svm.vectors > 1U << 24)
    return binder.error("its vectors do not fill lines of sixteen");
  svm.columns = vectors.elements / svm.vectors;
  svm.weights.vectors = svm.vectors;
  svm.weights.coefficients = constant_floats(&coefficients, lines * svm.vectors);
  svm.weights.rho = constant_floats(binder.inputs[3], sums);
  const float* const packed = constant_floats(&vectors, svm.vectors * svm.columns);
  if (svm.columns == 0 || svm.columns > 1U << 24 || packed == nullptr ||
      svm.weights.coefficients == nullptr || svm.weights.rho == nullptr ||
      rows.dtype != DType::kFloat32 || rows.elements % svm.columns != 0 ||
      params.kind >= static_cast<std::uint32_t>(SvmKind::kCount) ||
      params.transform >= static_cast<std::uint32_t>(TreeTransform::kCount)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  svm.rows = rows.elements / svm.columns;
  svm.from = rows.slot;
  svm.function = {static_cast<SvmKind>(params.kind), params.gamma, params.coef0, params.degree};
  svm.is_one_class = params.is_one_class != 0;
  svm.rule.transform = static_cast<TreeTransform>(params.transform);
  svm.kernels = svm_kernels(binder.isa);
  svm.gemm = gemm_kernels(binder.isa).gemm;
  svm.squared = distance_kernels(binder.isa).squared;
  svm.product.a_stride = svm.columns;
  svm.product.b = {packed,      WeightType::kF32, nullptr,
                   svm.vectors, svm.columns,      numeric::chain_count(svm.vectors, svm.columns)};
  svm.product.c_stride = svm.vectors;
  svm.distance = {nullptr, 0, svm.columns, packed, svm.vectors, nullptr, svm.vectors};
  svm.unit_rows = std::clamp<std::size_t>(kUnitValues / svm.vectors, 1, kUnitRows);
  svm.sums_at = round_up(svm.unit_rows * svm.vectors * sizeof(float));
  return {};
}

void use_svm(Binder& binder, const Svm* svm, RunStep run_step, std::size_t scratch_bytes) {
  binder.use(run_step, svm, (svm->rows + svm->unit_rows - 1) / svm->unit_rows, scratch_bytes);
}

// Where each class begins: ascending multiples of sixteen that end with the last vector.
bool has_classes(const Svm& svm) {
  const std::size_t classes = svm.weights.classes;
  const std::int32_t* const first = svm.weights.first;
  if (first[0] != 0 || static_cast<std::size_t>(first[classes]) != svm.vectors) return false;
  for (std::size_t i = 0; i < classes; ++i) {
    if (first[i] > first[i + 1] || first[i + 1] % 16 != 0) return false;
  }
  return true;
}

}  // namespace

Status bind_svm(Binder& binder) {
  TRY(binder.expect(4, 4, 1));
  TRY(binder.expect_plain());
  auto* const svm = binder.make<Svm>();
  TRY(read_svm(binder, 1, 1, *svm));
  const std::span<std::int32_t> first = binder.make_array<std::int32_t>(2);
  first[1] = static_cast<std::int32_t>(svm->vectors);
  svm->weights.classes = 1;
  svm->weights.first = first.data();
  const Operand& output = *binder.outputs[0];
  if (output.dtype != DType::kFloat32 || output.elements != svm->rows)
    return binder.error("the sizes of its operands do not fit together");
  svm->to = output.slot;
  use_svm(binder, svm, run, svm->sums_at);
  return {};
}

Status bind_svm_classes(Binder& binder) {
  TRY(binder.expect(6, 8, 2));
  if (binder.inputs.size() != 8) return binder.error("it has the wrong number of operands");
  TRY(binder.expect_plain());
  const Operand& first = *binder.inputs[4];
  const Operand& labels = *binder.inputs[5];
  const Operand& chosen = *binder.outputs[0];
  const Operand& scores = *binder.outputs[1];
  if (labels.constant == nullptr || labels.dtype != DType::kInt64 || labels.elements < 2 ||
      labels.elements > kMaxClasses || first.constant == nullptr || first.dtype != DType::kInt32 ||
      first.elements != labels.elements + 1) {
    return binder.error("its labels are not constants of int64, or do not fit its classes");
  }
  auto* const svm = binder.make<Svm>();
  svm->rule.classes = labels.elements;
  const std::size_t pairs = svm->rule.pairs();
  TRY(read_svm(binder, svm->rule.classes - 1, pairs, *svm));
  svm->weights.classes = svm->rule.classes;
  svm->weights.first = reinterpret_cast<const std::int32_t*>(first.constant);
  svm->labels = reinterpret_cast<const std::int64_t*>(labels.constant);
  if (!has_classes(*svm)) return binder.error("its classes are not all its vectors");
  if (binder.inputs[6] != nullptr || binder.inputs[7] != nullptr) {
    svm->rule.prob_a = constant_floats(binder.inputs[6], pairs);
    svm->rule.prob_b = constant_floats(binder.inputs[7], pairs);
    if (svm->rule.prob_a == nullptr || svm->rule.prob_b == nullptr)
      return binder.error("what makes its probabilities does not fit its classes");
  }
  if (chosen.dtype != DType::kInt64 || chosen.elements != svm->rows ||
      scores.dtype != DType::kFloat32 || scores.elements != svm->rows * svm->rule.width()) {
    return binder.error("the sizes of its operands do not fit together");
  }
  svm->to = chosen.slot;
  svm->scores = scores.slot;
  svm->scratch_at = svm->sums_at + round_up(pairs * sizeof(double));
  use_svm(binder, svm, run_classes, svm->scratch_at + decision_scratch(svm->rule) * sizeof(double));
  return {};
}

}  // namespace slipway::runtime
