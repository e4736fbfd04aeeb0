#include "quantize/input_sums.h"

#include <algorithm>
#include <array>

#include "ops/node_view.h"

namespace slipway::quantize {
namespace {

constexpr std::size_t kMostKept = std::size_t{1} << 13;  // elements of a tensor
constexpr std::size_t kBlock = 8;                        // sums that do not wait for each other

template <typename Sum, typename T>
Sum sum_of(const T* from, std::int64_t count) {
  std::array<Sum, kBlock> sums{};
  std::int64_t i = 0;
  for (; i + static_cast<std::int64_t>(kBlock) <= count; i += kBlock) {
    for (std::size_t k = 0; k < kBlock; ++k) sums[k] += from[i + static_cast<std::int64_t>(k)];
  }
  Sum sum = 0;
  for (; i < count; ++i) sum += from[i];
  for (const Sum part : sums) sum += part;
  return sum;
}

// The positions of a line that place `k` of the kernel meets: every `stride`-th from `begin` on,
// below `end`.
struct Met {
  std::int64_t begin = 0, end = 0, stride = 1;
  std::int64_t count() const { return begin < end ? (end - begin - 1) / stride + 1 : 0; }
};

Met met_by(const WindowAxis& axis, std::int64_t k) {
  const std::int64_t first = k * axis.dilation - axis.pad_begin;  // at output 0
  const std::int64_t skipped = first < 0 ? (-first + axis.stride - 1) / axis.stride : 0;
  return {first + skipped * axis.stride,
          std::min(axis.input, first + (axis.output - 1) * axis.stride + 1), axis.stride};
}

template <typename Sum, typename T>
Sum sum_of(const T* line, const Met& met, std::int64_t length, const Sum& whole) {
  if (met.count() == 0) return 0;
  if (met.stride == 1) {
    const std::int64_t left_out = length - (met.end - met.begin);
    if (left_out * 2 > length) return sum_of<Sum>(line + met.begin, met.end - met.begin);
    return whole - sum_of<Sum>(line, met.begin) - sum_of<Sum>(line + met.end, length - met.end);
  }
  Sum sum = 0;
  for (std::int64_t i = met.begin; i < met.end; i += met.stride) sum += line[i];
  return sum;
}

// Whether the line at `position` of an axis is met by place `k` of the kernel.
bool is_met(const WindowAxis& axis, std::int64_t position, std::int64_t k) {
  const Met met = met_by(axis, k);
  return position >= met.begin && position < met.end && (position - met.begin) % met.stride == 0;
}

// Splits a number into indices of axes, the last of which runs fastest.
template <typename Extent>
void split(std::size_t number, std::span<const WindowAxis> axes, Extent extent,
           std::array<std::int64_t, kMaxSpatialAxes>& to) {
  for (std::size_t a = axes.size(); a-- > 0;) {
    const auto n = static_cast<std::size_t>(extent(axes[a]));
    to[a] = static_cast<std::int64_t>(number % n);
    number /= n;
  }
}

// A kernel of one place that moves by one: the plane is one line.
std::vector<WindowAxis> merged(std::vector<WindowAxis> axes) {
  WindowAxis line;
  line.input = 1;
  for (const WindowAxis& axis : axes) {
    if (axis.kernel != 1 || axis.stride != 1 || axis.input != axis.output) return axes;
    line.input *= axis.input;
  }
  line.output = line.input;
  return {line};
}

}  // namespace

InputSums::InputSums(const Node& node, const Product& product, Shape weights)
    : node_(&node),
      is_conv_(node.op == "Conv"),
      axis_(product.axis),
      groups_(product.groups),
      weights_(std::move(weights)) {}

Status InputSums::start(const Shape& x) {
  fold();
  shape_ = x;
  const NodeView view(*node_, node_->name);
  const WindowAttributes window =
      TRY(read_window(view, std::vector<std::int64_t>(weights_.begin() + 2, weights_.end())));
  axes_ = merged(TRY(window_axes(view, window, std::span(x).subspan(2))));
  planes_ = static_cast<std::size_t>(x[0] * x[1]);
  plane_ = 1;
  std::size_t places = 1;
  for (const WindowAxis& axis : axes_) {
    plane_ *= static_cast<std::size_t>(axis.input);
    places *= static_cast<std::size_t>(axis.kernel);
  }
  values_.resize(static_cast<std::size_t>(x[1]) * places, 0);
  bytes_.resize(values_.size(), 0);
  return {};
}

Status InputSums::add(const Tensor& x, std::span<const std::uint8_t> bytes, std::uint8_t zero) {
  if (!is_conv_) return add_rows(x, bytes, zero);
  if (x.shape() != shape_) TRY(start(x.shape()));
  std::uint64_t positions = static_cast<std::uint64_t>(x.dim(0));
  for (const WindowAxis& axis : axes_) positions *= static_cast<std::uint64_t>(axis.output);
  positions_ += positions;
  const auto values = x.data<float>();
  if (values.size() > kMostKept) {
    add_planes(values.data(), bytes.data(), zero);
    return {};
  }
  kept_values_.resize(values.size(), 0);
  kept_bytes_.resize(values.size(), 0);
  for (std::size_t i = 0; i < values.size(); ++i) kept_values_[i] += values[i];
  for (std::size_t i = 0; i < values.size(); ++i)
    kept_bytes_[i] += static_cast<std::int32_t>(bytes[i]) - zero;
  return {};
}

Status InputSums::add_rows(const Tensor& x, std::span<const std::uint8_t> bytes,
                           std::uint8_t zero) {
  const auto row = static_cast<std::size_t>(x.shape().back());
  values_.resize(row, 0);
  bytes_.resize(row, 0);
  const auto values = x.data<float>();
  for (std::size_t from = 0; from < values.size(); from += row) {
    for (std::size_t i = 0; i < row; ++i) values_[i] += values[from + i];
    for (std::size_t i = 0; i < row; ++i)
      bytes_[i] += static_cast<std::int32_t>(bytes[from + i]) - zero;
    ++positions_;
  }
  return {};
}

template <typename Value, typename Byte>
void InputSums::add_planes(const Value* values, const Byte* bytes, std::int64_t zero) {
  const std::span outer(axes_.data(), axes_.size() - 1);
  const WindowAxis& last = axes_.back();
  const auto width = static_cast<std::size_t>(last.input);
  const auto places = static_cast<std::size_t>(last.kernel);
  const std::size_t channels = static_cast<std::size_t>(shape_[1]);
  const std::size_t taps = values_.size() / std::max<std::size_t>(channels, 1);
  if (width == 0 || plane_ == 0) return;
  std::vector<Met> met;
  for (std::size_t k = 0; k < places; ++k)
    met.push_back(met_by(last, static_cast<std::int64_t>(k)));
  std::vector<double> line_values(places);
  std::vector<std::int64_t> line_bytes(places);
  std::array<std::int64_t, kMaxSpatialAxes> position{}, place{};
  for (std::size_t p = 0; p < planes_; ++p) {
    double* const to_values = values_.data() + p % channels * taps;
    std::int64_t* const to_bytes = bytes_.data() + p % channels * taps;
    for (std::size_t line = 0; line < plane_ / width; ++line) {
      const Value* const v = values + p * plane_ + line * width;
      const Byte* const b = bytes + p * plane_ + line * width;
      const auto whole_values = sum_of<double>(v, last.input);
      const auto whole_bytes = sum_of<std::int64_t>(b, last.input);
      for (std::size_t k = 0; k < places; ++k) {
        line_values[k] = sum_of<double>(v, met[k], last.input, whole_values);
        line_bytes[k] =
            sum_of<std::int64_t>(b, met[k], last.input, whole_bytes) - zero * met[k].count();
      }
      split(
          line, outer, [](const WindowAxis& axis) { return axis.input; }, position);
      for (std::size_t tap = 0; tap < taps; tap += places) {
        split(
            tap / places, outer, [](const WindowAxis& axis) { return axis.kernel; }, place);
        bool meets = true;
        for (std::size_t a = 0; a < outer.size(); ++a)
          meets = meets && is_met(outer[a], position[a], place[a]);
        if (!meets) continue;
        for (std::size_t k = 0; k < places; ++k) {
          to_values[tap + k] += line_values[k];
          to_bytes[tap + k] += line_bytes[k];
        }
      }
    }
  }
}

void InputSums::fold() {
  if (kept_values_.empty()) return;
  add_planes(kept_values_.data(), kept_bytes_.data(), 0);
  kept_values_.clear();
  kept_bytes_.clear();
}

Status InputSums::add_all(const InputSums& other) {
  if (other.positions_ == 0) return {};
  fold();
  InputSums folded = other;
  folded.fold();
  values_.resize(folded.values_.size(), 0);
  bytes_.resize(folded.bytes_.size(), 0);
  if (values_.size() != folded.values_.size())
    return Error{Code::kInternal, "sums of two products cannot be added"};
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i] += folded.values_[i];
    bytes_[i] += folded.bytes_[i];
  }
  positions_ += folded.positions_;
  return {};
}

