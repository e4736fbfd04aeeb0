// The inner loop of the convolution of bytes: as tile-inl.h, four channels at a time. Sums are
// exact, so a tile starts from what all its taps' zero points and the bias come to. Include after
// bytes-inl.h.
#if defined(SLIPWAY_CONV_BYTE_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BYTE_TILE_INL_H
#undef SLIPWAY_CONV_BYTE_TILE_INL_H
#else
#define SLIPWAY_CONV_BYTE_TILE_INL_H
#endif

#include <array>
#include <utility>

#include "kernels/conv/byte_conv.h"
#include "kernels/conv/tile-inl.h"
#include "kernels/simd/bytes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kByteColumns = 14;
inline constexpr std::size_t kByteBlocks = 2;
#elif HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kByteColumns = 4;
inline constexpr std::size_t kByteBlocks = 1;
#else
inline constexpr std::size_t kByteColumns = 2;
inline constexpr std::size_t kByteBlocks = 1;
#endif
inline constexpr std::size_t kFour = 4;
inline constexpr std::size_t kFourBytes = kConvBlock * kFour;  // of weights

// Steps in bytes.
struct ByteRun {
  const std::uint8_t* x;
  const std::int8_t* w;
  const std::int32_t* start;  // [columns, or 1][blocks][16]
  std::size_t start_column;   // 0: the same for every column
  std::size_t blocks, depths, heights, widths, last_fours;
  std::size_t x_block, x_depth, x_height, x_width, x_position;
  std::size_t w_block, w_depth, w_height, w_width, w_out;
  const Range* columns;  // that tap k of the width reaches, where the tile has edges
  // Lines of 64 bytes to fetch with each block of channels of a tap: of the weights that stand
  // `ahead` bytes further on, which the next blocks of output channels will need.
  std::size_t ahead;
  Range lines;
};

// Column p of output block b at y + b * block + p * 16.
struct ByteOutput {
  std::uint8_t* y;
  const float* multiplier;
  std::size_t block;
  ByteRange range;
  ByteResidual residual;  // r at the tile
};

template <std::size_t kColumns, std::size_t kBlocks>
struct ByteTile {
  ByteSums at[kColumns][kBlocks];
};

template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_byte_tap(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                             const std::int8_t* w, std::size_t fours,
                             ByteTile<kColumns, kBlocks>& tile) {
  for (std::size_t c = 0; c < fours; ++c) {
    typename Form::Weights weight[kBlocks];
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      weight[b] = Form::load_weights(w + b * run.w_out);
    }
    SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
      const typename Form::Four value = Form::load_four(x + p * step);
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
        tile.at[p][b] = Form::dot(tile.at[p][b], value, weight[b]);
      }
    }
    x += kFour;
    w += kFourBytes;
  }
}

template <typename Form, bool kHasEdges, std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_edged_byte_tap(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                                   const std::int8_t* w, std::size_t fours, std::size_t k,
                                   ByteTile<kColumns, kBlocks>& tile) {
  constexpr std::size_t kTwo = kColumns < 2 ? kColumns : 2;
  if constexpr (!kHasEdges) {
    add_byte_tap<Form, 0, kColumns>(run, step, x, w, fours, tile);
  } else {
    const Range columns = run.columns[k];
    if (columns == Range{0, kColumns}) {
      add_byte_tap<Form, 0, kColumns>(run, step, x, w, fours, tile);
    } else if (columns == Range{1, kColumns}) {
      add_byte_tap<Form, 1, kColumns>(run, step, x, w, fours, tile);
    } else if (columns == Range{0, kColumns - 1}) {
      add_byte_tap<Form, 0, kColumns - 1>(run, step, x, w, fours, tile);
    } else if (columns == Range{kTwo, kColumns}) {
      add_byte_tap<Form, kTwo, kColumns>(run, step, x, w, fours, tile);
    } else if (columns == Range{0, kColumns - kTwo}) {
      add_byte_tap<Form, 0, kColumns - kTwo>(run, step, x, w, fours, tile);
    }
  }
}

