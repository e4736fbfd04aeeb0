// Epilogues on blocks of a product that has just been stored. Include after dispatch.h.
#if defined(SLIPWAY_EPILOGUE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_EPILOGUE_INL_H
#undef SLIPWAY_EPILOGUE_INL_H
#else
#define SLIPWAY_EPILOGUE_INL_H
#endif

#include <algorithm>

#include "kernels/gemm/epilogue.h"
#include "kernels/simd/activation-inl.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// A block of C, and the sums that it is made of; these may stand in it. first_row is its place in
// the addend, first_column in addend, bias and scale.
struct Block {
  float* c;
  std::size_t stride;
  const float* sums;
  std::size_t sums_stride;
  std::size_t first_row, rows;
  std::size_t first_column, columns;
};

// y = clamp((x * scale + bias) + addend), sixteen columns at a time; x + -0 is x.
template <bool kHasScale, bool kHasAddend, bool kIsClamped>
HWY_NOINLINE void finish_linear(const Block& block, const Epilogue& epilogue, const float* scale) {
  const Clamp bounds = clamp_of(epilogue.activation);
  for (std::size_t j = 0; j < block.columns; j += kWide) {
    const std::size_t count = std::min(kWide, block.columns - j);
    const std::size_t column = block.first_column + j;
    const F32x16 factor = kHasScale ? load_first(scale + column, count) : set(1.0F);
    const F32x16 bias =
        epilogue.bias == nullptr ? set(-0.0F) : load_first(epilogue.bias + column, count);
    float* c = block.c + j;
    const float* sums = block.sums + j;
    const float* addend = epilogue.addend;
    if (kHasAddend) addend += block.first_row * epilogue.addend_stride + column;
    for (std::size_t i = 0; i < block.rows; ++i, c += block.stride, sums += block.sums_stride) {
      F32x16 x = load_first(sums, count);
      if (kHasScale) x = mul(x, factor);
      x = add(x, bias);
      if (kHasAddend) {
        x = add(x, load_first(addend, count));
        addend += epilogue.addend_stride;
      }
      store_first(kIsClamped ? clamp(x, bounds) : x, c, count);
    }
  }
}

inline void finish_linear(const Block& block, const Epilogue& epilogue, const float* scale) {
  const bool is_clamped =
      is_clamp(epilogue.activation) && epilogue.activation.kind != Activation::kNone;
  const bool has_addend = epilogue.addend != nullptr;
  if (scale != nullptr) {
    return has_addend ? finish_linear<true, true, true>(block, epilogue, scale)
                      : finish_linear<true, false, true>(block, epilogue, scale);
  }
  if (is_clamped) {
    return has_addend ? finish_linear<false, true, true>(block, epilogue, scale)
                      : finish_linear<false, false, true>(block, epilogue, scale);
  }
  if (has_addend) return finish_linear<false, true, false>(block, epilogue, scale);
  if (epilogue.bias != nullptr || block.sums != block.c)
    finish_linear<false, false, false>(block, epilogue, scale);
}

// times scale (of each column; may be null), then the epilogue.
inline void finish(const Block& block, const Epilogue& epilogue, const float* scale) {
  if (epilogue.is_empty() && scale == nullptr && block.sums == block.c) return;
  finish_linear(block, epilogue, scale);
  if (is_clamp(epilogue.activation)) return;
  for (std::size_t i = 0; i < block.rows; ++i) {
    activate_row(block.c + i * block.stride, block.columns, epilogue.activation);
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_EPILOGUE_INL_H
