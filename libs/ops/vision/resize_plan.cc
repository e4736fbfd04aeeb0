#include "ops/vision/resize_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace slipway {
namespace {

constexpr int kOneFixedRule = 11;  // before this version there were no modes of coordinates
constexpr std::size_t kMaxTaps = std::size_t{1} << 28;

template <typename Enum>
using Words = std::initializer_list<std::pair<std::string_view, Enum>>;

template <typename Enum>
Result<Enum> choose(const NodeView& view, std::string_view attribute, std::string_view otherwise,
                    Words<Enum> words) {
  const std::string word = view.get_string(attribute, otherwise);
  std::vector<std::string_view> known;
  for (const auto& [name, value] : words) {
    if (name == word) return value;
    known.push_back(name);
  }
  return view.fail(attribute, " \"", word, "\" is none of ", join(known));
}

// Where output position i lies in the input.
float original(const ResizeRule& rule, const ResizeAxis& axis, std::int64_t i) {
  const auto x = static_cast<float>(i);
  const auto in = static_cast<float>(axis.in);
  const auto out = static_cast<float>(axis.out);
  switch (rule.coordinates) {
    case Coordinates::kHalfPixel:
      break;
    case Coordinates::kHalfPixelSymmetric: {
      const float adjustment = out / axis.width;
      return in / 2 * (1 - adjustment) + (x + 0.5F) / axis.scale - 0.5F;
    }
    case Coordinates::kPytorchHalfPixel:
      if (axis.out <= 1) return 0;
      break;
    case Coordinates::kAlignCorners:
      return axis.out <= 1 ? 0 : x * (in - 1) / (axis.width - 1);
    case Coordinates::kAsymmetric:
      return x / axis.scale;
    case Coordinates::kTfHalfPixelForNn:
      return (x + 0.5F) / axis.scale;
    case Coordinates::kTfCropAndResize:
      if (axis.out <= 1) return 0.5F * (axis.roi_start + axis.roi_end) * (in - 1);
      return axis.roi_start * (in - 1) + x * (axis.roi_end - axis.roi_start) * (in - 1) / (out - 1);
  }
  return (x + 0.5F) / axis.scale - 0.5F;
}

bool is_outside(const ResizeRule& rule, const ResizeAxis& axis, float x) {
  return rule.coordinates == Coordinates::kTfCropAndResize &&
         !(x >= 0 && x <= static_cast<float>(axis.in - 1));
}

// A float as a position; hostile ones (NaN, huge) end at the border.
std::int64_t clamp_position(float x, std::int64_t extent) {
  if (!(x > 0)) return 0;
  return x < static_cast<float>(extent) ? std::min(static_cast<std::int64_t>(x), extent - 1)
                                        : extent - 1;
}

float linear_weight(float distance) { return std::max(0.0F, 1 - std::fabs(distance)); }

// Keys' cubic convolution.
float cubic_weight(float distance, float a) {
  const float t = std::fabs(distance);
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? a * (((t - 5) * t + 8) * t - 4) : 0.0F;
}

void normalize(float* weights, std::size_t count) {
  float sum = 0;
  for (std::size_t k = 0; k < count; ++k) sum += weights[k];
  for (std::size_t k = 0; k < count && sum != 0; ++k) weights[k] /= sum;
}

}  // namespace

Result<ResizeRule> read_resize_rule(const NodeView& view) {
  ResizeRule rule;
  rule.filter = TRY(choose<Filter>(view, "mode", "nearest",
                                   {{"nearest", Filter::kNearest},
                                    {"linear", Filter::kLinear},
                                    {"bilinear", Filter::kLinear},
                                    {"cubic", Filter::kCubic}}));
  if (view.node().op == "Upsample" || view.version() < kOneFixedRule) {
    rule.coordinates = Coordinates::kAsymmetric;
    rule.nearest = Nearest::kSimple;
    return rule;
  }
  rule.coordinates =
      TRY(choose<Coordinates>(view, "coordinate_transformation_mode", "half_pixel",
                              {{"half_pixel", Coordinates::kHalfPixel},
                               {"half_pixel_symmetric", Coordinates::kHalfPixelSymmetric},
                               {"pytorch_half_pixel", Coordinates::kPytorchHalfPixel},
                               {"align_corners", Coordinates::kAlignCorners},
                               {"asymmetric", Coordinates::kAsymmetric},
                               {"tf_half_pixel_for_nn", Coordinates::kTfHalfPixelForNn},
                               {"tf_crop_and_resize", Coordinates::kTfCropAndResize}}));
  rule.nearest = TRY(choose<Nearest>(view, "nearest_mode", "round_prefer_floor",
                                     {{"round_prefer_floor", Nearest::kRoundPreferFloor},
                                      {"round_prefer_ceil", Nearest::kRoundPreferCeil},
                                      {"floor", Nearest::kFloor},
                                      {"ceil", Nearest::kCeil}}));
  rule.cubic_a = view.get_float("cubic_coeff_a", -0.75F);
  rule.antialias = view.get_flag("antialias", false);
  rule.exclude_outside = view.get_flag("exclude_outside", false);
  return rule;
}

