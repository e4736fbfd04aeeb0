#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/lrn.cc"
#include "kernels/rows/lrn.h"

#include <bit>
#include <cstdint>

#include "kernels/numeric/float_math.h"
#include "kernels/simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

inline constexpr std::size_t kColumns = 64;

// base[i] to the power 3/4, which is the double one, rounded; that lies within a few units in the
// last place of the exact one, and so does sqrt(x) sqrt(sqrt(x)) in double. Both round to the same
// float unless the product lies that close to the middle between two floats, or where floats are
// not normal: there the definition decides.
void raise_to_three_quarters(float* base) {
  constexpr std::uint64_t kMiddle = std::uint64_t{1} << 28U;
  constexpr std::uint64_t kBelow = (kMiddle << 1U) - 1;
  constexpr std::uint64_t kClose = 16;
  float power[kColumns];
  std::uint64_t open[kColumns];
  std::uint64_t is_any_open = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const double root = __builtin_sqrt(static_cast<double>(base[i]));
    const double product = root * __builtin_sqrt(root);
    const std::uint64_t below = std::bit_cast<std::uint64_t>(product) & kBelow;
    const bool is_normal = base[i] >= 0x1p-120F && base[i] <= 0x1p120F;
    open[i] = static_cast<std::uint64_t>(below - (kMiddle - kClose) <= 2 * kClose) |
              static_cast<std::uint64_t>(!is_normal);
    is_any_open |= open[i];
    power[i] = static_cast<float>(product);
  }
  if (is_any_open != 0) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (open[i] != 0) power[i] = numeric::pow(base[i], 0.75F);
    }
  }
  for (std::size_t i = 0; i < kColumns; ++i) base[i] = power[i];
}

void raise(float* base, std::size_t count, float beta) {
  if (beta == 0.75F) {
    for (std::size_t i = count; i < kColumns; ++i) base[i] = 1.0F;
    raise_to_three_quarters(base);
  } else if (beta != 1.0F) {
    for (std::size_t i = 0; i < count; ++i) base[i] = numeric::pow(base[i], beta);
  }
}

HWY_INLINE void add_squares(const float* row, float* sums, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] = __builtin_fmaf(row[i], row[i], sums[i]);
}

void normalize(const LrnSpec& spec, const float* x, float* y, std::size_t begin, std::size_t end) {
  for (std::size_t p = begin; p < end; p += kColumns) {
    const std::size_t count = end - p < kColumns ? end - p : kColumns;
    for (std::size_t c = 0; c < spec.channels; ++c) {
      const std::size_t first = c < spec.before ? 0 : c - spec.before;
      const std::size_t left = spec.channels - 1 - c;
      const std::size_t last = c + (spec.after < left ? spec.after : left);
      float sums[kColumns] = {};
      for (std::size_t w = first; w <= last; ++w) {
        if (count == kColumns) {
          add_squares(x + w * spec.inner + p, sums, kColumns);
        } else {
          add_squares(x + w * spec.inner + p, sums, count);
        }
      }
      for (float& sum : sums) {
        const float scaled = spec.factor * sum;
        sum = spec.bias + scaled;
      }
      raise(sums, count, spec.beta);
      const std::size_t at = c * spec.inner + p;
      for (std::size_t i = 0; i < count; ++i) y[at + i] = x[at + i] / sums[i];
    }
  }
}

constexpr LrnKernels kTable = {normalize};

}  // namespace
const LrnKernels& lrn_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(LrnKernels, lrn_kernels, lrn_table)
}  // namespace slipway
#endif
