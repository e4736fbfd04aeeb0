#include "ops/nn/recurrent_activation.h"

#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

struct FunctionRow {
  std::string_view name;
  GateFunction function;
  bool has_alpha;
  bool has_beta;
  float alpha;  // where the model states none
  float beta;
};

constexpr FunctionRow kFunctions[] = {
    {"Relu", GateFunction::kRelu, false, false, 0, 0},
    {"Tanh", GateFunction::kTanh, false, false, 0, 0},
    {"Sigmoid", GateFunction::kSigmoid, false, false, 0, 0},
    {"Affine", GateFunction::kAffine, true, true, 1, 0},
    {"LeakyRelu", GateFunction::kLeakyRelu, true, false, 0.01F, 0},
    {"ThresholdedRelu", GateFunction::kThresholdedRelu, true, false, 1, 0},
    {"ScaledTanh", GateFunction::kScaledTanh, true, true, 1, 1},
    {"HardSigmoid", GateFunction::kHardSigmoid, true, true, 0.2F, 0.5F},
    {"Elu", GateFunction::kElu, true, false, 1, 0},
    {"Softsign", GateFunction::kSoftsign, false, false, 0, 0},
    {"Softplus", GateFunction::kSoftplus, false, false, 0, 0},
};

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

template <typename T>
T evaluate(const GateActivation& a, T x) {
  const T alpha = static_cast<T>(a.alpha);
  const T beta = static_cast<T>(a.beta);
  const T clip = static_cast<T>(a.clip);
  if (clip > T(0)) x = x > clip ? clip : x < -clip ? -clip : x;
  switch (a.function) {
    case GateFunction::kRelu:
      return x > T(0) || x != x ? x : T(0);
    case GateFunction::kTanh:
      return numeric::tanh(x);
    case GateFunction::kSigmoid:
      return numeric::sigmoid(x);
    case GateFunction::kAffine:
      return alpha * x + beta;
    case GateFunction::kLeakyRelu:
      return x < T(0) ? alpha * x : x;
    case GateFunction::kThresholdedRelu:
      return x > alpha ? x : T(0);
    case GateFunction::kScaledTanh:
      return alpha * numeric::tanh(beta * x);
    case GateFunction::kHardSigmoid:
      return std::max(T(0), std::min(T(1), alpha * x + beta));
    case GateFunction::kElu:
      return x < T(0) ? alpha * numeric::expm1(x) : x;
    case GateFunction::kSoftsign:
      return x / (T(1) + std::fabs(x));
    case GateFunction::kSoftplus:
      return numeric::softplus(x);
  }
  return x;
}

}  // namespace

float GateActivation::operator()(float x) const { return evaluate(*this, x); }
double GateActivation::operator()(double x) const { return evaluate(*this, x); }

Result<std::vector<GateActivation>> read_activations(
    const NodeView& view, std::size_t count, const std::vector<std::string_view>& defaults) {
  std::vector<std::string_view> names;
  const std::vector<std::string>* given = view.get_strings("activations");
  if (given != nullptr && !given->empty()) {
    names.assign(given->begin(), given->end());
  } else {
    for (std::size_t i = 0; i < count; ++i) names.push_back(defaults[i % defaults.size()]);
  }
  if (names.size() != count) {
    return view.fail("activations has ", names.size(), " names, ", count, " are needed");
  }
  const std::vector<float>* alphas = view.get_floats("activation_alpha");
  const std::vector<float>* betas = view.get_floats("activation_beta");
  std::size_t next_alpha = 0;
  std::size_t next_beta = 0;
  std::vector<GateActivation> activations;
  for (const std::string_view name : names) {
    const auto* row =
        std::find_if(std::begin(kFunctions), std::end(kFunctions),
                     [&](const FunctionRow& r) { return same_letters(r.name, name); });
    if (row == std::end(kFunctions)) {
      return view.fail("unknown activation '", name,
                       "': known are Relu, Tanh, Sigmoid, Affine, LeakyRelu, ThresholdedRelu, "
                       "ScaledTanh, HardSigmoid, Elu, Softsign and Softplus");
    }
    GateActivation activation{row->function, row->alpha, row->beta, view.get_float("clip", 0.0F)};
    if (row->has_alpha && alphas != nullptr && next_alpha < alphas->size()) {
      activation.alpha = (*alphas)[next_alpha++];
    }
    if (row->has_beta && betas != nullptr && next_beta < betas->size()) {
      activation.beta = (*betas)[next_beta++];
    }
    activations.push_back(activation);
  }
  return activations;
}

}  // namespace slipway
