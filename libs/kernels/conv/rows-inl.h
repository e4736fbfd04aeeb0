// Convolution of rows by tiles: which taps each tile takes. Include after tile-inl.h.
#if defined(SLIPWAY_CONV_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_ROWS_INL_H
#undef SLIPWAY_CONV_ROWS_INL_H
#else
#define SLIPWAY_CONV_ROWS_INL_H
#endif

#include "kernels/conv/partition.h"
#include "kernels/conv/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Steps of a group's input, weights and output, in floats.
struct ConvSteps {
  std::size_t x_position, x_channel, x_block;
  std::size_t w_tap, w_block, w_out;
  std::size_t y_block;
};

inline ConvSteps blocked_steps(const ConvShape& shape) {
  ConvSteps steps{kConvBlock, 1, shape.in_positions() * kConvBlock, 0, 0, 0, 0};
  steps.w_tap = (shape.in_channels < kConvBlock ? shape.in_channels : kConvBlock) * kConvBlock;
  steps.w_block = shape.kernel_positions() * steps.w_tap;
  steps.w_out = blocks_of(shape.in_channels) * steps.w_block;
  steps.y_block = shape.out_positions() * kConvBlock;
  return steps;
}
inline ConvSteps plain_steps(const ConvShape& shape) {
  ConvSteps steps = blocked_steps(shape);
  steps.x_position = 1;
  steps.x_channel = shape.in_positions();
  return steps;
}

// One image of one group, for kBlocks blocks of output channels.
template <typename Input, std::size_t kBlocks>
class ConvRows {
 public:
  // x, y, bias and residual stand at the group's, and the first output block's, beginning; y at
  // position `origin` of the output.
  ConvRows(const ConvShape& shape, const ConvSteps& steps, const ConvOperands& at,
           std::size_t origin = 0)
      : shape_(shape), steps_(steps), at_(at), origin_(origin) {
    run_.x_position = shape.width.stride * steps.x_position;
    run_.x_channel = steps.x_channel;
    run_.x_block = steps.x_block;
    run_.x_width = shape.width.dilation * steps.x_position;
    run_.x_height = shape.height.dilation * shape.width.input * steps.x_position;
    run_.x_depth = shape.depth.dilation * shape.height.input * shape.width.input * steps.x_position;
    run_.w_width = steps.w_tap;
    run_.w_height = shape.width.kernel * steps.w_tap;
    run_.w_depth = shape.height.kernel * run_.w_height;
    run_.w_block = steps.w_block;
    run_.w_out = steps.w_out;
    blocks_ = blocks_of(shape.in_channels);
    last_channels_ = shape.in_channels - (blocks_ - 1) * kConvBlock;
    to_.block = steps.y_block;
    to_.bias = at.bias;
    to_.activation = at.activation;
    is_clamp_ = is_clamp(at.activation);
    is_pointwise_ = is_pointwise(shape);
  }

  // How many tiles there will be: while they are computed, the weights of the next blocks arrive.
  void expect(std::size_t tiles) {
    ahead_panel_ = kBlocks * run_.w_out * sizeof(float) / tiles;
    run_.ahead =
        reinterpret_cast<std::uintptr_t>(at_.weights) + kBlocks * run_.w_out * sizeof(float);
    run_.ahead_step = (kBlocks * kConvBlock * sizeof(float) + tiles - 1) / tiles;
  }

  // Output columns [first, end) of one row.
  void row(std::size_t depth, std::size_t height, std::size_t first, std::size_t end) {
    const Range depths = taps_inside(shape_.depth, depth);
    const Range heights = taps_inside(shape_.height, height);
    run_.depths = depths.size();
    run_.heights = heights.size();
    // A row all of whose taps are padding keeps any address inside the operands.
    const bool has_taps = !depths.empty() && !heights.empty();
    const std::size_t line =
        has_taps
            ? static_cast<std::size_t>(shape_.depth.at(depth, depths.begin)) * shape_.height.input +
                  static_cast<std::size_t>(shape_.height.at(height, heights.begin))
            : 0;
    if (!has_taps) run_.depths = run_.heights = 0;
    x_ = at_.x + line * shape_.width.input * steps_.x_position;
    w_ = at_.weights + depths.begin * run_.w_depth + heights.begin * run_.w_height;
    out_ = ((depth * shape_.height.output) + height) * shape_.width.output - origin_;
    if constexpr (kHasPointwise) {
      if (is_pointwise_) return pointwise_row(first, end);
    }
    std::size_t unfinished = first;
    while (first < end) {
      const std::size_t columns = first_of_row<Input>(end - first);
      tile(first, columns);
      first += columns;
      if (first == end || first - unfinished >= kStrip) {
        finish_strip(unfinished, first - unfinished);
        unfinished = first;
      }
    }
  }