Result<std::vector<float>> InputSums::shifts(std::span<const float> weights,
                                             std::span<const float> rounded, float scale,
                                             std::span<const float> factors) {
  fold();
  std::vector<float> shifts;
  if (positions_ == 0) return shifts;
  const auto channels = static_cast<std::size_t>(weights_[axis_]);
  // Of a channel's weights in their order, and of what these multiply.
  const std::size_t inputs = weights.size() / std::max<std::size_t>(channels, 1);
  const bool is_by_column = !is_conv_ && axis_ == 1;
  if (weights.size() != rounded.size() || values_.size() != inputs * groups_)
    return Error{Code::kInternal, "the sums are not those of this product's weights"};
  const std::size_t taps =
      is_conv_ ? values_.size() / std::max<std::size_t>(static_cast<std::size_t>(shape_[1]), 1) : 1;
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t group = c / std::max<std::size_t>(channels / groups_, 1) * inputs;
    double shift = 0;
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t w = is_by_column ? i * channels + c : c * inputs + i;
      const double factor = factors.empty() ? 1 : factors[(group + i) / taps];
      shift += static_cast<double>(weights[w]) * (values_[group + i] * factor) -
               static_cast<double>(rounded[w]) *
                   (static_cast<double>(bytes_[group + i]) * static_cast<double>(scale));
    }
    shifts.push_back(static_cast<float>(shift / static_cast<double>(positions_)));
  }
  return shifts;
}

}  // namespace slipway::quantize
