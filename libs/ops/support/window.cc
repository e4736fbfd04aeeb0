#include "ops/support/window.h"

#include <utility>

namespace slipway {

namespace {

constexpr std::int64_t kMaxWindowNumber = (std::int64_t{1} << 30) - 1;
constexpr std::int64_t kMaxInputExtent = std::int64_t{1} << 48;

Result<std::vector<std::int64_t>> read_numbers(const NodeView& view, std::string_view name,
                                               std::size_t count, std::int64_t default_value,
                                               std::int64_t smallest) {
  const std::vector<std::int64_t>* given = view.get_ints(name);
  if (given == nullptr || given->empty()) return std::vector<std::int64_t>(count, default_value);
  if (given->size() != count) {
    return view.fail("attribute ", name, " has ", given->size(), " numbers where ", count,
                     " are needed for the kernel's spatial axes");
  }
  for (const std::int64_t number : *given) {
    if (number < smallest || number > kMaxWindowNumber) {
      return view.fail("attribute ", name, " holds ", number, ", allowed are ", smallest, " to ",
                       kMaxWindowNumber);
    }
  }
  return *given;
}

Result<AutoPad> read_auto_pad(const NodeView& view) {
  const std::string text = view.get_string("auto_pad", "NOTSET");
  if (text.empty() || text == "NOTSET") return AutoPad::kNotSet;
  if (text == "SAME_UPPER") return AutoPad::kSameUpper;
  if (text == "SAME_LOWER") return AutoPad::kSameLower;
  if (text == "VALID") return AutoPad::kValid;
  return view.fail("auto_pad is '", text, "': use NOTSET, SAME_UPPER, SAME_LOWER or VALID");
}

}  // namespace

Result<WindowAttributes> read_window(const NodeView& view, std::vector<std::int64_t> kernel) {
  const std::size_t rank = kernel.size();
  if (rank > kMaxSpatialAxes) {
    return view.unsupported("windows over ", rank, " spatial axes; at most ", kMaxSpatialAxes,
                            " are supported");
  }
  for (const std::int64_t extent : kernel) {
    if (extent < 1 || extent > kMaxWindowNumber) {
      return view.fail("the kernel has an extent of ", extent, "; it must be at least 1");
    }
  }
  WindowAttributes window;
  window.kernel = std::move(kernel);
  window.strides = TRY(read_numbers(view, "strides", rank, 1, 1));
  window.dilations = TRY(read_numbers(view, "dilations", rank, 1, 1));
  window.pads = TRY(read_numbers(view, "pads", 2 * rank, 0, -kMaxWindowNumber));
  window.auto_pad = TRY(read_auto_pad(view));
  window.ceil_mode = view.get_flag("ceil_mode", false);
  return window;
}

Result<WindowAxis> window_axis(const NodeView& view, const WindowAttributes& window,
                               std::size_t axis, std::int64_t input) {
  WindowAxis out{input, window.kernel[axis], window.strides[axis], window.dilations[axis]};
  if (input < 0 || input > kMaxInputExtent) {
    return view.fail("spatial axis ", axis, " of the input has an extent of ", input);
  }
  const std::int64_t reach = out.reach();
  if (window.auto_pad == AutoPad::kSameUpper || window.auto_pad == AutoPad::kSameLower) {
    out.output = (input + out.stride - 1) / out.stride;
    const std::int64_t total =
        std::max<std::int64_t>(0, (out.output - 1) * out.stride + reach - input);
    out.pad_begin = window.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
    out.pad_end = total - out.pad_begin;
    return out;
  }
  if (window.auto_pad == AutoPad::kNotSet) {
    out.pad_begin = window.pads[axis];
    out.pad_end = window.pads[window.kernel.size() + axis];
  }
  const std::int64_t slack = input + out.pad_begin + out.pad_end - reach;
  const bool round_up = window.ceil_mode && slack + out.stride - 1 >= 0;
  if (slack < 0 && !round_up) {
    return view.fail("the kernel covers ", reach, " positions of spatial axis ", axis,
                     ", the padded input has only ", input + out.pad_begin + out.pad_end,
                     ": enlarge the input or the pads");
  }
  out.output = (round_up ? (slack + out.stride - 1) / out.stride : slack / out.stride) + 1;
  // A window that would start in the padding behind the input is left out.
  if (round_up && (out.output - 1) * out.stride >= input + out.pad_begin) --out.output;
  return out;
}

Result<std::vector<WindowAxis>> window_axes(const NodeView& view, const WindowAttributes& window,
                                            std::span<const std::int64_t> spatial) {
  if (spatial.size() != window.kernel.size()) {
    return view.fail("the kernel has ", window.kernel.size(), " spatial axes, the input has ",
                     spatial.size());
  }
  std::vector<WindowAxis> axes;
  for (std::size_t axis = 0; axis < spatial.size(); ++axis) {
    axes.push_back(TRY(window_axis(view, window, axis, spatial[axis])));
  }
  return axes;
}

Result<Dim> window_output_dim(const NodeView& view, const WindowAttributes& window,
                              std::size_t axis, const Dim& input) {
  if (input.is_known()) {
    return Dim(TRY(window_axis(view, window, axis, input.extent())).output);
  }
  if (window.strides[axis] != 1 || window.auto_pad == AutoPad::kValid) return Dim();
  if (window.auto_pad == AutoPad::kNotSet) {
    const std::int64_t padded = window.pads[axis] + window.pads[window.kernel.size() + axis];
    if (padded != (window.kernel[axis] - 1) * window.dilations[axis]) return Dim();
  }
  return input;
}

}  // namespace slipway