HWY_INLINE F32x16 dequantized(I32x16 q, std::int32_t zero, float scale) {
  return mul(to_float(sub(q, set_i32(zero))), set(scale));
}

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kPacked = 4;  // columns at a time

// Of four columns, sixteen channels each, q + zero within the range, as bytes side by side. Packing
// saturates on the way, which the bounds then contain.
HWY_INLINE __m512i packed_bytes(const __m512i (&q)[kPacked], ByteRange range) {
  const __m512i zero = _mm512_set1_epi16(static_cast<std::int16_t>(range.zero));
  const __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(q[0], q[1]), zero);
  const __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(q[2], q[3]), zero);
  const __m512i low = _mm512_set1_epi8(static_cast<char>(range.low));
  const __m512i high = _mm512_set1_epi8(static_cast<char>(range.high));
  const __m512i bytes = _mm512_min_epu8(_mm512_max_epu8(_mm512_packus_epi16(ab, cd), low), high);
  // By fours of channels, of each the columns: the other way round.
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  return _mm512_permutexvar_epi32(order, bytes);
}

// The integers nearest to x: what is below all of them becomes the least, as does what is above
// unless it was bounded before.
HWY_INLINE __m512i nearest(__m512 x) { return _mm512_cvtps_epi32(x); }

// Bounded in float, whose bounds are whole numbers, so that rounding may follow.
struct ByteSummand {
  __m512 low, high;  // less the zero point
  __m512 y_scale, zero, scale, sum_scale;

  explicit ByteSummand(const ByteOutput& to)
      : low(_mm512_set1_ps(static_cast<float>(to.range.low - to.range.zero))),
        high(_mm512_set1_ps(static_cast<float>(to.range.high - to.range.zero))),
        y_scale(_mm512_set1_ps(to.residual.y_scale)),
        zero(_mm512_set1_ps(static_cast<float>(to.residual.zero))),
        scale(_mm512_set1_ps(to.residual.scale)),
        sum_scale(_mm512_set1_ps(to.residual.sum_scale)) {}

  HWY_INLINE __m512 added(__m512 x, const std::uint8_t* r) const {
    const __m512 q = _mm512_roundscale_ps(_mm512_min_ps(_mm512_max_ps(x, low), high),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    const __m512i byte = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(r)));
    const __m512 other = _mm512_mul_ps(_mm512_sub_ps(_mm512_cvtepi32_ps(byte), zero), scale);
    const __m512 both = _mm512_add_ps(_mm512_mul_ps(q, y_scale), other);
    return _mm512_min_ps(_mm512_div_ps(both, sum_scale), _mm512_set1_ps(1024.0F));
  }
};

template <std::size_t kBlocks, bool kHasResidual>
HWY_INLINE void finish_block(const std::int32_t* sums, std::size_t columns, std::size_t b,
                             const ByteOutput& to) {
  const __m512 multiplier = _mm512_loadu_ps(to.multiplier + b * kConvBlock);
  // A product with less than 1 is an integer of 32 bits.
  const bool is_small = _mm512_cmp_ps_mask(multiplier, _mm512_set1_ps(1.0F), _CMP_LT_OQ) == 0xFFFF;
  const ByteSummand summand(to);
  const ByteRange range =
      kHasResidual ? ByteRange{to.residual.sum_zero, to.residual.sum_low, to.residual.sum_high}
                   : to.range;
  for (std::size_t p = 0; p < columns; p += kPacked) {
    const std::size_t count = columns - p < kPacked ? columns - p : kPacked;
    const std::size_t at = b * to.block + p * kConvBlock;
    __m512i q[kPacked];
    SLIPWAY_UNROLL for (std::size_t i = 0; i < kPacked; ++i) {
      const std::size_t column = i < count ? p + i : p;
      const __m512i sum = _mm512_loadu_si512(sums + (column * kBlocks + b) * kConvBlock);
      __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), multiplier);
      if constexpr (kHasResidual) {
        x = summand.added(x, to.residual.r + at + (column - p) * kConvBlock);
      } else if (HWY_UNLIKELY(!is_small)) {
        x = _mm512_min_ps(x, _mm512_set1_ps(1024.0F));
      }
      q[i] = nearest(x);
    }
    const __m512i bytes = packed_bytes(q, range);
    if (HWY_LIKELY(count == kPacked)) {
      _mm512_storeu_si512(to.y + at, bytes);
    } else {
      _mm512_mask_storeu_epi8(to.y + at, (std::uint64_t{1} << (count * kConvBlock)) - 1, bytes);
    }
  }
}

