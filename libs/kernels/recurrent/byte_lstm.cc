#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/byte_lstm.cc"
#define SLIPWAY_INT8_TARGETS
#define SLIPWAY_HAS_DOT
#include "kernels/simd/dispatch.h"
// clang-format off: the products first, in the vectors of the target
// NOLINTBEGIN(llvm-include-order)
#include "kernels/recurrent/byte_product-inl.h"
#include "kernels/recurrent/lstm-inl.h"
// NOLINTEND(llvm-include-order)
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {
constexpr RecurrentKernels kTable = {run};
}  // namespace
const RecurrentKernels& byte_lstm_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(RecurrentKernels, byte_lstm_kernels, byte_lstm_table)
}  // namespace slipway
#endif
