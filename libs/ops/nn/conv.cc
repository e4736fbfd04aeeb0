#include <utility>

#include "kernels/numeric/dot.h"
#include "ops/cost_context.h"
#include "ops/nn/convolution.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// The part of an output line that one kernel position reaches: outputs [first, first + count) take
// the input elements from `offset` on.
struct LineTap {
  std::int64_t kernel_position;
  std::int64_t offset;
  std::int64_t first;
  std::int64_t count;
};

// The kernel positions that reach output line `line`, in row-major order; those in the padding are
// left out.
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

// One line of one output channel, in the order of docs/numerics.md: blocks of 16 input channels,
// kernel positions, channels of the block.
template <typename T>
void convolve_line(const Convolution& plan, const std::vector<LineTap>& taps, const T* image,
                   const T* weights, T* out) {
  const std::int64_t stride = plan.axes.back().stride;
  for (std::int64_t block = 0; block < plan.in_channels; block += kChannelBlock) {
    const std::int64_t end = std::min(block + kChannelBlock, plan.in_channels);
    for (const LineTap& tap : taps) {
      for (std::int64_t c = block; c < end; ++c) {
        numeric::multiply_add(weights[c * plan.kernel_positions + tap.kernel_position],
                              image + c * plan.in_positions + tap.offset, stride, out + tap.first,
                              static_cast<std::size_t>(tap.count));
      }
    }
  }
}

template <typename T>
void convolve(const Convolution& plan, const Tensor& x, const Tensor& w, const T* bias, Tensor& y) {
  const T* in = x.data<T>().data();
  T* out = y.mutable_data<T>().data();
  const std::int64_t width = plan.axes.back().output;
  const std::int64_t filter = plan.in_channels * plan.kernel_positions;
  for (std::int64_t line = 0; line < plan.out_positions / width; ++line) {
    const std::vector<LineTap> taps = line_taps(plan, line);
    for (std::int64_t image = 0; image < plan.batch * plan.groups; ++image) {
      const std::int64_t first_channel = image % plan.groups * plan.out_channels;
      const T* from = in + image * plan.in_channels * plan.in_positions;
      for (std::int64_t m = 0; m < plan.out_channels; ++m) {
        T* to = out + (image * plan.out_channels + m) * plan.out_positions + line * width;
        const T* weights = w.data<T>().data() + (first_channel + m) * filter;
        convolve_line(plan, taps, from, weights, to);
        for (std::int64_t i = 0; bias != nullptr && i < width; ++i)
          to[i] += bias[first_channel + m];
      }
    }
  }
}

// With a kernel of one position and no padding all positions are one line.
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

Status evaluate_conv(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor w = TRY(widened(ctx, 1));
  const Tensor bias = TRY(widened(ctx, 2));
  Convolution plan = TRY(plan_convolution(ctx, x.shape(), w.shape()));
  if (ctx.has_input(2)) TRY(check_bias(ctx, bias, w.dim(0)));
  Tensor y = TRY(ctx.make(x.dtype(), plan.output_shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    if (plan.in_channels > 0) merge_pointwise(plan);
    convolve<T>(plan, x, w, ctx.has_input(2) ? bias.data<T>().data() : nullptr, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

std::int64_t count_conv(const CostContext& ctx) {
  const Shape& w = ctx.input(1);
  if (w.size() < 2) return 0;
  Shape all = ctx.output(0);
  all.insert(all.end(), w.begin() + 1, w.end());
  return saturating_count(all);
}

}  // namespace

std::vector<Op> conv_ops() {
  return {{.name = "Conv",
           .versions = {{1, "X: T, W: T, B?: T -> Y: T | T = floats",
                         "auto_pad string, dilations ints, group int, kernel_shape ints, "
                         "pads ints, strides ints"}},
           .infer = infer_convolution,
           .evaluate = evaluate_conv,
           .multiply_adds = count_conv}};
}

}  // namespace slipway
