#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/layout.cc"
#include "kernels/conv/layout.h"

#include <algorithm>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// A 16 x 16 square, in four steps that each put one bit of the column into the row: with rows a
// and a + 8 of one square, columns of the next alternate between them.
HWY_INLINE void transpose(const float* from, std::size_t from_pitch, float* to,
                          std::size_t to_pitch) {
  const DF d;
  hn::Vec<DF> a[kWide];
  hn::Vec<DF> b[kWide];
  for (std::size_t i = 0; i < kWide; ++i) a[i] = hn::LoadU(d, from + i * from_pitch);
  const auto low = [&](const hn::Vec<DF>& x, const hn::Vec<DF>& y) HWY_ATTR {
    alignas(64) static constexpr std::int32_t kIndex[16] = {0, 16, 1, 17, 2, 18, 3, 19,
                                                            4, 20, 5, 21, 6, 22, 7, 23};
    return hn::Vec<DF>{_mm512_permutex2var_ps(x.raw, _mm512_load_si512(kIndex), y.raw)};
  };
  const auto high = [&](const hn::Vec<DF>& x, const hn::Vec<DF>& y) HWY_ATTR {
    alignas(64) static constexpr std::int32_t kIndex[16] = {8,  24, 9,  25, 10, 26, 11, 27,
                                                            12, 28, 13, 29, 14, 30, 15, 31};
    return hn::Vec<DF>{_mm512_permutex2var_ps(x.raw, _mm512_load_si512(kIndex), y.raw)};
  };
  for (int step = 0; step < 2; ++step) {
    for (std::size_t i = 0; i < 8; ++i) {
      b[2 * i] = low(a[i], a[i + 8]);
      b[2 * i + 1] = high(a[i], a[i + 8]);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      a[2 * i] = low(b[i], b[i + 8]);
      a[2 * i + 1] = high(b[i], b[i + 8]);
    }
  }
  for (std::size_t i = 0; i < kWide; ++i) hn::StoreU(a[i], d, to + i * to_pitch);
}
#elif HWY_TARGET == HWY_SCALAR
HWY_INLINE void transpose(const float* from, std::size_t from_pitch, float* to,
                          std::size_t to_pitch) {
  for (std::size_t i = 0; i < kWide; ++i) {
    for (std::size_t j = 0; j < kWide; ++j) to[j * to_pitch + i] = from[i * from_pitch + j];
  }
}
#else
// Four rows of a vector each become columns of four, in pairs and then in pairs of pairs; in each
// half of a vector of eight.
HWY_INLINE void transpose_fours(hn::Vec<DF> (&a)[4]) {
  const DF d;
  const hn::Repartition<double, DF> pairs;
  const auto in_pairs = [&](const hn::Vec<DF>& x) HWY_ATTR { return hn::BitCast(pairs, x); };
  const auto low = hn::InterleaveLower(d, a[0], a[1]);
  const auto high = hn::InterleaveUpper(d, a[0], a[1]);
  const auto low_next = hn::InterleaveLower(d, a[2], a[3]);
  const auto high_next = hn::InterleaveUpper(d, a[2], a[3]);
  a[0] = hn::BitCast(d, hn::InterleaveLower(pairs, in_pairs(low), in_pairs(low_next)));
  a[1] = hn::BitCast(d, hn::InterleaveUpper(pairs, in_pairs(low), in_pairs(low_next)));
  a[2] = hn::BitCast(d, hn::InterleaveLower(pairs, in_pairs(high), in_pairs(high_next)));
  a[3] = hn::BitCast(d, hn::InterleaveUpper(pairs, in_pairs(high), in_pairs(high_next)));
}

// A square of as many rows as a vector has lanes.
HWY_INLINE void transpose_part(const float* from, std::size_t from_pitch, float* to,
                               std::size_t to_pitch) {
  const DF d;
  hn::Vec<DF> a[4];
  for (std::size_t i = 0; i < 4; ++i) a[i] = hn::LoadU(d, from + i * from_pitch);
  transpose_fours(a);
#if HWY_TARGET == HWY_AVX2
  hn::Vec<DF> b[4];
  for (std::size_t i = 0; i < 4; ++i) b[i] = hn::LoadU(d, from + (i + 4) * from_pitch);
  transpose_fours(b);
  for (std::size_t i = 0; i < 4; ++i) {
    hn::StoreU(hn::ConcatLowerLower(d, b[i], a[i]), d, to + i * to_pitch);
    hn::StoreU(hn::ConcatUpperUpper(d, b[i], a[i]), d, to + (i + 4) * to_pitch);
  }
#else
  for (std::size_t i = 0; i < 4; ++i) hn::StoreU(a[i], d, to + i * to_pitch);
#endif
}

HWY_INLINE void transpose(const float* from, std::size_t from_pitch, float* to,
                          std::size_t to_pitch) {
  for (std::size_t i = 0; i < kWide; i += kPartLanes) {
    for (std::size_t j = 0; j < kWide; j += kPartLanes) {
      transpose_part(from + i * from_pitch + j, from_pitch, to + j * to_pitch + i, to_pitch);
    }
  }
}
#endif

void to_blocked(const float* plain, float* blocked, std::size_t channels, std::size_t positions,
                std::size_t begin, std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) {
    const std::size_t width = std::min(kWide, channels - block * kWide);
    const float* from = plain + block * kWide * positions;
    float* to = blocked + block * kWide * positions;
    std::size_t i = 0;
    for (; width == kWide && i + kWide <= positions; i += kWide) {
      transpose(from + i, positions, to + i * kWide, kWide);
    }
    for (; i < positions; ++i) {
      for (std::size_t c = 0; c < width; ++c) to[i * kWide + c] = from[c * positions + i];
      for (std::size_t c = width; c < kWide; ++c) to[i * kWide + c] = 0.0F;
    }
  }
}

void to_plain(const float* blocked, float* plain, std::size_t channels, std::size_t positions,
              std::size_t begin, std::size_t end) {
  for (std::size_t block = begin; block < end; ++block) {
    const std::size_t width = std::min(kWide, channels - block * kWide);
    const float* from = blocked + block * kWide * positions;
    float* to = plain + block * kWide * positions;
    std::size_t i = 0;
    for (; width == kWide && i + kWide <= positions; i += kWide) {
      transpose(from + i * kWide, kWide, to + i, positions);
    }
    for (; i < positions; ++i) {
      for (std::size_t c = 0; c < width; ++c) to[c * positions + i] = from[i * kWide + c];
    }
  }
}

constexpr LayoutKernels kTable = {to_blocked, to_plain};

}  // namespace
const LayoutKernels& layout_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(LayoutKernels, layout_kernels, layout_table)
}  // namespace slipway
#endif
