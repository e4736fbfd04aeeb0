// Sliding windows over spatial axes: what convolutions and poolings share.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "graph/type.h"
#include "ops/node_view.h"

namespace slipway {

inline constexpr std::size_t kMaxSpatialAxes = 8;

// One spatial axis. The window at output o covers input positions
// o * stride - pad_begin + k * dilation for k in [0, kernel).
struct WindowAxis {
  std::int64_t input = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t pad_begin = 0;
  std::int64_t pad_end = 0;
  std::int64_t output = 0;

  std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

enum class AutoPad : std::uint8_t { kNotSet, kSameUpper, kSameLower, kValid };

// kernel_shape, strides, dilations, pads, auto_pad and ceil_mode, checked against each other and
// filled with their defaults: one entry an axis, pads [begin..., end...].
struct WindowAttributes {
  std::vector<std::int64_t> kernel;
  std::vector<std::int64_t> strides;
  std::vector<std::int64_t> dilations;
  std::vector<std::int64_t> pads;
  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil_mode = false;
};
Result<WindowAttributes> read_window(const NodeView& view, std::vector<std::int64_t> kernel);

// The window along one axis of the given input extent, output extent and padding worked out.
Result<WindowAxis> window_axis(const NodeView& view, const WindowAttributes& window,
                               std::size_t axis, std::int64_t input);
Result<std::vector<WindowAxis>> window_axes(const NodeView& view, const WindowAttributes& window,
                                            std::span<const std::int64_t> spatial);

// Output extent of an axis whose input extent may be symbolic.
Result<Dim> window_output_dim(const NodeView& view, const WindowAttributes& window,
                              std::size_t axis, const Dim& input);

// Elements of a shape known to be one of an existing tensor's, or part of it.
inline std::int64_t product(std::span<const std::int64_t> extents) {
  std::int64_t result = 1;
  for (const std::int64_t extent : extents) result *= extent;
  return result;
}

// The taps of one window that fall inside the input: along each axis, `count` positions from
// `first` on, `dilation` apart; `first_k` is the kernel position of the first.
struct Window {
  std::array<std::int64_t, kMaxSpatialAxes> first{};
  std::array<std::int64_t, kMaxSpatialAxes> first_k{};
  std::array<std::int64_t, kMaxSpatialAxes> count{};
  std::array<std::int64_t, kMaxSpatialAxes> output{};  // the window's output position
};

inline void place_window(const WindowAxis& axis, std::size_t a, std::int64_t output,
                         Window& window) {
  const std::int64_t start = output * axis.stride - axis.pad_begin;
  const std::int64_t skipped = start >= 0 ? 0 : (-start + axis.dilation - 1) / axis.dilation;
  const std::int64_t first = start + skipped * axis.dilation;
  const std::int64_t inside =
      first >= axis.input ? 0 : (axis.input - first + axis.dilation - 1) / axis.dilation;
  window.output[a] = output;
  window.first[a] = first;
  window.first_k[a] = skipped;
  window.count[a] = std::max<std::int64_t>(0, std::min(axis.kernel - skipped, inside));
}

// Calls on_window(const Window&) for every output position in row-major order.
template <typename OnWindow>
void for_each_window(std::span<const WindowAxis> axes, OnWindow on_window) {
  Window window;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (axes[a].output <= 0) return;
    place_window(axes[a], a, 0, window);
  }
  while (true) {
    on_window(static_cast<const Window&>(window));
    std::size_t a = axes.size();
    while (a > 0 && window.output[a - 1] + 1 == axes[a - 1].output) {
      --a;
      place_window(axes[a], a, 0, window);
    }
    if (a == 0) return;
    place_window(axes[a - 1], a - 1, window.output[a - 1] + 1, window);
  }
}

// Calls on_tap(offset) with the row-major input offset of every tap inside the input, in kernel
// order.
template <typename OnTap>
void for_each_tap(std::span<const WindowAxis> axes, const Window& window, OnTap on_tap) {
  const std::size_t rank = axes.size();
  for (std::size_t a = 0; a < rank; ++a) {
    if (window.count[a] == 0) return;
  }
  if (rank == 0) return on_tap(std::int64_t{0});
  std::array<std::int64_t, kMaxSpatialAxes> k{};
  const WindowAxis& last = axes[rank - 1];
  while (true) {
    std::int64_t offset = 0;
    for (std::size_t a = 0; a + 1 < rank; ++a) {
      offset = (offset + window.first[a] + k[a] * axes[a].dilation) * axes[a + 1].input;
    }
    offset += window.first[rank - 1];
    for (std::int64_t i = 0; i < window.count[rank - 1]; ++i) on_tap(offset + i * last.dilation);
    std::size_t a = rank - 1;
    while (a > 0 && ++k[a - 1] == window.count[a - 1]) k[--a] = 0;
    if (a == 0) return;
  }
}

}  // namespace slipway
