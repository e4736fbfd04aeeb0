#include "ops/nn/convolve.h"

namespace slipway {

std::vector<LineTap> line_taps(const Convolution& plan, std::int64_t line) {
  const std::size_t rank = plan.axes.size();
  const WindowAxis& last = plan.axes[rank - 1];
  std::vector<LineTap> taps;
  for (std::int64_t k = 0; k < plan.kernel_positions; ++k) {
    std::int64_t outputs = line;
    std::int64_t kernels = k / last.kernel;
    std::int64_t offset = 0;
    std::int64_t scale = last.input;
    bool is_inside = true;
    for (std::size_t a = rank - 1; a-- > 0;) {
      const WindowAxis& axis = plan.axes[a];
      const std::int64_t at = outputs % axis.output * axis.stride - axis.pad_begin +
                              kernels % axis.kernel * axis.dilation;
      is_inside = is_inside && at >= 0 && at < axis.input;
      offset += at * scale;
      scale *= axis.input;
      outputs /= axis.output;
      kernels /= axis.kernel;
    }
    const std::int64_t start = k % last.kernel * last.dilation - last.pad_begin;
    const std::int64_t first = start >= 0 ? 0 : (-start + last.stride - 1) / last.stride;
    const std::int64_t room = last.input - start - first * last.stride;
    const std::int64_t count =
        std::min(last.output - first, (room + last.stride - 1) / last.stride);
    if (is_inside && room > 0 && count > 0) {
      taps.push_back({k, offset + start + first * last.stride, first, count});
    }
  }
  return taps;
}

void merge_pointwise(Convolution& plan) {
  WindowAxis merged{1};
  merged.output = 1;
  for (const WindowAxis& axis : plan.axes) {
    if (axis.kernel != 1 || axis.stride != 1 || axis.input != axis.output || axis.pad_begin != 0) {
      return;
    }
    merged.input *= axis.input;
    merged.output *= axis.output;
  }
  plan.axes = {merged};
}

}  // namespace slipway
