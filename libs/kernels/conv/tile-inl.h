// The inner loop of the convolutions: a tile of kColumns outputs of one row by kBlocks blocks of
// output channels stays in registers while taps are added to it. Include after f32x16-inl.h.
#if defined(SLIPWAY_CONV_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_TILE_INL_H
#undef SLIPWAY_CONV_TILE_INL_H
#else
#define SLIPWAY_CONV_TILE_INL_H
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "kernels/conv/shape.h"
#include "kernels/simd/activation-inl.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/lanes-inl.h"

// Fully, and early: only then does a tile live in registers.
#undef SLIPWAY_UNROLL
#undef SLIPWAY_UNROLL_FEW
#if HWY_TARGET == HWY_SCALAR
#define SLIPWAY_UNROLL
#define SLIPWAY_UNROLL_FEW
#else
#define SLIPWAY_UNROLL_FEW _Pragma("GCC unroll 2")
#define SLIPWAY_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// As many columns and blocks as the registers hold, with what feeds them.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kTileColumns = 14;
inline constexpr std::size_t kTileBlocks = 2;
#elif HWY_TARGET == HWY_SCALAR
inline constexpr std::size_t kTileColumns = 2;
inline constexpr std::size_t kTileBlocks = 1;
#else
inline constexpr std::size_t kTileColumns = 6;
inline constexpr std::size_t kTileBlocks = 1;
#endif

// Columns of a tile beyond those: rows of seven are what many networks end with, and two tiles of a
// half would wait for their sums and take the weights twice. 0: none is needed.
#if HWY_TARGET == HWY_AVX2
inline constexpr std::size_t kSeven = 7;
#else
inline constexpr std::size_t kSeven = 0;
#endif

// Where the inputs of a tile lie, in floats: channel c of column p at x[p * position + c *
// channel].
//
// kEdge: how many columns at an end of a tile a tap may miss without leaving the registers.
struct BlockedInput {
  static constexpr std::size_t kEdge = 1;
  static constexpr std::size_t kColumns = kTileColumns;
  static constexpr std::size_t position(std::size_t) { return kConvBlock; }
  static constexpr std::size_t channel(std::size_t) { return 1; }
};
struct PlainInput {
  static constexpr std::size_t kEdge = 2;
  static constexpr std::size_t kColumns = kTileColumns;
  static constexpr std::size_t position(std::size_t) { return 1; }
  static constexpr std::size_t channel(std::size_t pitch) { return pitch; }
};
// Where there is a stride, tiles are narrower: seven columns keep the processor busy, too, and the
// wider ones are half as much code again.
template <typename Input, std::size_t kMost>
inline constexpr std::size_t kColumnsOfStride = Input::kColumns < kMost ? Input::kColumns : kMost;

// A stride known beforehand.
template <typename Input, std::size_t kStride>
struct FixedStride : Input {
  static constexpr std::size_t kColumns = kColumnsOfStride<Input, 7>;
  static constexpr std::size_t position(std::size_t) { return kStride * Input::position(1); }
};
// Any stride: each column needs an address of its own.
template <typename Input, std::size_t kMost = 7>
struct Strided {
  static constexpr std::size_t kEdge = Input::kEdge;
  static constexpr std::size_t kColumns = kColumnsOfStride<Input, kMost>;
  static constexpr std::size_t position(std::size_t pitch) { return pitch; }
  static constexpr std::size_t channel(std::size_t pitch) { return Input::channel(pitch); }
};

// Taps to add, in the order of docs/numerics.md: blocks of input channels, then depths, heights and
// widths of the kernel, then channels of the block: 16, `last_channels` in the last block. The
// steps between them are in floats.
struct TapRun {
  const float* x;
  const float* w;
  std::size_t blocks, depths, heights, widths, last_channels;
  std::size_t x_block, x_depth, x_height, x_width, x_position, x_channel;
  std::size_t w_block, w_depth, w_height, w_width;
  std::size_t w_out;     // to the next block of output channels
  const Range* columns;  // that tap k of the width reaches, where the tile has edges
  // Weights that later tiles will want are fetched into the second cache meanwhile: an address, and
  // bytes to go on for each channel.
  std::uintptr_t ahead;
  std::size_t ahead_step;
};

// As many columns at one end of a tile may be out of a tap's reach; see add_edged_tap.
constexpr bool is_edge(Range columns, std::size_t count, std::size_t edge) {
  return columns.empty() || (columns.begin == 0 && columns.end + edge >= count) ||
         (columns.end == count && columns.begin <= edge);
}
inline constexpr std::size_t kMostEdgeTaps = 16;

