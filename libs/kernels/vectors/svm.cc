#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vectors/svm.cc"
#include "kernels/vectors/svm.h"

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/lanes.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

void evaluate(const SvmFunction& function, float* s, std::size_t count) {
  const F32x16 gamma = set(function.gamma);
  const F32x16 coef0 = set(function.coef0);
  switch (function.kind) {
    case SvmKind::kRbf: {
      const F32x16 factor = set(-function.gamma);
      map_row(s, s, count, [=](F32x16 x) SLIPWAY_LAMBDA { return exp(mul(factor, x)); });
      return;
    }
    case SvmKind::kSigmoid:
      map_row(s, s, count,
              [=](F32x16 x) SLIPWAY_LAMBDA { return tanh(add(mul(gamma, x), coef0)); });
      return;
    case SvmKind::kPoly: {
      const std::size_t factors = svm_factors(function);
      if (factors == 0) {
        for (std::size_t i = 0; i < count; ++i) s[i] = svm_value(function, s[i]);
        return;
      }
      map_row(s, s, count, [=](F32x16 x) SLIPWAY_LAMBDA {
        const F32x16 base = add(mul(gamma, x), coef0);
        F32x16 power = base;
        for (std::size_t i = 1; i < factors; ++i) power = mul(power, base);
        return power;
      });
      return;
    }
    default:
      return;
  }
}

#if HWY_TARGET == HWY_SCALAR
void sums(const SvmWeights& weights, const float* values, double* y) {
  svm_sums(weights, values, y);
}
#else
using DD = hn::CappedTag<double, kWide>;
using DH = hn::Rebind<float, DD>;
constexpr std::size_t kDoubles = HWY_MIN(HWY_LANES(double), kWide);
constexpr std::size_t kDoubleParts = kWide / kDoubles;

struct F64x16 {
  hn::Vec<DD> part[kDoubleParts];
};

// Products of two floats are exact in double: one rounding, as in a product and a sum.
HWY_INLINE F64x16 add_class(const SvmWeights& weights, const float* values, std::size_t i,
                            std::size_t row, F64x16 lanes) {
  const auto end = static_cast<std::size_t>(weights.first[i + 1]);
  const float* const coefficients = weights.coefficients + row * weights.vectors;
  for (auto v = static_cast<std::size_t>(weights.first[i]); v < end; v += kWide) {
    HWY_UNROLL(8)
    for (std::size_t p = 0; p < kDoubleParts; ++p) {
      const auto value = hn::PromoteTo(DD(), hn::LoadU(DH(), values + v + p * kDoubles));
      const auto factor = hn::PromoteTo(DD(), hn::LoadU(DH(), coefficients + v + p * kDoubles));
      lanes.part[p] = hn::MulAdd(value, factor, lanes.part[p]);
    }
  }
  return lanes;
}

HWY_INLINE F64x16 no_lanes() {
  F64x16 lanes;
  for (auto& part : lanes.part) part = hn::Zero(DD());
  return lanes;
}

HWY_INLINE double sum_of(F64x16 lanes) {
  for (std::size_t half = kDoubleParts / 2; half != 0; half /= 2) {
    for (std::size_t p = 0; p < half; ++p)
      lanes.part[p] = hn::Add(lanes.part[p], lanes.part[p + half]);
  }
  double lane[kDoubles];
  hn::StoreU(lanes.part[0], DD(), lane);
  for (std::size_t half = kDoubles / 2; half != 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l) lane[l] += lane[l + half];
  }
  return lane[0];
}

void sums(const SvmWeights& weights, const float* values, double* y) {
  if (weights.classes == 1) {
    *y = sum_of(add_class(weights, values, 0, 0, no_lanes())) + static_cast<double>(weights.rho[0]);
    return;
  }
  std::size_t pair = 0;
  for (std::size_t i = 0; i < weights.classes; ++i) {
    for (std::size_t j = i + 1; j < weights.classes; ++j, ++pair) {
      const F64x16 one = add_class(weights, values, i, j - 1, no_lanes());
      y[pair] =
          sum_of(add_class(weights, values, j, i, one)) + static_cast<double>(weights.rho[pair]);
    }
  }
}
#endif

constexpr SvmKernels kTable = {evaluate, sums};

}  // namespace
const SvmKernels& svm_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

SLIPWAY_KERNELS(SvmKernels, svm_kernels, svm_table)

std::size_t svm_factors(const SvmFunction& function) {
  constexpr float kMostFactors = 16;
  if (!(function.degree >= 1 && function.degree <= kMostFactors)) return 0;
  const auto factors = static_cast<std::size_t>(function.degree);
  return static_cast<float>(factors) == function.degree ? factors : 0;
}

float svm_value(const SvmFunction& function, float s) {
  switch (function.kind) {
    case SvmKind::kRbf:
      return numeric::exp(-function.gamma * s);
    case SvmKind::kSigmoid:
      return numeric::tanh(function.gamma * s + function.coef0);
    case SvmKind::kPoly: {
      const float base = function.gamma * s + function.coef0;
      const std::size_t factors = svm_factors(function);
      if (factors == 0) return numeric::pow(base, function.degree);
      float power = base;
      for (std::size_t i = 1; i < factors; ++i) power *= base;
      return power;
    }
    default:
      return s;
  }
}

namespace {

void add_class(const SvmWeights& weights, const float* values, std::size_t i, std::size_t row,
               double* lane) {
  const float* const coefficients = weights.coefficients + row * weights.vectors;
  for (std::int32_t v = weights.first[i]; v < weights.first[i + 1]; ++v) {
    lane[static_cast<std::size_t>(v) % numeric::kLanes] +=
        static_cast<double>(values[v]) * static_cast<double>(coefficients[v]);
  }
}

double sum_of(double* lane) {
  return numeric::combine_lanes(lane, numeric::kLanes, [](double x, double y) { return x + y; });
}

}  // namespace

void svm_sums(const SvmWeights& weights, const float* values, double* sums) {
  if (weights.classes == 1) {
    double lane[numeric::kLanes] = {};
    add_class(weights, values, 0, 0, lane);
    sums[0] = sum_of(lane) + static_cast<double>(weights.rho[0]);
    return;
  }
  std::size_t pair = 0;
  for (std::size_t i = 0; i < weights.classes; ++i) {
    for (std::size_t j = i + 1; j < weights.classes; ++j, ++pair) {
      double lane[numeric::kLanes] = {};
      add_class(weights, values, i, j - 1, lane);
      add_class(weights, values, j, i, lane);
      sums[pair] = sum_of(lane) + static_cast<double>(weights.rho[pair]);
    }
  }
}

}  // namespace slipway
#endif