// Of block b and column p at sums[(p * kBlocks + b) * 16]. A loop, for it is long.
template <std::size_t kBlocks>
HWY_NOINLINE void finish_bytes(const std::int32_t* sums, std::size_t columns,
                               const ByteOutput& output) {
  const ByteOutput to = output;  // its bytes are not those that are written
  for (std::size_t b = 0; b < kBlocks; ++b) {
    if (to.residual.r == nullptr) {
      finish_block<kBlocks, false>(sums, columns, b, to);
    } else {
      finish_block<kBlocks, true>(sums, columns, b, to);
    }
  }
}
#else
// Of block b and column p at sums[(p * kBlocks + b) * 16]. A loop, for it is long.
template <std::size_t kBlocks>
HWY_NOINLINE void finish_bytes(const std::int32_t* sums, std::size_t columns,
                               const ByteOutput& output) {
  const ByteOutput to = output;  // its bytes are not those that are written
  const ByteResidual& add_to = to.residual;
  const ByteRange sum_range = {add_to.sum_zero, add_to.sum_low, add_to.sum_high};
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const F32x16 multiplier = load(to.multiplier + b * kConvBlock);
    for (std::size_t p = 0; p < columns; ++p) {
      const std::size_t at = b * to.block + p * kConvBlock;
      const I32x16 sum = load_i32(sums + (p * kBlocks + b) * kConvBlock);
      I32x16 q = to_bytes(mul(to_float(sum), multiplier), to.range);
      if (add_to.r != nullptr) {
        const F32x16 both = add(dequantized(q, to.range.zero, add_to.y_scale),
                                dequantized(load_u8(add_to.r + at), add_to.zero, add_to.scale));
        q = to_bytes(div(both, set(add_to.sum_scale)), sum_range);
      }
      store_bytes(q, to.y + at);
    }
  }
}
#endif

#if HWY_TARGET == HWY_AVX3_DL
// It only warms a cache: addresses beyond the weights do no harm.
HWY_INLINE void fetch_ahead(const ByteRun& run, const std::int8_t* w) {
  for (std::size_t line = run.lines.begin; line < run.lines.end; ++line) {
    const std::size_t block = line / (kConvBlock * kConvBlock / 64);
    const std::size_t within = line % (kConvBlock * kConvBlock / 64);
    _mm_prefetch(reinterpret_cast<const char*>(w) + run.ahead + block * run.w_out + within * 64,
                 _MM_HINT_T1);
  }
}
#else
HWY_INLINE void fetch_ahead(const ByteRun&, const std::int8_t*) {}
#endif

// kStep: bytes between the inputs of neighbouring columns; 0: any. kFewStep: of those convolutions
// with this step that have at most four input channels.
inline constexpr std::size_t kFewStep = 2 * kConvBlock;

template <typename Form, std::size_t kStep, bool kHasEdges, std::size_t kColumns,
          std::size_t kBlocks>
