#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/strided.cc"
#include "kernels/conv/kernels.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/rows-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Strides above two, which are rare, have tiles of four columns at most: eight sums, with two
// blocks, are as many as keep the processor busy.
using AnyStride = Strided<BlockedInput, 4>;

void blocked(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
             std::size_t end) {
  convolve<AnyStride>(shape, blocked_steps(shape), operands, begin, end);
}

void band(const ConvShape& shape, const ConvBand& rows, const ConvOperands& operands) {
  convolve_band<AnyStride>(shape, blocked_steps(shape), rows, operands);
}

constexpr ConvStridedKernels kTable = {blocked, band};

}  // namespace
const ConvStridedKernels& conv_strided_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ConvStridedKernels, conv_strided_kernels, conv_strided_table)
}  // namespace slipway
#endif
