#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/direct.cc"
#include "kernels/conv/kernels.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/transposed_rows-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

void blocked(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
             std::size_t end) {
  convolve<BlockedInput>(shape, blocked_steps(shape), operands, begin, end);
}

void band(const ConvShape& shape, const ConvBand& rows, const ConvOperands& operands) {
  convolve_band<BlockedInput>(shape, blocked_steps(shape), rows, operands);
}

constexpr ConvKernels kTable = {blocked, band, convolve_transposed};

}  // namespace
const ConvKernels& conv_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ConvKernels, conv_kernels, conv_table)
}  // namespace slipway
#endif
