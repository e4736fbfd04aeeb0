#include <cmath>
#include <utility>

#include "kernels/numeric/dot.h"
#include "ops/nn/convolution.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Deformation {
  Convolution conv;
  std::int64_t offset_groups = 1;
  std::int64_t group_channels = 0;  // input channels of an offset group
};

// offset [N, offset_groups * kernel positions * axes, out...], mask [N, offset_groups * kernel
// positions, out...].
Result<Deformation> plan_deformation(const EvalContext& ctx, const Shape& x, const Shape& w) {
  Deformation plan;
  plan.conv = TRY(plan_convolution(ctx, x, w));
  plan.offset_groups = ctx.get_int("offset_group", 1);
  if (plan.offset_groups < 1 || x[1] % plan.offset_groups != 0) {
    return ctx.fail("offset_group is ", plan.offset_groups, "; it must divide the ", x[1],
                    " input channels");
  }
  plan.group_channels = x[1] / plan.offset_groups;
  const std::int64_t axes = static_cast<std::int64_t>(plan.conv.axes.size());
  Shape expected = plan.conv.output_shape;
  if (TRY(element_count(expected)) == 0 || plan.conv.in_channels == 0) return plan;
  for (const std::size_t i : {2U, 4U}) {
    expected[1] = plan.offset_groups * plan.conv.kernel_positions * (i == 2 ? axes : 1);
    if (ctx.has_input(i) && ctx.input(i).shape() != expected) {
      return ctx.fail(i == 2 ? "offset" : "mask", " has shape ", shape_text(ctx.input(i).shape()),
                      ", it must be ", shape_text(expected));
    }
  }
  return plan;
}

// The value at a position between elements: the 2^axes neighbours in row-major order, each with the
// product of its axes' weights, added by fma; neighbours outside count nothing.
template <typename T>
T sample(std::span<const WindowAxis> axes, const T* plane, const double* position) {
  std::array<std::int64_t, kMaxSpatialAxes> low{};
  std::array<T, kMaxSpatialAxes> fraction{};
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (!(position[a] > -1.0 && position[a] < static_cast<double>(axes[a].input))) return T(0);
    const double floor = std::floor(position[a]);
    low[a] = static_cast<std::int64_t>(floor);
    fraction[a] = static_cast<T>(position[a] - floor);
  }
  T sum = 0;
  for (std::size_t corner = 0; corner < (std::size_t{1} << axes.size()); ++corner) {
    T weight = 1;
    std::int64_t offset = 0;
    bool is_inside = true;
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const bool is_high = (corner >> (axes.size() - 1 - a) & 1U) != 0;
      const std::int64_t at = low[a] + (is_high ? 1 : 0);
      weight *= is_high ? fraction[a] : T(1) - fraction[a];
      is_inside = is_inside && at >= 0 && at < axes[a].input;
      offset = offset * axes[a].input + at;
    }
    if (is_inside) sum = std::fma(weight, plane[offset], sum);
  }
  return sum;
}

// Where output position `out` samples under kernel position `k`, before the offsets.
void base_position(std::span<const WindowAxis> axes, std::int64_t out, std::int64_t k,
                   double* position) {
  for (std::size_t a = axes.size(); a-- > 0;) {
    const WindowAxis& axis = axes[a];
    position[a] = static_cast<double>(out % axis.output * axis.stride - axis.pad_begin +
                                      k % axis.kernel * axis.dilation);
    out /= axis.output;
    k /= axis.kernel;
  }
}

// The samples of one input channel for every (kernel position, output position).
template <typename T>
void sample_channel(const Deformation& plan, const T* plane, const T* offsets, const T* mask,
                    std::span<T> samples) {
  const std::span<const WindowAxis> axes = plan.conv.axes;
  const std::int64_t outputs = plan.conv.out_positions;
  const std::int64_t rank = static_cast<std::int64_t>(axes.size());
  for (std::int64_t k = 0; k < plan.conv.kernel_positions; ++k) {
    for (std::int64_t out = 0; out < outputs; ++out) {
      double position[kMaxSpatialAxes];
      base_position(axes, out, k, position);
      for (std::int64_t a = 0; a < rank; ++a) {
        position[a] += static_cast<double>(offsets[(k * rank + a) * outputs + out]);
      }
      T& value = samples[static_cast<std::size_t>(k * outputs + out)];
      value = sample(axes, plane, position);
      if (mask != nullptr) value *= mask[k * outputs + out];
    }
  }
}