// Where a tile ends up: column p of output block b at y + b * block + p * 16.
struct TileOutput {
  float* y;
  const float* bias;      // or null
  const float* residual;  // or null; as y
  std::size_t block;
  ActivationSpec activation;  // where it is a clamp; others come later
};

template <std::size_t kColumns, std::size_t kBlocks>
struct Tile {
  F32x16 at[kColumns][kBlocks];
};

#if HWY_TARGET == HWY_AVX2
// One channel. The sums take fourteen of the sixteen registers, an input and half of the weights
// the other two: the other half comes from memory each time, where g++ would not leave it.
template <typename Input, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns>
HWY_INLINE void add_to_seven(const TapRun& run, const float* x, const float* w,
                             Tile<kColumns, 1>& tile) {
  const __m256 weight = _mm256_loadu_ps(w);
  const auto* const others = reinterpret_cast<const __m256_u*>(w + kConvBlock / 2);
  SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
    const __m256 value = _mm256_set1_ps(x[p * Input::position(run.x_position)]);
    F32x16& sum = tile.at[p][0];
    sum.part[0].raw = _mm256_fmadd_ps(value, weight, sum.part[0].raw);
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum.part[1].raw) : "x"(value), "m"(*others));
  }
}
#else
template <typename Input, std::size_t kFirst, std::size_t kEnd, typename Any>
void add_to_seven(const TapRun&, const float*, const float*, Any&) {}  // there are none
#endif

// One tap of the columns from kFirst to before kEnd.
template <typename Input, std::size_t kFirst, std::size_t kEnd, std::size_t kColumns,
          std::size_t kBlocks>
HWY_INLINE void add_tap(const TapRun& run, const float* x, const float* w, std::size_t channels,
                        std::uintptr_t& ahead, Tile<kColumns, kBlocks>& tile) {
  SLIPWAY_UNROLL_FEW for (std::size_t c = 0; c < channels; ++c) {
    if constexpr (kBlocks > 1) {
      __builtin_prefetch(reinterpret_cast<const void*>(ahead), 0, 2);
      ahead += run.ahead_step;
    }
    if constexpr (kColumns == kSeven) {
      add_to_seven<Input, kFirst, kEnd>(run, x, w, tile);
    } else {
      F32x16 weight[kBlocks];
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) weight[b] = load(w + b * run.w_out);
      SLIPWAY_UNROLL for (std::size_t p = kFirst; p < kEnd; ++p) {
        const F32x16 value = set(x[p * Input::position(run.x_position)]);
        SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
          tile.at[p][b] = fma(value, weight[b], tile.at[p][b]);
        }
      }
    }
    x += Input::channel(run.x_channel);
    w += kConvBlock;
  }
}

// That some columns at one end may miss.
template <typename Input, std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_edged_tap(const TapRun& run, const float* x, const float* w,
                              std::size_t channels, Range columns, std::uintptr_t& ahead,
                              Tile<kColumns, kBlocks>& tile) {
  constexpr std::size_t kTwo = kColumns < 2 ? kColumns : 2;
  if (columns == Range{0, kColumns}) {
    add_tap<Input, 0, kColumns>(run, x, w, channels, ahead, tile);
  } else if (columns == Range{1, kColumns}) {
    add_tap<Input, 1, kColumns>(run, x, w, channels, ahead, tile);
  } else if (columns == Range{0, kColumns - 1}) {
    add_tap<Input, 0, kColumns - 1>(run, x, w, channels, ahead, tile);
  } else if (Input::kEdge == 2 && columns == Range{kTwo, kColumns}) {
    add_tap<Input, kTwo, kColumns>(run, x, w, channels, ahead, tile);
  } else if (Input::kEdge == 2 && columns == Range{0, kColumns - kTwo}) {
    add_tap<Input, 0, kColumns - kTwo>(run, x, w, channels, ahead, tile);
  }
}

