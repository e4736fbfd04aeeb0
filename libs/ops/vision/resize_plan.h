// Resize and Upsample: which input positions each output position is made of, axis by axis.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/node_view.h"

namespace slipway {

enum class Coordinates : std::uint8_t {
  kHalfPixel,
  kHalfPixelSymmetric,
  kPytorchHalfPixel,
  kAlignCorners,
  kAsymmetric,
  kTfHalfPixelForNn,
  kTfCropAndResize,
};
enum class Nearest : std::uint8_t { kRoundPreferFloor, kRoundPreferCeil, kFloor, kCeil, kSimple };
enum class Filter : std::uint8_t { kNearest, kLinear, kCubic };

struct ResizeRule {
  Filter filter = Filter::kNearest;
  Coordinates coordinates = Coordinates::kHalfPixel;
  Nearest nearest = Nearest::kRoundPreferFloor;
  float cubic_a = -0.75F;
  bool antialias = false;
  bool exclude_outside = false;
};

// One axis: its lengths, and the part of the input that tf_crop_and_resize looks at.
struct ResizeAxis {
  std::int64_t in = 0, out = 0;
  float scale = 1;
  float width = 0;  // the output's length before it was rounded down to whole positions
  float roi_start = 0, roi_end = 1;

  bool is_identity() const { return in == out && scale == 1.0F && roi_start == 0 && roi_end == 1; }
};

// The rule of a node by its attributes, and the older operators' fixed ones.
Result<ResizeRule> read_resize_rule(const NodeView& view);

// Where a version keeps its inputs; 0: not there.
struct ResizeInputs {
  std::size_t roi = 0, scales = 0, sizes = 0;
};

ResizeInputs resize_inputs(const NodeView& view);

// The numbers that decide the output's shape, per resized axis; exactly one of the two is given.
struct ResizeRequest {
  std::vector<float> scales;
  std::vector<std::int64_t> sizes;
  std::vector<float> roi;  // all starts, then all ends; empty: everything
};

// Scales that are attributes: of Upsample-7, and of the height and width of Upsample-1.
std::vector<float> resize_scales(const NodeView& view);

// Every axis of an input of this shape.
Result<std::vector<ResizeAxis>> plan_resize_axes(const NodeView& view, const Shape& shape,
                                                 const ResizeRequest& request,
                                                 const ResizeRule& rule);

// The input position nearest to each output position; -1: outside, to be extrapolated.
std::vector<std::int64_t> nearest_positions(const ResizeRule& rule, const ResizeAxis& axis);

// Output position i = sum over k of weights[i * width + k] * input[positions[i * width + k]].
struct Taps {
  std::size_t width = 0;
  std::vector<std::int64_t> positions;
  std::vector<float> weights;
  std::vector<bool> outside;  // of each output position: to be extrapolated
};
// Fails when the filter would be unreasonably wide.
Result<Taps> filter_taps(const NodeView& view, const ResizeRule& rule, const ResizeAxis& axis);

}  // namespace slipway