// The convolution of the samples, in the order of docs/numerics.md; `samples` has those of a block
// of channels.
template <typename T>
void convolve_image(const Deformation& plan, std::int64_t n, const Tensor& x, const Tensor& w,
                    const Tensor& offset, const Tensor* mask, std::vector<T>& samples, T* out) {
  const Convolution& conv = plan.conv;
  const std::int64_t taps = conv.kernel_positions * conv.out_positions;
  const std::int64_t rank = static_cast<std::int64_t>(conv.axes.size());
  const std::int64_t channels = conv.groups * conv.in_channels;
  for (std::int64_t g = 0; g < conv.groups; ++g) {
    for (std::int64_t block = 0; block < conv.in_channels; block += kChannelBlock) {
      const std::int64_t count = std::min(kChannelBlock, conv.in_channels - block);
      for (std::int64_t c = 0; c < count; ++c) {
        const std::int64_t channel = g * conv.in_channels + block + c;
        const std::int64_t group = n * plan.offset_groups + channel / plan.group_channels;
        sample_channel<T>(plan, x.data<T>().data() + (n * channels + channel) * conv.in_positions,
                          offset.data<T>().data() + group * taps * rank,
                          mask == nullptr ? nullptr : mask->data<T>().data() + group * taps,
                          std::span(samples).subspan(static_cast<std::size_t>(c * taps),
                                                     static_cast<std::size_t>(taps)));
      }
      for (std::int64_t m = g * conv.out_channels; m < (g + 1) * conv.out_channels; ++m) {
        const T* weights =
            w.data<T>().data() + (m * conv.in_channels + block) * conv.kernel_positions;
        for (std::int64_t k = 0; k < conv.kernel_positions; ++k) {
          for (std::int64_t c = 0; c < count; ++c) {
            numeric::multiply_add(weights[c * conv.kernel_positions + k],
                                  samples.data() + c * taps + k * conv.out_positions, 1,
                                  out + m * conv.out_positions,
                                  static_cast<std::size_t>(conv.out_positions));
          }
        }
      }
    }
  }
}

Status evaluate_deform_conv(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor w = TRY(widened(ctx, 1));
  const Tensor offset = TRY(widened(ctx, 2));
  const Tensor bias = TRY(widened(ctx, 3));
  const Tensor mask = TRY(widened(ctx, 4));
  const Deformation plan = TRY(plan_deformation(ctx, x.shape(), w.shape()));
  const std::int64_t channels = plan.conv.output_shape[1];
  if (ctx.has_input(3)) TRY(check_bias(ctx, bias, channels));
  Tensor y = TRY(ctx.make(x.dtype(), plan.conv.output_shape));
  // Samples of a block of channels.
  const Tensor block =
      TRY(ctx.make(x.dtype(), {y.size() == 0 ? 0 : kChannelBlock, plan.conv.kernel_positions,
                               plan.conv.out_positions}));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    std::vector<T> samples(block.size());
    T* out = y.mutable_data<T>().data();
    for (std::int64_t n = 0; n < plan.conv.batch; ++n) {
      convolve_image<T>(plan, n, x, w, offset, ctx.has_input(4) ? &mask : nullptr, samples, out);
      for (std::int64_t i = 0; i < channels * plan.conv.out_positions; ++i, ++out) {
        if (ctx.has_input(3)) {
          *out += bias.data<T>()[static_cast<std::size_t>(i / plan.conv.out_positions)];
        }
      }
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> deform_conv_ops() {
  return {{.name = "DeformConv",
           .versions = {{19, "X: T, W: T, offset: T, B?: T, mask?: T -> Y: T | T = floats",
                         "dilations ints, group int, kernel_shape ints, offset_group int, "
                         "pads ints, strides ints"}},
           .infer = infer_convolution,
           .evaluate = evaluate_deform_conv,
           .multiply_adds = count_convolution}};
}

}  // namespace slipway
