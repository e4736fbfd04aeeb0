// Transposed convolution of rows by the tiles of tile-inl.h. The outputs of a row that stand a
// stride apart take the same taps, and neighbours among them read neighbouring inputs. Include
// after rows-inl.h.
#if defined(SLIPWAY_CONV_TRANSPOSED_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CONV_TRANSPOSED_ROWS_INL_H
#undef SLIPWAY_CONV_TRANSPOSED_ROWS_INL_H
#else
#define SLIPWAY_CONV_TRANSPOSED_ROWS_INL_H
#endif

#include <numeric>

#include "kernels/conv/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// The taps of one output: kernel positions first, first + step, ..., the inputs that they read
// going down from `input` by `input_step`.
struct TapWalk {
  std::size_t first = 0;
  std::size_t step = 1;
  std::size_t count = 0;
  std::ptrdiff_t input = 0;
  std::ptrdiff_t input_step = 0;
};

// All the kernel's, whether their input is there or not.
inline TapWalk walk_taps(const ConvAxis& axis, std::size_t output) {
  TapWalk walk;
  walk.step = axis.stride / std::gcd(axis.stride, axis.dilation);
  walk.input_step = static_cast<std::ptrdiff_t>(axis.dilation * walk.step / axis.stride);
  const auto stride = static_cast<std::ptrdiff_t>(axis.stride);
  for (std::size_t k = 0; k < walk.step && k < axis.kernel; ++k) {
    const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(output) + axis.pad -
                                static_cast<std::ptrdiff_t>(k * axis.dilation);
    if (from % stride != 0) continue;
    walk.first = k;
    walk.count = (axis.kernel - k + walk.step - 1) / walk.step;
    walk.input = from / stride;
    break;
  }
  return walk;
}

// Without those whose input is not there.
inline TapWalk taps_there(TapWalk walk, std::size_t inputs) {
  while (walk.count > 0 && walk.input >= static_cast<std::ptrdiff_t>(inputs)) {
    walk.first += walk.step;
    walk.input -= walk.input_step;
    --walk.count;
  }
  while (walk.count > 0 &&
         walk.input - static_cast<std::ptrdiff_t>(walk.count - 1) * walk.input_step < 0) {
    --walk.count;
  }
  return walk;
}

// The columns of a tile of `count`, the first of which reads `input`, whose input is there.
inline Range columns_there(std::ptrdiff_t input, std::size_t inputs, std::size_t count) {
  const auto end = static_cast<std::ptrdiff_t>(inputs) - input;
  Range range{input < 0 ? static_cast<std::size_t>(-input) : 0,
              end < 0 ? 0 : static_cast<std::size_t>(end)};
  if (range.end > count) range.end = count;
  if (range.begin > range.end) range.begin = range.end;
  return range;
}

// One image of one group, for kBlocks blocks of output channels, at which the operands stand.
template <std::size_t kBlocks>
class TransposedRows {
 public:
  TransposedRows(const ConvShape& shape, const ConvSteps& steps, const ConvOperands& at)
      : shape_(shape), steps_(steps), at_(at) {
    run_.blocks = blocks_of(shape.in_channels);
    run_.last_channels = shape.in_channels - (run_.blocks - 1) * kConvBlock;
    run_.x_block = steps.x_block;
    run_.w_block = steps.w_block;
    run_.w_out = steps.w_out;
    to_.y = tile_;
    to_.block = kTileColumns * kConvBlock;
    to_.bias = at.bias;
    to_.activation = at.activation;
  }

  void row(std::size_t line) {
    const std::size_t width = shape_.width.input;
    const TapWalk depths =
        taps_there(walk_taps(shape_.depth, line / shape_.height.output), shape_.depth.input);
    const TapWalk heights =
        taps_there(walk_taps(shape_.height, line % shape_.height.output), shape_.height.input);
    const bool has_taps = depths.count != 0 && heights.count != 0;
    run_.depths = has_taps ? depths.count : 0;
    run_.heights = has_taps ? heights.count : 0;
    const auto height = static_cast<std::ptrdiff_t>(shape_.height.input);
    const auto row = static_cast<std::ptrdiff_t>(width * kConvBlock);
    // Steps back; as unsigned numbers they wrap.
    run_.x_depth = static_cast<std::size_t>(-depths.input_step * height * row);
    run_.x_height = static_cast<std::size_t>(-heights.input_step * row);
    const std::size_t w_height = shape_.width.kernel * steps_.w_tap;
    const std::size_t w_depth = shape_.height.kernel * w_height;
    run_.w_depth = depths.step * w_depth;
    run_.w_height = heights.step * w_height;
    x_ = has_taps ? at_.x + (depths.input * height + heights.input) * row : at_.x;
    w_ = has_taps ? at_.weights + depths.first * w_depth + heights.first * w_height : at_.weights;
    y_ = at_.y + line * shape_.width.output * kConvBlock;
    const std::size_t stride = shape_.width.stride;
    for (std::size_t phase = 0; phase < stride && phase < shape_.width.output; ++phase) {
      const std::size_t outputs = (shape_.width.output - phase + stride - 1) / stride;
      const TapWalk taps = walk_taps(shape_.width, phase);
      run_.x_width =
          static_cast<std::size_t>(-taps.input_step * static_cast<std::ptrdiff_t>(kConvBlock));
      run_.w_width = taps.step * steps_.w_tap;
      for (std::size_t first = 0; first < outputs;) {
        const std::size_t columns = first_tile<kTileColumns>(outputs - first);
        tile(taps, phase, first, columns);
        first += columns;
      }
    }
  }

