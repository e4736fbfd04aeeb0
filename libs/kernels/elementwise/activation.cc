#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/activation.cc"
#include "kernels/elementwise/activation.h"

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/simd/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {
constexpr ActivationKernels kTable = {activate_row};
}  // namespace
const ActivationKernels& activation_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ActivationKernels, activation_kernels, activation_table)
}  // namespace slipway
#endif
