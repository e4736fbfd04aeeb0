// Epilogues on blocks of a product that has just been stored. Include after dispatch.h.
#if defined(SLIPWAY_EPILOGUE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_EPILOGUE_INL_H
#undef SLIPWAY_EPILOGUE_INL_H
#else
#define SLIPWAY_EPILOGUE_INL_H
#endif

#include <algorithm>

#include "kernels/elementwise/activation.h"
#include "kernels/gemm/epilogue.h"
#include "kernels/simd/activation-inl.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
const ActivationKernels& activation_table();  // elementwise/activation.cc

namespace {

// A block of C; first_row is its place in the addend, first_column in addend, bias and scale.
struct Block {
  float* c;
  std::size_t stride;
  std::size_t first_row, rows;
  std::size_t first_column, columns;
};

// y = clamp((x * scale + bias) + addend), sixteen columns at a time. x * 1 and x + -0 are x.
inline void finish_linear(const Block& block, const Epilogue& epilogue, const float* scale) {
  const Clamp bounds = clamp_of(epilogue.activation);
  for (std::size_t j = 0; j < block.columns; j += kWide) {
    const std::size_t count = std::min(kWide, block.columns - j);
    const std::size_t column = block.first_column + j;
    const F32x16 factor = scale == nullptr ? set(1.0F) : load_first(scale + column, count);
    const F32x16 bias =
        epilogue.bias == nullptr ? set(-0.0F) : load_first(epilogue.bias + column, count);
    float* c = block.c + j;
    const float* addend = epilogue.addend;
    if (addend != nullptr) addend += block.first_row * epilogue.addend_stride + column;
    for (std::size_t i = 0; i < block.rows; ++i, c += block.stride) {
      F32x16 x = add(mul(load_first(c, count), factor), bias);
      if (addend != nullptr) {
        x = add(x, load_first(addend, count));
        addend += epilogue.addend_stride;
      }
      store_first(clamp(x, bounds), c, count);
    }
  }
}

// times scale (of each column; may be null), then the epilogue.
inline void finish(const Block& block, const Epilogue& epilogue, const float* scale) {
  if (epilogue.is_empty() && scale == nullptr) return;
  finish_linear(block, epilogue, scale);
  if (is_clamp(epilogue.activation)) return;
  for (std::size_t i = 0; i < block.rows; ++i) {
    activation_table().row(block.c + i * block.stride, block.columns, epilogue.activation);
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_EPILOGUE_INL_H
