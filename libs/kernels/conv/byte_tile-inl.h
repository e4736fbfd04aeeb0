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
#include "kernels/conv/byte_finish-inl.h"
#include "kernels/conv/tile-inl.h"
#include "kernels/simd/bytes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kByteColumns = 14;
inline constexpr std::size_t kByteBlocks = 2;
#elif HWY_TARGET == HWY_AVX2 && defined(SLIPWAY_DOT)
inline constexpr std::size_t kByteColumns = 7;
inline constexpr std::size_t kByteBlocks = 1;
#elif HWY_TARGET == HWY_AVX2 || defined(SLIPWAY_DOT)
inline constexpr std::size_t kByteColumns = 4;
inline constexpr std::size_t kByteBlocks = 1;
#else
inline constexpr std::size_t kByteColumns = 2;
inline constexpr std::size_t kByteBlocks = 1;
#endif
inline constexpr std::size_t kFour = 4;
inline constexpr std::size_t kFourBytes = kConvBlock * kFour;               // of weights
inline constexpr std::size_t kLinesOfBlock = kConvBlock * kConvBlock / 64;  // by one of channels

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
  // `ahead` bytes further on, which the next blocks of output channels will need. The next tile's
  // are as many of those that follow, of as many as a block has.
  std::size_t ahead;
  std::size_t lines_a_tile;
  Range lines;

  // Those of so many blocks of output channels.
  Range next_lines(Range before, std::size_t out_blocks) const {
    const std::size_t all = out_blocks * kLinesOfBlock;
    return {std::min(all, before.end), std::min(all, before.end + lines_a_tile)};
  }
};

template <std::size_t kColumns, std::size_t kBlocks>
struct ByteTile {
  ByteSums at[kColumns][kBlocks];
};

#if HWY_TARGET == HWY_AVX2 && defined(SLIPWAY_DOT)
inline constexpr std::size_t kByteSeven = 7;

// The sums take fourteen of the sixteen registers, an input and half of the weights the other two.
template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns>
HWY_INLINE void add_four_to_seven(std::size_t step, const std::uint8_t* x, const std::int8_t* w,
                                  ByteTile<kColumns, 1>& tile) {
  const __m256i first = load_half(w, 0);
  SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
    tile.at[p][0] =
        dot_from_memory(tile.at[p][0], Form::load_four(x + p * step), first, w + kFourBytes / 2);
  }
  asm("" ::: "memory");  // the next weights after these: there is no register for both
}
#else
inline constexpr std::size_t kByteSeven = 0;
template <typename Form, std::size_t kFirst, std::size_t kEnd, typename Any>
void add_four_to_seven(std::size_t, const std::uint8_t*, const std::int8_t*, Any&) {}
#endif

// Four channels of a tap.
template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_four(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                         const std::int8_t* w, ByteTile<kColumns, kBlocks>& tile) {
  if constexpr (kColumns == kByteSeven)
    return add_four_to_seven<Form, kFirst, kEnd>(step, x, w, tile);
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
}

#if HWY_TARGET == HWY_NEON && defined(SLIPWAY_DOT)
inline constexpr bool kHasBlockOfFours = true;

template <int kOfBlock, typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_four_of_block(const ByteRun& run, const typename Form::Four (&x)[kColumns],
                                  const std::int8_t* w, ByteTile<kColumns, kBlocks>& tile) {
  SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
    const typename Form::Weights weight =
        Form::load_weights(w + b * run.w_out + kOfBlock * kFourBytes);
    SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
      tile.at[p][b] = Form::template dot_in_block<kOfBlock>(tile.at[p][b], x[p], weight);
    }
  }
  asm("" ::: "memory");
}

// A whole block of channels, of which an instruction takes any four.
template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_byte_block(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                               const std::int8_t* w, ByteTile<kColumns, kBlocks>& tile) {
  typename Form::Four values[kColumns];
  SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
    values[p] = Form::load_block(x + p * step);
  }
  // The weights of one after the other: all at once leave sums without a register.
  add_four_of_block<0, Form, kFirst, kEnd>(run, values, w, tile);
  add_four_of_block<1, Form, kFirst, kEnd>(run, values, w, tile);
  add_four_of_block<2, Form, kFirst, kEnd>(run, values, w, tile);
  add_four_of_block<3, Form, kFirst, kEnd>(run, values, w, tile);
}
#else
inline constexpr bool kHasBlockOfFours = false;

// A whole block of channels: a loop of so few turns is left by a branch that is not foreseen.
template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_byte_block(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                               const std::int8_t* w, ByteTile<kColumns, kBlocks>& tile) {
  SLIPWAY_UNROLL for (std::size_t c = 0; c < kFour; ++c) {
    add_four<Form, kFirst, kEnd>(run, step, x + c * kFour, w + c * kFourBytes, tile);
  }
}
#endif