std::vector<std::int64_t> nearest_positions(const ResizeRule& rule, const ResizeAxis& axis) {
  std::vector<std::int64_t> positions(static_cast<std::size_t>(axis.out));
  for (std::int64_t i = 0; i < axis.out; ++i) {
    float x = original(rule, axis, i);
    if (is_outside(rule, axis, x)) {
      positions[static_cast<std::size_t>(i)] = -1;
      continue;
    }
    switch (rule.nearest) {
      case Nearest::kRoundPreferFloor:
        x = std::ceil(x - 0.5F);
        break;
      case Nearest::kRoundPreferCeil:
        x = std::floor(x + 0.5F);
        break;
      case Nearest::kFloor:
        x = std::floor(x);
        break;
      case Nearest::kCeil:
        x = std::ceil(x);
        break;
      case Nearest::kSimple:
        x = axis.scale < 1 ? std::ceil(x) : std::floor(x);
        break;
    }
    positions[static_cast<std::size_t>(i)] = clamp_position(x, axis.in);
  }
  return positions;
}

Result<Taps> filter_taps(const NodeView& view, const ResizeRule& rule, const ResizeAxis& axis) {
  // Shrinking with antialias stretches the filter over the input.
  const float shrink = rule.antialias ? std::min(axis.scale, 1.0F) : 1.0F;
  const float reach = (rule.filter == Filter::kCubic ? 2.0F : 1.0F) / shrink;
  Taps taps;
  const auto outputs = static_cast<std::size_t>(axis.out);
  const float width = 2 * std::ceil(reach);
  if (!(width * static_cast<float>(axis.out) < static_cast<float>(kMaxTaps))) {
    return view.fail("a scale of ", axis.scale, " with antialias needs a filter of ", width,
                     " positions: too wide");
  }
  taps.width = static_cast<std::size_t>(width);
  taps.positions.resize(outputs * taps.width);
  taps.weights.resize(outputs * taps.width);
  taps.outside.resize(outputs);
  for (std::int64_t i = 0; i < axis.out; ++i) {
    float x = original(rule, axis, i);
    taps.outside[static_cast<std::size_t>(i)] = is_outside(rule, axis, x);
    // Coordinates far outside see nothing but the border.
    x = std::clamp(x == x ? x : 0.0F, -width, static_cast<float>(axis.in) + width);
    const auto row = static_cast<std::size_t>(i) * taps.width;
    const auto first =
        static_cast<std::int64_t>(std::floor(x)) - static_cast<std::int64_t>(taps.width) / 2 + 1;
    for (std::size_t k = 0; k < taps.width; ++k) {
      const std::int64_t at = first + static_cast<std::int64_t>(k);
      const float distance = (static_cast<float>(at) - x) * shrink;
      const bool inside = at >= 0 && at < axis.in;
      taps.positions[row + k] = std::clamp<std::int64_t>(at, 0, axis.in - 1);
      taps.weights[row + k] = rule.filter == Filter::kCubic ? cubic_weight(distance, rule.cubic_a)
                                                            : linear_weight(distance);
      if (rule.exclude_outside && !inside) taps.weights[row + k] = 0;
    }
    if (rule.antialias || rule.exclude_outside) normalize(&taps.weights[row], taps.width);
  }
  return taps;
}

}  // namespace slipway
