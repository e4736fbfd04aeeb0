// Support vector machines: the kernel function of products or distances, and the weighted sums of
// what it gives (docs/numerics.md, "Classical models").
//
// Vectors stand class by class, each class filled up to a multiple of sixteen with zeros whose
// coefficients are 0, so that a class begins in the first of sixteen lanes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class SvmKind : std::uint8_t { kLinear, kPoly, kRbf, kSigmoid, kCount };

// Of s, a squared distance for kRbf and a product for all others:
//   kLinear   s
//   kRbf      exp(-gamma * s)
//   kPoly     (gamma * s + coef0)^degree: factors from left to right where degree is a whole number
//             from 1 to 16, else pow
//   kSigmoid  tanh(gamma * s + coef0)
struct SvmFunction {
  SvmKind kind = SvmKind::kLinear;
  float gamma = 0;
  float coef0 = 0;
  float degree = 0;
};

// As many factors as the power is a product of; 0 where it is pow.
std::size_t svm_factors(const SvmFunction& function);

// The definition, of one number.
float svm_value(const SvmFunction& function, float s);

// What the values of one row are weighed with.
struct SvmWeights {
  std::size_t classes;        // 1: all vectors give one sum; else each pair of classes gives one
  const std::int32_t* first;  // of each class's vectors, and the end: multiples of 16
  std::size_t vectors;
  const float* coefficients;  // [1 or classes - 1, vectors]
  const float* rho;           // one a sum
};

// The definition of a row's sums, of pairs (0 1), (0 2), ... (1 2), ...: class i by row j - 1 of
// the coefficients, then class j by row i. Lane l of sixteen adds, in double, the products of
// elements l, l + 16, ... of the one class and then of the other; the tree of numeric/lanes.h puts
// the lanes together; rho is added.
void svm_sums(const SvmWeights& weights, const float* values, double* sums);

struct SvmKernels {
  // svm_value of each, in place.
  void (*evaluate)(const SvmFunction& function, float* s, std::size_t count);
  void (*sums)(const SvmWeights& weights, const float* values, double* sums);
};

const SvmKernels& svm_kernels(Isa isa);

}  // namespace slipway