 private:
  using Kernels = Tiles<BlockedInput, kBlocks>;

  // Outputs phase + (first + p) * stride for p below columns.
  void tile(TapWalk taps, std::size_t phase, std::size_t first, std::size_t columns) {
    taps.input += static_cast<std::ptrdiff_t>(first);
    Range reached[kMostEdgeTaps];
    bool is_inside = true;
    bool is_edged = taps.count <= kMostEdgeTaps;
    for (std::size_t t = 0; t < taps.count && is_edged; ++t) {
      reached[t] = columns_there(taps.input - static_cast<std::ptrdiff_t>(t) * taps.input_step,
                                 shape_.width.input, columns);
      is_inside = is_inside && reached[t] == Range{0, columns};
      is_edged = is_edge(reached[t], columns, BlockedInput::kEdge);
    }
    if (is_edged) {
      run_.columns = reached;
      compute(
          is_inside ? Kernels::kWhole[tile_index(columns)] : Kernels::kEdged[tile_index(columns)],
          taps);
      write(phase, first, columns);
      return;
    }
    for (std::size_t p = 0; p < columns; ++p, ++taps.input) {
      compute(Kernels::kWhole[0], taps_there(taps, shape_.width.input));
      write(phase, first + p, 1);
    }
  }

  void compute(WholeTile kernel, const TapWalk& taps) {
    run_.widths = taps.count;
    run_.x = x_ + taps.input * static_cast<std::ptrdiff_t>(kConvBlock);
    run_.w = w_ + taps.first * steps_.w_tap;
    kernel(run_, to_);
  }

  void write(std::size_t phase, std::size_t first, std::size_t columns) {
    for (std::size_t b = 0; b < kBlocks; ++b) {
      float* from = tile_ + b * to_.block;
      if (!is_clamp(at_.activation)) activate_row(from, columns * kConvBlock, at_.activation);
      float* y = y_ + b * shape_.out_positions() * kConvBlock;
      for (std::size_t p = 0; p < columns; ++p) {
        store(load(from + p * kConvBlock),
              y + (phase + (first + p) * shape_.width.stride) * kConvBlock);
      }
    }
  }

  const ConvShape& shape_;
  const ConvSteps& steps_;
  const ConvOperands& at_;
  TapRun run_{};
  TileOutput to_{};
  const float* x_ = nullptr;
  const float* w_ = nullptr;
  float* y_ = nullptr;
  float tile_[kTileColumns * kBlocks * kConvBlock];
};

template <std::size_t kBlocks>
void transpose_row(const ConvShape& shape, const ConvSteps& steps, const ConvOperands& at,
                   std::size_t line) {
  TransposedRows<kBlocks>(shape, steps, at).row(line);
}

inline void convolve_transposed(const ConvShape& shape, const ConvOperands& operands,
                                std::size_t begin, std::size_t end) {
  const ConvSteps steps = blocked_steps(shape);
  const std::size_t lines = shape.depth.output * shape.height.output;
  const std::size_t out_blocks = blocks_of(shape.out_channels);
  const std::size_t pairs = (out_blocks + 1) / 2;
  const std::size_t y_block = shape.out_positions() * kConvBlock;
  for (std::size_t unit = begin; unit < end; ++unit) {
    const std::size_t line = unit % lines;
    const std::size_t image = unit / lines / pairs;  // and group
    const std::size_t pair = unit / lines % pairs;
    const std::size_t last = 2 * pair + 2 < out_blocks ? 2 * pair + 2 : out_blocks;
    for (std::size_t block = 2 * pair; block < last;) {
      const std::size_t w_block = image % shape.groups * out_blocks + block;
      ConvOperands at = operands;
      at.x += image * blocks_of(shape.in_channels) * shape.in_positions() * kConvBlock;
      at.weights += w_block * steps.w_out;
      if (at.bias != nullptr) at.bias += w_block * kConvBlock;
      at.y += (image * out_blocks + block) * y_block;
      if (kTileBlocks > 1 && block + kTileBlocks <= last) {
        transpose_row<kTileBlocks>(shape, steps, at, line);
        block += kTileBlocks;
      } else {
        transpose_row<1>(shape, steps, at, line);
        ++block;
      }
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CONV_TRANSPOSED_ROWS_INL_H