template <typename Input, bool kHasEdges, std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void add_taps(const TapRun& run, Tile<kColumns, kBlocks>& tile) {
  std::uintptr_t ahead = run.ahead;
  for (std::size_t i = 0; i < run.blocks; ++i) {
    const std::size_t channels = i + 1 == run.blocks ? run.last_channels : kConvBlock;
    for (std::size_t d = 0; d < run.depths; ++d) {
      for (std::size_t h = 0; h < run.heights; ++h) {
        const float* x = run.x + i * run.x_block + d * run.x_depth + h * run.x_height;
        const float* w = run.w + i * run.w_block + d * run.w_depth + h * run.w_height;
        for (std::size_t k = 0; k < run.widths; ++k, x += run.x_width, w += run.w_width) {
          if constexpr (kHasEdges) {
            add_edged_tap<Input>(run, x, w, channels, run.columns[k], ahead, tile);
          } else {
            add_tap<Input, 0, kColumns>(run, x, w, channels, ahead, tile);
          }
        }
      }
    }
  }
}

template <std::size_t kColumns, std::size_t kBlocks, typename Finish>
HWY_INLINE void store_tile(const Tile<kColumns, kBlocks>& tile, const TileOutput& to,
                           Finish finish) {
  float* const y = to.y;
  const std::size_t block = to.block;
  SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
      store(finish(tile.at[p][b]), y + b * block + p * kConvBlock);
    }
  }
}

template <std::size_t kColumns, std::size_t kBlocks>
HWY_INLINE void finish_tile(Tile<kColumns, kBlocks>& tile, const TileOutput& to) {
  if (to.bias != nullptr) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      const F32x16 bias = load(to.bias + b * kConvBlock);
      SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) tile.at[p][b] =
          add(tile.at[p][b], bias);
    }
  }
  if (to.residual != nullptr) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
        tile.at[p][b] = add(tile.at[p][b], load(to.residual + b * to.block + p * kConvBlock));
      }
    }
  }
  if (to.activation.kind == Activation::kRelu) {
    const F32x16 least = zero();  // added, it makes a -0 +0
    store_tile(tile, to, [=](F32x16 x) SLIPWAY_LAMBDA { return add(raise(x, least), least); });
  } else if (to.activation.kind == Activation::kClip) {
    const F32x16 low = set(to.activation.a);
    const F32x16 high = set(to.activation.b);
    store_tile(tile, to, [=](F32x16 x) SLIPWAY_LAMBDA { return lower(raise(x, low), high); });
  } else {
    store_tile(tile, to, [](F32x16 x) SLIPWAY_LAMBDA { return x; });
  }
}

// From +0 to the output.
template <typename Input, bool kHasEdges, std::size_t kColumns, std::size_t kBlocks>
void whole_tile(const TapRun& run, const TileOutput& to) {
  Tile<kColumns, kBlocks> tile;
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) tile.at[p][b] = zero();
  }
  add_taps<Input, kHasEdges>(run, tile);
  finish_tile(tile, to);
}

// Neighbouring tiles of a pointwise convolution, from +0 to the output: what one tile costs beside
// its multiply-adds is as much as those of fifty channels.
template <typename Input, std::size_t kColumns, std::size_t kBlocks>
void pointwise_tiles(const TapRun& run, const TileOutput& first, std::size_t tiles) {
  TileOutput to = first;
  const float* x = run.x;
  std::uintptr_t ahead = run.ahead;
  const std::size_t x_step = kColumns * Input::position(run.x_position);
  for (std::size_t t = 0; t < tiles; ++t, x += x_step) {
    Tile<kColumns, kBlocks> tile;
    SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
      SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) tile.at[p][b] = zero();
    }
    const float* of_block = x;
    const float* w = run.w;
    for (std::size_t i = 1; i <= run.blocks; ++i, of_block += run.x_block, w += run.w_block) {
      add_tap<Input, 0, kColumns>(run, of_block, w,
                                  i == run.blocks ? run.last_channels : kConvBlock, ahead, tile);
    }
    finish_tile(tile, to);
    to.y += kColumns * kConvBlock;
    if (to.residual != nullptr) to.residual += kColumns * kConvBlock;
  }
}

// A run of taps of some neighbouring columns, added to sums in memory: block b of column p at
// sums[(p * kBlocks + b) * 16].
template <typename Input, std::size_t kColumns, std::size_t kBlocks>
void part_tile(const TapRun& run, float* sums) {
  Tile<kColumns, kBlocks> tile;
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      tile.at[p][b] = load(sums + (p * kBlocks + b) * kConvBlock);
    }
  }
  add_taps<Input, false>(run, tile);
  SLIPWAY_UNROLL for (std::size_t p = 0; p < kColumns; ++p) {
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      store(tile.at[p][b], sums + (p * kBlocks + b) * kConvBlock);
    }
  }
}