template <typename Form, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_byte_tap(const ByteRun& run, std::size_t step, const std::uint8_t* x,
                             const std::int8_t* w, std::size_t fours,
                             ByteTile<kColumns, kBlocks>& tile) {
  if (kHasBlockOfFours && fours == kFour)
    return add_byte_block<Form, kFirst, kEnd>(run, step, x, w, tile);
  for (std::size_t c = 0; c < fours; ++c, x += kFour, w += kFourBytes) {
    add_four<Form, kFirst, kEnd>(run, step, x, w, tile);
    if constexpr (kHasBlockOfFours) asm("" ::: "memory");  // up to three, one by one
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

#if HWY_TARGET == HWY_AVX3_DL
// It only warms a cache: addresses beyond the weights do no harm.
HWY_INLINE void fetch_ahead(const ByteRun& run, Range lines, const std::int8_t* w) {
  for (std::size_t line = lines.begin; line < lines.end; ++line) {
    const std::size_t block = line / kLinesOfBlock;
    const std::size_t within = line % kLinesOfBlock;
    _mm_prefetch(reinterpret_cast<const char*>(w) + run.ahead + block * run.w_out + within * 64,
                 _MM_HINT_T1);
  }
}
#else
HWY_INLINE void fetch_ahead(const ByteRun&, Range, const std::int8_t*) {}
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
          if constexpr (!kIsFew) fetch_ahead(run, run.lines, w);
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

// The sums of neighbouring tiles of a pointwise convolution, one column after the other: what one
// tile costs beside its products is as much as those of many channels.
template <typename Form, std::size_t kStep, std::size_t kColumns, std::size_t kBlocks>
void pointwise_byte_tiles(const ByteRun& run, std::size_t tiles, std::int32_t* sums) {
  const std::size_t step = kStep == 0 ? run.x_position : kStep;
  const std::uint8_t* x = run.x;
  Range lines = run.lines;
  for (std::size_t t = 0; t < tiles; ++t, x += kColumns * step) {
    ByteTile<kColumns, kBlocks> tile;
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
        tile.at[p][b] = start_sums(run.start + b * kConvBlock);
      }
    }
    const std::uint8_t* of_block = x;
    const std::int8_t* w = run.w;
    for (std::size_t i = 1; i < run.blocks; ++i, of_block += run.x_block, w += run.w_block) {
      fetch_ahead(run, lines, w);
      add_byte_block<Form, 0, kColumns>(run, step, of_block, w, tile);
    }
    fetch_ahead(run, lines, w);
    add_byte_tap<Form, 0, kColumns>(run, step, of_block, w, run.last_fours, tile);
    lines = run.next_lines(lines, kBlocks);
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b, sums += kConvBlock) {
        store_i32(finished(tile.at[p][b]), sums);
      }
    }
  }
}

#if HWY_TARGET == HWY_AVX2 && !defined(SLIPWAY_DOT)
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

using PointwiseByteTiles = void (*)(const ByteRun&, std::size_t, std::int32_t*);

template <typename Form, std::size_t kStep, std::size_t kBlocks, std::size_t... kIndex>
constexpr std::array<PointwiseByteTiles, sizeof...(kIndex)> all_pointwise_byte_tiles(
    std::index_sequence<kIndex...>) {
  if constexpr (kStep == kConvBlock) {
    return {pointwise_byte_tiles<Form, kStep, indexed_columns(kIndex), kBlocks>...};
  } else {
    return {};
  }
}

// The tiles of a step and a number of blocks, by tile_index.
struct ByteKernels {
  std::size_t columns;  // of the widest
  std::size_t blocks;   // of output channels
  const ByteTileKernel* whole;
  const ByteTileKernel* edged;
  const PointwiseByteTiles* pointwise;  // null: there are none
  void (*finish)(const std::int32_t* sums, std::size_t columns, const ByteOutput& to);
  std::int32_t offset;  // what they subtract from each byte
};

template <typename Form, std::size_t kStep, std::size_t kBlocks>
ByteKernels byte_kernels_of() {
  constexpr std::size_t kColumns = kStep == 0 && kByteColumns > 7 ? 7 : kByteColumns;
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kColumns) + 1>();
  static constexpr auto kWhole = byte_tiles<Form, kStep, false, kBlocks>(kIndex);
  static constexpr auto kEdged = byte_tiles<Form, kStep, true, kBlocks>(kIndex);
  static constexpr auto kPointwise = all_pointwise_byte_tiles<Form, kStep, kBlocks>(kIndex);
  return {kColumns,
          kBlocks,
          kWhole.data(),
          kEdged.data(),
          kStep == kConvBlock ? kPointwise.data() : nullptr,
          finish_bytes<kBlocks>,
          Form::kOffset};
}

template <typename Form, std::size_t kBlocks>
ByteKernels byte_kernels_of(std::size_t step) {
  if (step == kConvBlock) return byte_kernels_of<Form, kConvBlock, kBlocks>();
  if (step == kFewStep) return byte_kernels_of<Form, kFewStep, kBlocks>();
  return byte_kernels_of<Form, 0, kBlocks>();
}

// For kByteBlocks blocks, or one. `step` is kConvBlock, kFewStep or 0.
template <typename Form>
ByteKernels byte_kernels_of(std::size_t step, std::size_t blocks) {
  if (kByteBlocks > 1 && blocks > 1) return byte_kernels_of<Form, kByteBlocks>(step);
  return byte_kernels_of<Form, 1>(step);
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BYTE_TILE_INL_H
