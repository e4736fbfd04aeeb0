#include "kernels/numeric/remainder.h"

#include <cmath>
#include <cstdint>

namespace slipway::numeric {

// By a division in double where the quotient has 28 bits at most. It lies a 2^24th or more from the
// integers that it is not, so that rounding never takes it to one; its product with b is exact, and
// so is the difference.
float fmod(float a, float b) {
  const double quotient = static_cast<double>(a) / static_cast<double>(b);
  if (!(std::fabs(quotient) < 0x1p28) || std::isinf(b)) return std::fmod(a, b);
  const double whole = static_cast<std::int32_t>(quotient);
  return std::copysign(static_cast<float>(a - whole * b), a);
}

}  // namespace slipway::numeric