template <std::size_t kBlocks>
void finish_sums(const float* sums, std::size_t columns, const TileOutput& first) {
  TileOutput to = first;
  for (std::size_t p = 0; p < columns; ++p) {
    Tile<1, kBlocks> tile;
    SLIPWAY_UNROLL for (std::size_t b = 0; b < kBlocks; ++b) {
      tile.at[0][b] = load(sums + (p * kBlocks + b) * kConvBlock);
    }
    finish_tile(tile, to);
    to.y += kConvBlock;
    if (to.residual != nullptr) to.residual += kConvBlock;
  }
}

using WholeTile = void (*)(const TapRun&, const TileOutput&);
using PartTile = void (*)(const TapRun&, float*);
using PointwiseTiles = void (*)(const TapRun&, const TileOutput&, std::size_t);

// The numbers of columns that there are tiles for: all up to 8, then the even ones.
constexpr std::size_t tile_index(std::size_t columns) {
  return columns <= 8 ? columns - 1 : 7 + (columns - 8) / 2;
}
constexpr std::size_t indexed_columns(std::size_t index) {
  return index < 8 ? index + 1 : 8 + 2 * (index - 7);
}
constexpr std::size_t rounded_up_columns(std::size_t columns) {
  return columns <= 8 ? columns : columns + columns % 2;
}

// The first tile of a row of `columns`, none wider than the widest: as equal ones as can be, since
// the narrowest feed the processor worst.
constexpr std::size_t first_tile(std::size_t columns, std::size_t widest) {
  std::size_t tiles = (columns + widest - 1) / widest;
  if (rounded_up_columns((columns + tiles - 1) / tiles) > columns) ++tiles;
  return rounded_up_columns((columns + tiles - 1) / tiles);
}
template <std::size_t kWidest>
constexpr std::size_t first_tile(std::size_t columns) {
  return first_tile(columns, kWidest);
}

// How many tiles of `columns`, the first one's, come first where `left` columns are cut as equally
// as can be: the others have one less, or two where only even ones have a tile.
constexpr std::size_t tiles_alike(std::size_t left, std::size_t columns) {
  const std::size_t tiles = (left + columns - 1) / columns;
  if (columns <= 8) return left - tiles * (columns - 1);
  return std::max<std::size_t>((left - tiles * (columns - 2)) / 2, 1);
}

// The first tile of what is left of a row.
template <typename Input>
constexpr std::size_t first_of_row(std::size_t columns) {
  return columns == kSeven ? kSeven : first_tile<Input::kColumns>(columns);
}

template <typename Input, bool kHasEdges, std::size_t kBlocks, std::size_t... kIndex>
constexpr std::array<WholeTile, sizeof...(kIndex)> whole_tiles(std::index_sequence<kIndex...>) {
  return {whole_tile<Input, kHasEdges, indexed_columns(kIndex), kBlocks>...};
}
template <typename Input, std::size_t kBlocks, std::size_t... kIndex>
constexpr std::array<PartTile, sizeof...(kIndex)> part_tiles(std::index_sequence<kIndex...>) {
  return {part_tile<Input, kIndex + 1, kBlocks>...};
}

template <typename Input, std::size_t kBlocks, std::size_t... kIndex>
constexpr std::array<PointwiseTiles, sizeof...(kIndex)> all_pointwise_tiles(
    std::index_sequence<kIndex...>) {
  return {pointwise_tiles<Input, indexed_columns(kIndex), kBlocks>...};
}

template <typename Input, std::size_t kBlocks>
struct Tiles {
  static constexpr std::size_t kPartColumns = Input::kColumns < 7 ? Input::kColumns : 7;
  static constexpr std::size_t kMostColumns = std::max(Input::kColumns, kSeven);
  static constexpr auto kIndex = std::make_index_sequence<tile_index(kMostColumns) + 1>();
  // By tile_index.
  static constexpr auto kWhole = whole_tiles<Input, false, kBlocks>(kIndex);
  static constexpr auto kEdged = whole_tiles<Input, true, kBlocks>(kIndex);
  static constexpr auto kPointwise = all_pointwise_tiles<Input, kBlocks>(kIndex);
  // Entry i is for i + 1 columns.
  static constexpr auto kPart =
      part_tiles<Input, kBlocks>(std::make_index_sequence<kPartColumns>());
};

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_TILE_INL_H