 private:
  // Output columns [first, end) of a row in which every one reads the input at its own place.
  void pointwise_row(std::size_t first, std::size_t end) {
    run_.w = w_;
    run_.blocks = blocks_;
    run_.last_channels = last_channels_;
    while (first < end) {
      const std::size_t left = end - first;
      const std::size_t columns = first_of_row<Input>(left);
      const std::size_t tiles = std::min(tiles_alike(left, columns), kStrip / columns);
      const std::size_t at = (out_ + first) * kConvBlock;
      run_.x = x_ + first * steps_.x_position;
      to_.y = at_.y + at;
      to_.residual = at_.residual == nullptr || at_.residual_is_last ? nullptr : at_.residual + at;
      Kernels::kPointwise[tile_index(columns)](run_, to_, tiles);
      run_.ahead += tiles * ahead_panel_;
      finish_strip(first, tiles * columns);
      first += tiles * columns;
    }
  }

  void tile(std::size_t first, std::size_t columns) {
    const ConvAxis& width = shape_.width;
    const std::size_t at = (out_ + first) * kConvBlock;
    to_.y = at_.y + at;
    to_.residual = at_.residual == nullptr || at_.residual_is_last ? nullptr : at_.residual + at;
    const bool is_inside =
        width.at(first, 0) >= 0 &&
        width.at(first + columns - 1, width.kernel - 1) < static_cast<std::ptrdiff_t>(width.input);
    Range reached[kMostEdgeTaps];
    const bool is_edged = !is_inside && reach(first, columns, reached);
    if (is_inside || is_edged) {
      // The first tap of an edged tile may lie before the row; it is then not read.
      run_.x = x_ + width.at(first, 0) * static_cast<std::ptrdiff_t>(steps_.x_position);
      run_.w = w_;
      run_.blocks = blocks_;
      run_.widths = width.kernel;
      run_.last_channels = last_channels_;
      run_.columns = reached;
      const auto& kernels = is_inside ? Kernels::kWhole : Kernels::kEdged;
      kernels[tile_index(columns)](run_, to_);
      run_.ahead += ahead_panel_;
    } else {
      border_tile(first, columns);
    }
  }

  // Which columns each tap of the width reaches; false where the registers cannot leave them out.
  bool reach(std::size_t first, std::size_t columns, Range* reached) const {
    if (shape_.width.kernel > kMostEdgeTaps) return false;
    for (std::size_t k = 0; k < shape_.width.kernel; ++k) {
      reached[k] = outputs_inside(shape_.width, first, columns, k);
      if (!is_edge(reached[k], columns, Input::kEdge)) return false;
    }
    return true;
  }

  // Kernel columns that reach the same outputs go together; their sums wait in memory.
  void border_tile(std::size_t first, std::size_t columns) {
    float sums[Kernels::kMostColumns * kBlocks * kConvBlock];
    for (std::size_t i = 0; i < columns * kBlocks; ++i) store(zero(), sums + i * kConvBlock);
    const std::size_t depths = run_.depths;
    const std::size_t heights = run_.heights;
    run_.blocks = run_.depths = run_.heights = 1;
    for (std::size_t i = 0; i < blocks_; ++i) {
      run_.last_channels = i + 1 == blocks_ ? last_channels_ : kConvBlock;
      for (std::size_t d = 0; d < depths; ++d) {
        for (std::size_t h = 0; h < heights; ++h) {
          border_taps(x_ + i * run_.x_block + d * run_.x_depth + h * run_.x_height,
                      w_ + i * run_.w_block + d * run_.w_depth + h * run_.w_height, first, columns,
                      sums);
        }
      }
    }
    run_.depths = depths;
    run_.heights = heights;
    finish_sums<kBlocks>(sums, columns, to_);
  }

  void border_taps(const float* x, const float* w, std::size_t first, std::size_t columns,
                   float* sums) {
    const ConvAxis& width = shape_.width;
    std::size_t k = 0;
    while (k < width.kernel) {
      const Range outputs = outputs_inside(width, first, columns, k);
      std::size_t next = k + 1;
      while (next < width.kernel && outputs_inside(width, first, columns, next) == outputs) ++next;
      run_.w = w + k * run_.w_width;
      run_.widths = next - k;
      const std::size_t parts =
          (outputs.size() + Kernels::kPartColumns - 1) / Kernels::kPartColumns;
      for (std::size_t i = 0; i < parts; ++i) {
        const std::size_t begin = outputs.begin + outputs.size() * i / parts;
        const std::size_t end = outputs.begin + outputs.size() * (i + 1) / parts;
        run_.x = x + static_cast<std::size_t>(width.at(first + begin, k)) * steps_.x_position;
        Kernels::kPart[end - begin - 1](run_, sums + begin * kBlocks * kConvBlock);
      }
      k = next;
    }
  }

