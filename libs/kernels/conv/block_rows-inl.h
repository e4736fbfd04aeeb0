// Convolution of rows of one block of channels by tiles of one vector an output: depthwise and what
// is like it. Include after tile-inl.h.
#if defined(SLIPWAY_CONV_BLOCK_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_BLOCK_ROWS_INL_H
#undef SLIPWAY_CONV_BLOCK_ROWS_INL_H
#else
#define SLIPWAY_CONV_BLOCK_ROWS_INL_H
#endif

#include <algorithm>

#include "kernels/conv/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Outputs of a tile at each end that some taps may miss.
inline constexpr std::size_t kEdge = 3;

// Taps of neighbouring outputs; steps in floats.
struct Taps {
  const float* x;
  const float* w;
  std::size_t depths, heights, widths;
  std::size_t x_depth, x_height, x_width, x_position;
  std::size_t w_depth, w_height;
  const Range* outputs;  // that tap k of the width reaches; null: all
};

using BlockTile = void (*)(const Taps&, const TileOutput&);

// A tile for one form alone: of so many columns, the first of which begins `before` inputs before
// the row, or at or after its first, and the last of which ends so far after it. Null: there is
// none.
using FixedTile = BlockTile (*)(const ConvShape& shape, std::size_t columns, std::ptrdiff_t before,
                                std::ptrdiff_t after);

struct BlockTiles {
  std::size_t weights;      // floats of one tap
  std::size_t widest;       // columns
  const BlockTile* inside;  // whose taps are all inside the input, by tile_index of the columns
  const BlockTile* edged;  // that leave out up to kEdge columns at either end; null: there are none
  std::size_t widest_fixed;
  FixedTile fixed;  // or null
};

// One row after another, of the block of channels that the operands stand at.
class BlockRows {
 public:
  BlockRows(const ConvShape& shape, const ConvOperands& at, const BlockTiles& tiles)
      : shape_(shape), at_(at), tiles_(tiles) {
    taps_.x_position = shape.width.stride * kConvBlock;
    taps_.x_width = shape.width.dilation * kConvBlock;
    taps_.x_height = shape.height.dilation * shape.width.input * kConvBlock;
    taps_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * kConvBlock;
    taps_.w_height = shape.width.kernel * tiles.weights;
    taps_.w_depth = shape.height.kernel * taps_.w_height;
    to_.bias = at.bias;
    to_.block = 0;
    to_.activation = at.activation;
    plan_tiles();
  }

  void row(std::size_t line) {
    const std::size_t depth = line / shape_.height.output;
    const std::size_t height = line % shape_.height.output;
    const Range depths = taps_inside(shape_.depth, depth);
    const Range heights = taps_inside(shape_.height, height);
    const bool has_taps = !depths.empty() && !heights.empty();
    taps_.depths = has_taps ? depths.size() : 0;
    taps_.heights = has_taps ? heights.size() : 0;
    x_ = at_.x;
    w_ = at_.weights;
    if (has_taps) {
      const auto d = static_cast<std::size_t>(shape_.depth.at(depth, depths.begin));
      const auto h = static_cast<std::size_t>(shape_.height.at(height, heights.begin));
      x_ += (d * shape_.height.input + h) * shape_.width.input * kConvBlock;
      w_ += depths.begin * taps_.w_depth + heights.begin * taps_.w_height;
    }
    out_ = line * shape_.width.output;
    for (std::size_t i = 0; i < planned_count_; ++i) {
      const Planned& planned = planned_[i];
      if (planned.kernel == nullptr) {
        single_outputs(planned.first, planned.columns * planned.tiles);
        continue;
      }
      taps_.w = w_;
      taps_.outputs = planned.outputs;
      place(planned.first, shape_.width.at(planned.first, 0));
      for (std::size_t t = 0; t < planned.tiles; ++t) {
        planned.kernel(taps_, to_);
        next(planned.columns);
      }
    }
    single_outputs(planned_columns_, shape_.width.output - planned_columns_);
  }

  // What a clamp cannot do in registers, of rows that have been computed.
  void finish(std::size_t first, std::size_t rows) {
    const std::size_t row = shape_.width.output * kConvBlock;
    float* const y = at_.y + first * row;
    const std::size_t count = rows * row;
    if (!is_clamp(at_.activation)) activate_row(y, count, at_.activation);
    if (at_.residual == nullptr || !at_.residual_is_last) return;
    const float* const residual = at_.residual + first * row;
    for (std::size_t i = 0; i < count; i += kWide) {
      store(add(load(y + i), load(residual + i)), y + i);
    }
  }

 private:
  // Neighbouring tiles of a row, as every row has them.
  struct Planned {
    BlockTile kernel;  // null: every output by itself
    std::size_t first, columns, tiles;
    const Range* outputs;  // as in Taps
  };

  // The tiles of a row from its beginning on, as many as there is room to remember.
  void plan_tiles() {
    taps_.widths = shape_.width.kernel;
    while (planned_columns_ < shape_.width.output) {
      const std::size_t left = shape_.width.output - planned_columns_;
      Planned tile = {};
      if (tiles_.fixed != nullptr) tile = fixed_tile(first_tile(left, tiles_.widest_fixed));
      if (tile.kernel == nullptr) tile = any_tile(first_tile(left, tiles_.widest));
      Planned* const last = planned_count_ == 0 ? nullptr : &planned_[planned_count_ - 1];
      if (last != nullptr && last->kernel == tile.kernel && last->columns == tile.columns &&
          tile.outputs == nullptr) {
        ++last->tiles;
      } else if (planned_count_ < kPlanned) {
        planned_[planned_count_++] = tile;
      } else {
        return;
      }
      planned_columns_ += tile.columns;
    }
  }