void byte_tile(const ByteRun& run, const ByteOutput& to) {
  const std::size_t step = kStep == 0 ? run.x_position : kStep;
  ByteTile<kColumns, kBlocks> tile;
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      tile.at[p][b] = start_sums(run.start + p * run.start_column + b * kConvBlock);
    }
  }
  constexpr bool kIsFew = kStep == kFewStep;
  for (std::size_t i = 0; i < (kIsFew ? 1 : run.blocks); ++i) {
    const std::size_t fours = kIsFew ? 1 : i + 1 == run.blocks ? run.last_fours : kFour;
    for (std::size_t d = 0; d < run.depths; ++d) {
      for (std::size_t h = 0; h < run.heights; ++h) {
        const std::uint8_t* x = run.x + i * run.x_block + d * run.x_depth + h * run.x_height;
        const std::int8_t* w = run.w + i * run.w_block + d * run.w_depth + h * run.w_height;
        for (std::size_t k = 0; k < run.widths; ++k, x += run.x_width, w += run.w_width) {
          if constexpr (!kIsFew) fetch_ahead(run, w);
          add_edged_byte_tap<Form, kHasEdges>(run, step, x, w, fours, k, tile);
        }
      }
    }
  }
  std::int32_t sums[kColumns * kBlocks * kConvBlock];
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      store_i32(finished(tile.at[p][b]), sums + (p * kBlocks + b) * kConvBlock);
    }
  }
  finish_bytes<kBlocks>(sums, kColumns, to);
}

#if HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kWorthLooking = 4;  // tiles, or looking takes longer than it saves

// Whether a multiple of 64 weights are as SmallPairs asks.
HWY_NOINLINE bool has_small_pairs(const std::int8_t* weights, std::size_t bytes) {
  __m256i most = _mm256_setzero_si256();
  for (std::size_t i = 0; i < bytes; i += 32) {
    const __m256i sizes = _mm256_abs_epi8(load_half(weights + i, 0));
    most = _mm256_max_epi16(most, _mm256_maddubs_epi16(sizes, _mm256_set1_epi8(1)));
  }
  const __m256i over = _mm256_cmpgt_epi16(most, _mm256_set1_epi16(128));
  return _mm256_testz_si256(over, over) != 0;
}
#endif

using ByteTileKernel = void (*)(const ByteRun&, const ByteOutput&);

template <typename Form, std::size_t kStep, bool kHasEdges, std::size_t kBlocks,
          std::size_t... kIndex>
constexpr std::array<ByteTileKernel, sizeof...(kIndex)> byte_tiles(std::index_sequence<kIndex...>) {
  return {byte_tile<Form, kStep, kHasEdges, indexed_columns(kIndex), kBlocks>...};
}

// Kernels by tile_index, and what they subtract from each byte.
struct ByteKernels {
  const ByteTileKernel* whole;
  const ByteTileKernel* edged;
  std::int32_t offset;
};

template <std::size_t kStep, std::size_t kBlocks>
struct ByteTiles {
  static constexpr std::size_t kColumns =
      kStep == 0 && kByteColumns > 7 ? std::size_t{7} : kByteColumns;

  template <typename Form>
  static ByteKernels of() {
    static constexpr auto kIndex = std::make_index_sequence<tile_index(kColumns) + 1>();
    static constexpr auto kWhole = byte_tiles<Form, kStep, false, kBlocks>(kIndex);
    static constexpr auto kEdged = byte_tiles<Form, kStep, true, kBlocks>(kIndex);
    return {kWhole.data(), kEdged.data(), Form::kOffset};
  }

  // The quickest for `bytes` weights, which so many tiles will take.
  static ByteKernels of(const std::int8_t* weights, std::size_t bytes, std::size_t tiles) {
#if HWY_TARGET == HWY_AVX2
    if (tiles >= kWorthLooking && has_small_pairs(weights, bytes)) return of<SmallPairs>();
#else
    static_cast<void>(weights), static_cast<void>(bytes), static_cast<void>(tiles);
#endif
    return of<AnyBytes>();
  }
};

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BYTE_TILE_INL_H
