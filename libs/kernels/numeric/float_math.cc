#include "kernels/numeric/float_math.h"

#include "kernels/numeric/double_core.h"
#include "kernels/numeric/float_core.h"
#include "kernels/numeric/fused.h"
#include "kernels/numeric/trigonometry_core.h"

namespace slipway::numeric {

// A float function that is the double one, rounded once.
#define SLIPWAY_ROUNDED(NAME)                                \
  namespace core {                                           \
  SLIPWAY_INLINE float NAME##_rounded(float x) {             \
    return static_cast<float>(NAME(static_cast<double>(x))); \
  }                                                          \
  }                                                          \
  SLIPWAY_DEFINE_FUSED(float, NAME, (float x), core::NAME##_rounded, (x))
#define SLIPWAY_OWN(NAME) SLIPWAY_DEFINE_FUSED(float, NAME, (float x), core::NAME, (x))
#define SLIPWAY_DOUBLE(NAME) SLIPWAY_DEFINE_FUSED(double, NAME, (double x), core::NAME, (x))

SLIPWAY_OWN(exp)
SLIPWAY_OWN(expm1)
SLIPWAY_OWN(log)
SLIPWAY_OWN(tanh)
SLIPWAY_OWN(sigmoid)
SLIPWAY_OWN(erf)
SLIPWAY_OWN(gelu)
SLIPWAY_OWN(gelu_tanh)

SLIPWAY_DOUBLE(exp)
SLIPWAY_DOUBLE(expm1)
SLIPWAY_DOUBLE(log)
SLIPWAY_DOUBLE(log1p)
SLIPWAY_DOUBLE(tanh)
SLIPWAY_DOUBLE(sigmoid)
SLIPWAY_DOUBLE(softplus)
SLIPWAY_DOUBLE(erf)
SLIPWAY_DOUBLE(sin)
SLIPWAY_DOUBLE(cos)
SLIPWAY_DOUBLE(tan)
SLIPWAY_DOUBLE(asin)
SLIPWAY_DOUBLE(acos)
SLIPWAY_DOUBLE(atan)
SLIPWAY_DOUBLE(sinh)
SLIPWAY_DOUBLE(cosh)
SLIPWAY_DOUBLE(asinh)
SLIPWAY_DOUBLE(acosh)
SLIPWAY_DOUBLE(atanh)
SLIPWAY_DOUBLE(gelu)
SLIPWAY_DOUBLE(gelu_tanh)
SLIPWAY_DEFINE_FUSED(double, pow, (double x, double y), core::pow, (x, y))

SLIPWAY_ROUNDED(log1p)
SLIPWAY_ROUNDED(softplus)
SLIPWAY_ROUNDED(sin)
SLIPWAY_ROUNDED(cos)
SLIPWAY_ROUNDED(tan)
SLIPWAY_ROUNDED(asin)
SLIPWAY_ROUNDED(acos)
SLIPWAY_ROUNDED(atan)
SLIPWAY_ROUNDED(sinh)
SLIPWAY_ROUNDED(cosh)
SLIPWAY_ROUNDED(asinh)
SLIPWAY_ROUNDED(acosh)
SLIPWAY_ROUNDED(atanh)

float pow(float x, float y) {
  return static_cast<float>(pow(static_cast<double>(x), static_cast<double>(y)));
}
float sqrt(float x) { return core::root(x); }
double sqrt(double x) { return core::root(x); }

}  // namespace slipway::numeric
