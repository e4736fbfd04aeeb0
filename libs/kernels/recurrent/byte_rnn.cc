#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/byte_rnn.cc"
#define SLIPWAY_INT8_TARGETS
#include "kernels/simd/dispatch.h"
// clang-format off: the products first, in the vectors of the target
// NOLINTBEGIN(llvm-include-order)
#include "kernels/recurrent/byte_product-inl.h"
#include "kernels/recurrent/rnn-inl.h"
// NOLINTEND(llvm-include-order)
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {
constexpr RecurrentKernels kTable = {run};
}  // namespace
const RecurrentKernels& byte_rnn_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(RecurrentKernels, byte_rnn_kernels, byte_rnn_table)
}  // namespace slipway
#endif
