// Support vector machines with vectors; those of planes alone are left to the reference.
#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/panels.h"
#include "ops/ml/svm_model.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

constexpr std::int64_t kMaxClasses = 1 << 10;
constexpr std::size_t kMaxVectors = 1 << 24;

bool can_lower(const Lowering& lowering, const Node& node) {
  const Shape& rows = lowering.shape(node.inputs[0]);
  return lowering.is_float(node.inputs[0]) && rows.size() == 2 && rows[1] >= 1;
}

bool fits(const Result<SvmModel>& svm) {
  return svm.ok() && svm->vector_count() != 0 && svm->vector_count() <= kMaxVectors;
}

plan::SvmParams params_of(const SvmModel& svm, bool is_one_class) {
  return {static_cast<std::uint32_t>(svm.function.kind),
          svm.function.gamma,
          svm.function.coef0,
          svm.function.degree,
          static_cast<std::uint32_t>(svm.transform),
          is_one_class ? 1U : 0U};
}

std::string describe_svm(const SvmModel& svm) {
  constexpr const char* kNames[] = {"linear", "polynomial", "rbf", "sigmoid"};
  return str(kNames[static_cast<std::size_t>(svm.function.kind)], ", ", svm.vector_count(),
             " vectors of ", svm.columns);
}

// The rows, the vectors, the coefficients and what is added to the sums.
Result<std::vector<TensorIndex>> add_operands(Lowering& lowering, const Node& node,
                                              const SvmModel& svm) {
  std::vector<TensorIndex> inputs = {TRY(lowering.read(node.inputs[0]))};
  inputs.push_back(lowering.add_constant(
      "vectors", TRY(panels_of(svm.vectors.data(), svm.vector_count(), svm.columns))));
  inputs.push_back(lowering.add_constant("coefficients", Tensor::of(svm.coefficients)));
  inputs.push_back(lowering.add_constant("added to sums", Tensor::of(svm.rho)));
  return inputs;
}

}  // namespace

Result<Lowered> lower_svm_regressor(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  if (!can_lower(lowering, n)) return Lowered::kDeclined;
  Result<SvmModel> svm = read_svm_regressor(view, lowering.shape(n.inputs[0])[1]);
  if (!fits(svm)) return Lowered::kDeclined;
  svm->rho.resize(1);
  const std::vector<TensorIndex> inputs = TRY(add_operands(lowering, n, *svm));
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kSvm, inputs, {to});
  step.set_params(params_of(*svm, view.get_int("one_class", 0) != 0));
  step.note = describe_svm(*svm);
  return Lowered::kYes;
}

Result<Lowered> lower_svm_classifier(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const std::vector<std::int64_t>* const labels = view.get_ints("classlabels_ints");
  if (!can_lower(lowering, n) || labels == nullptr || std::ssize(*labels) < 2 ||
      std::ssize(*labels) > kMaxClasses || n.outputs.size() != 2 || n.outputs[0] == kNoValue ||
      n.outputs[1] == kNoValue) {
    return Lowered::kDeclined;
  }
  const Result<SvmModel> svm =
      read_svm_classifier(view, labels->size(), lowering.shape(n.inputs[0])[1]);
  if (!fits(svm)) return Lowered::kDeclined;
  std::vector<TensorIndex> inputs = TRY(add_operands(lowering, n, *svm));
  inputs.push_back(lowering.add_constant("classes", Tensor::of(svm->first)));
  inputs.push_back(lowering.add_constant("labels", Tensor::of(*labels)));
  const bool has_probability = !svm->prob_a.empty();
  for (const std::vector<float>* each : {&svm->prob_a, &svm->prob_b}) {
    inputs.push_back(has_probability ? lowering.add_constant("probabilities", Tensor::of(*each))
                                     : kLeftOut);
  }
  const TensorIndex chosen = lowering.write(n.outputs[0]);
  const TensorIndex scores = lowering.write(n.outputs[1]);
  ProgramStep& step =
      lowering.add_step(node, plan::KernelId::kSvmClasses, inputs, {chosen, scores});
  step.set_params(params_of(*svm, false));
  step.note = str(describe_svm(*svm), ", ", labels->size(), " classes");
  return Lowered::kYes;
}

}  // namespace slipway::compile