  // What a clamp cannot do in registers, of some columns while they are in the first cache.
  void finish_strip(std::size_t first, std::size_t columns) {
    const bool is_last = at_.residual != nullptr && at_.residual_is_last;
    if (is_clamp_ && !is_last) return;
    const std::size_t at = (out_ + first) * kConvBlock;
    const std::size_t count = columns * kConvBlock;
    for (std::size_t b = 0; b < kBlocks; ++b) {
      float* y = at_.y + at + b * to_.block;
      if (!is_clamp_) activate_row(y, count, at_.activation);
      if (!is_last) continue;
      const float* residual = at_.residual + at + b * to_.block;
      for (std::size_t i = 0; i < count; i += kWide) {
        store(add(load(y + i), load(residual + i)), y + i);
      }
    }
  }

  using Kernels = Tiles<Input, kBlocks>;
  static constexpr std::size_t kStrip = 56;  // columns
  static constexpr bool kHasPointwise = Input::position(1) == kConvBlock;

  const ConvShape& shape_;
  const ConvSteps& steps_;
  const ConvOperands& at_;
  std::size_t origin_;
  std::size_t ahead_panel_ = 0;  // bytes, of a tile
  TapRun run_{};
  TileOutput to_{};
  std::size_t blocks_ = 0;
  std::size_t last_channels_ = 0;
  bool is_clamp_ = true;
  bool is_pointwise_ = false;
  const float* x_ = nullptr;
  const float* w_ = nullptr;
  std::size_t out_ = 0;
};

template <typename Input, std::size_t kBlocks>
void convolve_chunk(const ConvShape& shape, const ConvSteps& steps, const ConvOperands& at,
                    bool is_flat, Range lines, std::size_t origin = 0) {
  ConvRows<Input, kBlocks> rows(shape, steps, at, origin);
  const std::size_t columns = is_flat ? lines.size() : shape.width.output;
  const std::size_t tiles = (columns + Input::kColumns - 1) / Input::kColumns;
  rows.expect(is_flat ? tiles : tiles * lines.size());
  if (is_flat) return rows.row(0, 0, lines.begin, lines.end);
  for (std::size_t line = lines.begin; line < lines.end; ++line) {
    rows.row(line / shape.height.output, line % shape.height.output, 0, shape.width.output);
  }
}

// A band of rows: ConvBandKernel of kernels.h.
template <typename Input>
void convolve_band(const ConvShape& given, ConvSteps steps, const ConvBand& band,
                   const ConvOperands& operands) {
  const bool is_flat = is_pointwise(given);
  const ConvShape shape = is_flat ? flattened(given) : given;
  const std::size_t width = given.width.output;
  const Range lines =
      is_flat ? Range{band.lines.begin * width, band.lines.end * width} : band.lines;
  steps.y_block = band.y_block;
  ConvOperands at = operands;
  for (std::size_t block = 0; block < band.blocks;) {
    const std::size_t count = block + kTileBlocks <= band.blocks ? kTileBlocks : 1;
    if (count > 1) {
      convolve_chunk<Input, kTileBlocks>(shape, steps, at, is_flat, lines,
                                         band.lines.begin * width);
    } else {
      convolve_chunk<Input, 1>(shape, steps, at, is_flat, lines, band.lines.begin * width);
    }
    at.weights += count * steps.w_out;
    if (at.bias != nullptr) at.bias += count * kConvBlock;
    if (at.residual != nullptr) at.residual += count * band.y_block;
    at.y += count * band.y_block;
    block += count;
  }
}

// Units [begin, end) of the partition. A group's channels fill whole blocks, or there is one group.
template <typename Input>
void convolve(const ConvShape& given, const ConvSteps& steps, const ConvOperands& operands,
              std::size_t begin, std::size_t end) {
  const ConvPartition part = partition(given);
  const ConvShape shape = part.is_flat ? flattened(given) : given;
  const std::size_t in_positions = shape.in_positions();
  const std::size_t out_positions = shape.out_positions();
  // In floats: of one image's group, its input (blocked or plain) and its output.
  const std::size_t x_group =
      (steps.x_channel == 1 ? blocks_of(shape.in_channels) * kConvBlock : shape.in_channels) *
      in_positions;
  while (begin < end) {
    const ConvUnits u = first_units(shape, part, begin, end);
    begin += u.blocks.size();
    for (std::size_t block = u.blocks.begin; block < u.blocks.end;) {
      const std::size_t y_block = u.image * part.out_blocks + block;
      const std::size_t w_block = u.group * part.out_blocks + block;
      ConvOperands at = operands;
      at.x += u.image * x_group;
      at.weights += w_block * steps.w_out;
      if (at.bias != nullptr) at.bias += w_block * kConvBlock;
      if (at.residual != nullptr) at.residual += y_block * out_positions * kConvBlock;
      at.y += y_block * out_positions * kConvBlock;
      if (kTileBlocks > 1 && block + kTileBlocks <= u.blocks.end) {
        convolve_chunk<Input, kTileBlocks>(shape, steps, at, part.is_flat, u.lines);
        block += kTileBlocks;
      } else {
        convolve_chunk<Input, 1>(shape, steps, at, part.is_flat, u.lines);
        ++block;
      }
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_ROWS_INL_H