  // Inputs that the first of the next columns begins before the row.
  std::ptrdiff_t before() const { return -shape_.width.at(planned_columns_, 0); }
  // Inputs that the last of so many ends after it.
  std::ptrdiff_t after(std::size_t columns) const {
    const ConvAxis& width = shape_.width;
    return width.at(planned_columns_ + columns - 1, width.kernel - 1) -
           static_cast<std::ptrdiff_t>(width.input) + 1;
  }

  Planned fixed_tile(std::size_t columns) const {
    constexpr std::ptrdiff_t kNone = 0;
    return {
        tiles_.fixed(shape_, columns, std::max(before(), kNone), std::max(after(columns), kNone)),
        planned_columns_, columns, 1, nullptr};
  }

  Planned any_tile(std::size_t columns) {
    Planned tile = {};
    if (tiles_.fixed != nullptr) tile = fixed_tile(columns);
    if (tile.kernel != nullptr) return tile;
    tile = {nullptr, planned_columns_, columns, 1, nullptr};
    if (before() <= 0 && after(columns) <= 0) {
      tile.kernel = tiles_.inside[tile_index(columns)];
    } else if (edged_count_ < kEdgedTiles && reach(columns, edged_[edged_count_])) {
      tile.kernel = tiles_.edged[tile_index(columns)];
      tile.outputs = edged_[edged_count_++];
    }
    return tile;
  }

  // Which columns each tap of the width reaches; false where no tile leaves the others out.
  bool reach(std::size_t columns, Range* outputs) const {
    const ConvAxis& width = shape_.width;
    if (tiles_.edged == nullptr || width.kernel > kMostEdgeTaps) return false;
    for (std::size_t k = 0; k < width.kernel; ++k) {
      outputs[k] = outputs_inside(width, planned_columns_, columns, k);
      if (outputs[k].begin > kEdge || outputs[k].end + kEdge < columns) return false;
    }
    return true;
  }

  // Each with the taps of its own.
  void single_outputs(std::size_t first, std::size_t columns) {
    for (std::size_t o = first; o < first + columns; ++o) {
      const Range taps = taps_inside(shape_.width, o);
      taps_.w = w_ + taps.begin * tiles_.weights;
      taps_.widths = taps.empty() ? 0 : taps.size();
      place(o, taps.empty() ? 0 : shape_.width.at(o, taps.begin));
      tiles_.inside[0](taps_, to_);
    }
    taps_.widths = shape_.width.kernel;
  }

  // The first tap of a tile may lie before the row; it is then not read.
  void place(std::size_t output, std::ptrdiff_t input) {
    taps_.x = x_ + input * static_cast<std::ptrdiff_t>(kConvBlock);
    to_.y = at_.y + (out_ + output) * kConvBlock;
    const bool is_first = at_.residual != nullptr && !at_.residual_is_last;
    to_.residual = is_first ? at_.residual + (out_ + output) * kConvBlock : nullptr;
  }

  // To the tile so many columns further on.
  void next(std::size_t columns) {
    taps_.x += columns * taps_.x_position;
    to_.y += columns * kConvBlock;
    if (to_.residual != nullptr) to_.residual += columns * kConvBlock;
  }

  static constexpr std::size_t kPlanned = 16;
  static constexpr std::size_t kEdgedTiles = 4;

  const ConvShape& shape_;
  const ConvOperands& at_;
  const BlockTiles tiles_;
  Planned planned_[kPlanned];
  Range edged_[kEdgedTiles][kMostEdgeTaps];
  std::size_t planned_count_ = 0;
  std::size_t planned_columns_ = 0;
  std::size_t edged_count_ = 0;
  Taps taps_{};
  TileOutput to_{};
  const float* x_ = nullptr;
  const float* w_ = nullptr;
  std::size_t out_ = 0;
};

inline constexpr std::size_t kStripFloats = 1024;

inline void convolve_rows(const ConvShape& shape, const ConvOperands& operands,
                          const BlockTiles& tiles, std::size_t begin, std::size_t end) {
  const std::size_t lines = shape.depth.output * shape.height.output;
  const std::size_t blocks = blocks_of(shape.groups * shape.in_channels);
  for (std::size_t unit = begin; unit < end;) {
    const std::size_t image = unit / lines;  // and block
    ConvOperands at = operands;
    const std::size_t y_block = image * shape.out_positions() * kConvBlock;
    at.x += image * shape.in_positions() * kConvBlock;
    at.weights += image % blocks * shape.kernel_positions() * tiles.weights;
    if (at.bias != nullptr) at.bias += image % blocks * kConvBlock;
    if (at.residual != nullptr) at.residual += y_block;
    at.y += y_block;
    BlockRows rows(shape, at, tiles);
    const std::size_t stop = std::min(end, (image + 1) * lines);
    // So many rows at once that few vectors are left over, and so few that they are still near.
    const std::size_t most = (kStripFloats - 1) / (shape.width.output * kConvBlock) + 1;
    while (unit < stop) {
      const std::size_t first = unit - image * lines;
      const std::size_t count = std::min(most, stop - unit);
      for (std::size_t line = first; line < first + count; ++line) rows.row(line);
      rows.finish(first, count);
      unit += count;
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_BLOCK_ROWS_INL_H
