#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/columns.cc"
#include "kernels/conv/columns.h"

#include "kernels/conv/shape.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/conv/tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Output blocks beside each other in registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kBlocksAtOnce = 4;
// Keeps g++ from loading a weight again for every column: there are fewer loads than products.
HWY_INLINE void hold(F32x16& x) { __asm__("" : "+v"(x.part[0].raw)); }
#else
inline constexpr std::size_t kBlocksAtOnce = 1;
HWY_INLINE void hold(F32x16&) {}
#endif

// Some of the input channels of one tap, for all columns.
struct ColumnTap {
  const float* const* x;  // of column m: x[m * pitch] + first
  std::size_t pitch;
  std::size_t first;
  std::size_t channels;
  const float* w;
  std::size_t w_out;  // to the next block of output channels
};

// Columns from kFirst on.
template <std::size_t kFirst, std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_columns(const ColumnTap& tap, Tile<kColumns, kBlocks>& tile) {
  const float* x[kColumns];
  SLIPWAY_UNROLL for (std::size_t m = kFirst; m < kColumns; ++m) {
    x[m] = tap.x[m * tap.pitch] + tap.first;
  }
  const float* w = tap.w;
  for (std::size_t c = 0; c < tap.channels; ++c, w += kConvBlock) {
    F32x16 weight[kBlocks];
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      weight[b] = load(w + b * tap.w_out);
      hold(weight[b]);
    }
    SLIPWAY_UNROLL for (std::size_t m = kFirst; m < kColumns; ++m) {
      const F32x16 value = set(x[m][c]);
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
        tile.at[m][b] = fma(value, weight[b], tile.at[m][b]);
      }
    }
  }
}

template <std::size_t kFirst, std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_columns_from(std::size_t first, const ColumnTap& tap,
                                 Tile<kColumns, kBlocks>& tile) {
  if constexpr (kFirst < kColumns) {
    if (first == kFirst) {
      add_columns<kFirst>(tap, tile);
    } else {
      add_columns_from<kFirst + 1>(first, tap, tile);
    }
  }
}

// The columns that have this tap, one by one.
template <std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_some_columns(const ColumnTap& tap, Tile<kColumns, kBlocks>& tile) {
  SLIPWAY_UNROLL for (std::size_t m = 0; m < kColumns; ++m) {
    const float* const x = tap.x[m * tap.pitch];
    if (x == nullptr) continue;
    for (std::size_t c = 0; c < tap.channels; ++c) {
      const F32x16 value = set(x[tap.first + c]);
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
        tile.at[m][b] = fma(value, load(tap.w + b * tap.w_out + c * kConvBlock), tile.at[m][b]);
      }
    }
  }
}

// Where the taps of columns are missing: `first` is the first column that has it, if all after it
// have it as well; otherwise kColumns + 1.
inline std::size_t first_with_tap(const float* const* x, std::size_t pitch, std::size_t columns) {
  std::size_t first = 0;
  while (first < columns && x[first * pitch] == nullptr) ++first;
  for (std::size_t m = first; m < columns; ++m) {
    if (x[m * pitch] == nullptr) return columns + 1;
  }
  return first;
}

// The channels of a block of outputs that there are.
inline std::size_t channels_of(const ColumnsCall& call, std::size_t block) {
  const std::size_t left = call.out_channels - block * kConvBlock;
  return left < kConvBlock ? left : kConvBlock;
}

HWY_INLINE void finish_column(const ColumnsCall& call, std::size_t m, std::size_t block,
                              const Clamp& limits, F32x16 sum) {
  const std::size_t at = block * kConvBlock;
  const std::size_t count = channels_of(call, block);
  float* const y = call.y + m * call.out_channels + at;
  const float* const residual = call.residual == nullptr ? nullptr : call.residual[m] + at;
  if (call.bias != nullptr) sum = add(sum, load(call.bias + at));
  if (residual != nullptr && !call.residual_is_last) sum = add(sum, load_first(residual, count));
  sum = clamp(sum, limits);
  if (is_clamp(call.activation)) {
    if (residual != nullptr && call.residual_is_last) sum = add(sum, load_first(residual, count));
    store_first(sum, y, count);
    return;
  }
  store_first(sum, y, count);
  activate_row(y, count, call.activation);
  if (residual == nullptr || !call.residual_is_last) return;
  store_first(add(load_first(y, count), load_first(residual, count)), y, count);
}

// Of column m and block b at sums + (m * blocks + b) * 16. A loop, for it is long.
HWY_NOINLINE void finish_columns(const ColumnsCall& call, std::size_t block, std::size_t blocks,
                                 const float* sums) {
  const Clamp limits = clamp_of(call.activation);
  for (std::size_t m = 0; m < call.columns; ++m) {
    for (std::size_t b = 0; b < blocks; ++b, sums += kConvBlock) {
      finish_column(call, m, block + b, limits, load(sums));
    }
  }
}

template <std::size_t kColumns, std::size_t kBlocks>
void column_tile(const ColumnsCall& call, std::size_t block) {
  Tile<kColumns, kBlocks> tile;
  SLIPWAY_UNROLL for (std::size_t m = 0; m < kColumns; ++m) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) tile.at[m][b] = zero();
  }
  const std::size_t width = call.in_channels < kConvBlock ? call.in_channels : kConvBlock;
  const std::size_t step = width * kConvBlock;
  ColumnTap tap{call.x, call.taps, 0, 0, nullptr, 0};
  tap.w_out = blocks_of(call.in_channels) * call.taps * step;
  tap.w = call.weights + block * tap.w_out;
  for (; tap.first < call.in_channels; tap.first += kConvBlock) {
    const std::size_t left = call.in_channels - tap.first;
    tap.channels = left < kConvBlock ? left : kConvBlock;
    for (std::size_t k = 0; k < call.taps; ++k, tap.w += step) {
      tap.x = call.x + k;
      const std::size_t first = first_with_tap(tap.x, tap.pitch, kColumns);
      if (first <= kColumns) {
        add_columns_from<0>(first, tap, tile);
      } else {
        add_some_columns(tap, tile);
      }
    }
  }
  float sums[kColumns * kBlocks * kConvBlock];
  SLIPWAY_UNROLL for (std::size_t m = 0; m < kColumns; ++m) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      store(tile.at[m][b], sums + (m * kBlocks + b) * kConvBlock);
    }
  }
  finish_columns(call, block, kBlocks, sums);
}

template <std::size_t kBlocks>
void column_tiles(const ColumnsCall& call, std::size_t block) {
  static_assert(kMostColumns == 6);
  switch (call.columns) {
    case 1:
      return column_tile<1, kBlocks>(call, block);
    case 2:
      return column_tile<2, kBlocks>(call, block);
    case 3:
      return column_tile<3, kBlocks>(call, block);
    case 4:
      return column_tile<4, kBlocks>(call, block);
    case 5:
      return column_tile<5, kBlocks>(call, block);
    default:
      return column_tile<6, kBlocks>(call, block);
  }
}

void convolve(const ColumnsCall& call, std::size_t first, std::size_t end) {
  if constexpr (kBlocksAtOnce != 1) {
    for (; first + kBlocksAtOnce <= end; first += kBlocksAtOnce) {
      column_tiles<kBlocksAtOnce>(call, first);
    }
  }
  for (; first < end; ++first) column_tiles<1>(call, first);
}

constexpr ColumnsKernels kTable = {convolve};

}  // namespace
const ColumnsKernels& columns_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ColumnsKernels, columns_kernels, columns_table)
}  // namespace slipway
#endif
