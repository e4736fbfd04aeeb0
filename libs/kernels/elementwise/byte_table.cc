#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/byte_table.cc"
#include "kernels/elementwise/byte_table.h"

#define SLIPWAY_INT8_TARGETS
#include "kernels/simd/dispatch.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

void look_up_each(const std::uint8_t* table, const std::uint8_t* x, std::uint8_t* y,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = table[x[i]];
}

#if HWY_TARGET == HWY_AVX3_DL
// A permutation of two registers looks up seven bits; the eighth chooses between two of them.
void look_up(const std::uint8_t* table, const std::uint8_t* x, std::uint8_t* y, std::size_t count) {
  const __m512i t0 = _mm512_loadu_si512(table);
  const __m512i t1 = _mm512_loadu_si512(table + 64);
  const __m512i t2 = _mm512_loadu_si512(table + 128);
  const __m512i t3 = _mm512_loadu_si512(table + 192);
  std::size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    const __m512i v = _mm512_loadu_si512(x + i);
    const __m512i low = _mm512_permutex2var_epi8(t0, v, t1);
    const __m512i high = _mm512_permutex2var_epi8(t2, v, t3);
    _mm512_storeu_si512(y + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), low, high));
  }
  look_up_each(table, x + i, y + i, count - i);
}
#else
void look_up(const std::uint8_t* table, const std::uint8_t* x, std::uint8_t* y, std::size_t count) {
  look_up_each(table, x, y, count);
}
#endif

constexpr ByteTableKernels kTable = {look_up};

}  // namespace
const ByteTableKernels& byte_table_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ByteTableKernels, byte_table_kernels, byte_table_table)
}  // namespace slipway
#endif
