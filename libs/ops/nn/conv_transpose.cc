#include <utility>

#include "kernels/numeric/dot.h"
#include "ops/cost_context.h"
#include "ops/nn/convolution.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 48;

// The axis as the forward convolution has it that this one transposes: `input` is the extent of Y,
// `output` that of X.
struct TransposedAttributes {
  WindowAttributes window;
  std::vector<std::int64_t> output_padding;
  std::vector<std::int64_t> output_shape;  // empty: worked out from the padding
};

Result<TransposedAttributes> read_transposed(const NodeView& view,
                                             std::vector<std::int64_t> kernel) {
  TransposedAttributes out;
  const std::size_t rank = kernel.size();
  out.window = TRY(read_window(view, std::move(kernel)));
  out.output_padding.assign(rank, 0);
  if (const auto* given = view.get_ints("output_padding"); given && !given->empty()) {
    if (given->size() != rank) {
      return view.fail("output_padding has ", given->size(), " numbers for ", rank,
                       " spatial axes");
    }
    out.output_padding = *given;
  }
  if (const auto* given = view.get_ints("output_shape"); given && !given->empty()) {
    const std::size_t skipped = given->size() == rank + 2 ? 2 : 0;
    if (given->size() - skipped != rank) {
      return view.fail("output_shape has ", given->size(), " numbers for ", rank, " spatial axes");
    }
    out.output_shape.assign(given->begin() + static_cast<std::ptrdiff_t>(skipped), given->end());
  }
  for (const auto* numbers : {&out.output_padding, &out.output_shape}) {
    for (const std::int64_t number : *numbers) {
      if (number < 0 || number > kMaxExtent) {
        return view.fail("output_padding or output_shape holds ", number);
      }
    }
  }
  return out;
}

Result<WindowAxis> transposed_axis(const NodeView& view, const TransposedAttributes& attributes,
                                   std::size_t a, std::int64_t extent) {
  const WindowAttributes& window = attributes.window;
  WindowAxis axis;
  axis.output = extent;
  axis.kernel = window.kernel[a];
  axis.stride = window.strides[a];
  axis.dilation = window.dilations[a];
  if (extent < 0 || extent > (std::int64_t{1} << 31)) {
    return view.fail("spatial axis ", a, " of the input has an extent of ", extent);
  }
  // Before anything is cut off at the ends.
  const std::int64_t full =
      extent == 0 ? 0 : (extent - 1) * axis.stride + axis.reach() + attributes.output_padding[a];
  const bool is_same =
      window.auto_pad == AutoPad::kSameUpper || window.auto_pad == AutoPad::kSameLower;
  if (!attributes.output_shape.empty() || is_same) {
    axis.input =
        attributes.output_shape.empty() ? extent * axis.stride : attributes.output_shape[a];
    const std::int64_t total = std::max<std::int64_t>(0, full - axis.input);
    axis.pad_begin = window.auto_pad == AutoPad::kSameUpper ? total / 2 : total - total / 2;
    axis.pad_end = total - axis.pad_begin;
    return axis;
  }
  if (window.auto_pad == AutoPad::kNotSet) {
    axis.pad_begin = window.pads[a];
    axis.pad_end = window.pads[window.kernel.size() + a];
  }
  axis.input = full - axis.pad_begin - axis.pad_end;
  if (axis.input < 0) {
    return view.fail("the pads ", axis.pad_begin, " and ", axis.pad_end,
                     " cut more off spatial axis ", a, " than its ", full, " positions");
  }
  return axis;
}

}  // namespace

Result<Convolution> plan_transposed(const NodeView& view, const Shape& x, const Shape& w) {
  if (x.size() < 3 || w.size() != x.size()) {
    return view.fail("the input has shape ", shape_text(x), ", the weights have ", shape_text(w),
                     ": needed are [N, C, spatial...] and [C, M / group, kernel...]");
  }
  Convolution plan;
  plan.groups = view.get_int("group", 1);
  if (plan.groups < 1 || plan.groups > (std::int64_t{1} << 31) || x[1] % plan.groups != 0 ||
      w[0] != x[1]) {
    return view.fail("the weights have ", w[0], " input channels, the input has ", x[1],
                     ", group is ", plan.groups,
                     ": the first two must be equal and a multiple of group");
  }
  plan.batch = x[0];
  plan.in_channels = x[1] / plan.groups;
  plan.out_channels = w[1];
  if (w[1] > kMaxExtent / plan.groups) return view.fail("the weights have ", w[1], " channels");
  const std::vector<std::int64_t> kernel(w.begin() + 2, w.end());
  TRY(check_kernel_shape(view, kernel));
  const TransposedAttributes attributes = TRY(read_transposed(view, kernel));
  plan.output_shape = {x[0], w[1] * plan.groups};
  for (std::size_t a = 0; a + 2 < x.size(); ++a) {
    plan.axes.push_back(TRY(transposed_axis(view, attributes, a, x[a + 2])));
    plan.output_shape.push_back(plan.axes.back().input);
  }
  const Result<std::size_t> count = element_count(plan.output_shape);
  if (!count.ok()) return view.fail("the output: ", count.error().message);
  if (*count == 0) return plan;
  for (const WindowAxis& axis : plan.axes) plan.out_positions *= axis.input;
  if (plan.in_channels == 0) return plan;  // no element bounds the other extents then
  for (const WindowAxis& axis : plan.axes) {
    plan.in_positions *= axis.output;
    plan.kernel_positions *= axis.kernel;
  }
  return plan;
}

namespace {

// One input line and the output line it falls on under some kernel position.
struct LinePair {
  std::int64_t in_line;
  std::int64_t out_line;
};

std::vector<LinePair> line_pairs(const Convolution& plan, std::int64_t kernel_position) {
  const std::size_t rank = plan.axes.size();
  std::vector<LinePair> pairs;
  const std::int64_t lines = plan.in_positions / plan.axes[rank - 1].output;
  for (std::int64_t line = 0; line < lines; ++line) {
    std::int64_t inputs = line;
    std::int64_t kernels = kernel_position / plan.axes[rank - 1].kernel;
    std::int64_t out_line = 0;
    std::int64_t scale = 1;
    bool is_inside = true;
    for (std::size_t a = rank - 1; a-- > 0;) {
      const WindowAxis& axis = plan.axes[a];
      const std::int64_t at = inputs % axis.output * axis.stride - axis.pad_begin +
                              kernels % axis.kernel * axis.dilation;
      is_inside = is_inside && at >= 0 && at < axis.input;
      out_line += at * scale;
      scale *= axis.input;
      inputs /= axis.output;
      kernels /= axis.kernel;
    }
    if (is_inside) pairs.push_back({line, out_line});
  }
  return pairs;
}

// Output positions of a line apart by residue modulo the stride, so that a kernel position's
// outputs lie side by side: position p of residue r is at r * length + p / stride.
struct Phases {
  std::int64_t stride;
  std::int64_t length;

  explicit Phases(const WindowAxis& last)
      : stride(std::min(last.stride, last.input)), length((last.input + stride - 1) / stride) {}
};

// The part of a line that a kernel position reaches: inputs from `in`, outputs from `out` (in
// phases).
struct PhaseRun {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t count = 0;
};

PhaseRun phase_run(const WindowAxis& last, const Phases& phases, std::int64_t kernel) {
  const std::int64_t shift = kernel * last.dilation - last.pad_begin;  // output of input 0
  std::int64_t residue = shift % last.stride;
  if (residue < 0) residue += last.stride;
  if (residue >= last.input) return {};
  const std::int64_t step = (shift - residue) / last.stride;
  const std::int64_t outputs = (last.input - residue + last.stride - 1) / last.stride;
  PhaseRun run;
  run.in = std::max<std::int64_t>(0, -step);
  run.count = std::min(last.output, outputs - step) - run.in;
  run.out = residue * phases.length + run.in + step;
  return run;
}

// One output channel, in the order of docs/numerics.md: blocks of 16 input channels, kernel
// positions, channels of the block. `sums` holds the output lines in phases.
template <typename T>
void convolve_channel(const Convolution& plan, const T* in, const T* weights, T* sums) {
  const WindowAxis& last = plan.axes.back();
  const Phases phases(last);
  const std::int64_t filter_step = plan.out_channels * plan.kernel_positions;
  for (std::int64_t block = 0; block < plan.in_channels; block += kChannelBlock) {
    const std::int64_t end = std::min(block + kChannelBlock, plan.in_channels);
    for (std::int64_t k = 0; k < plan.kernel_positions; ++k) {
      const PhaseRun run = phase_run(last, phases, k % last.kernel);
      if (run.count <= 0) continue;
      const std::vector<LinePair> pairs = line_pairs(plan, k);
      for (std::int64_t c = block; c < end; ++c) {
        for (const LinePair& pair : pairs) {
          numeric::multiply_add(weights[c * filter_step + k],
                                in + c * plan.in_positions + pair.in_line * last.output + run.in, 1,
                                sums + pair.out_line * phases.stride * phases.length + run.out,
                                static_cast<std::size_t>(run.count));
        }
      }
    }
  }
}

template <typename T>
void convolve_transposed(const Convolution& plan, const Tensor& x, const Tensor& w, const T* bias,
                         Tensor& y) {
  const WindowAxis& last = plan.axes.back();
  const Phases phases(last);
  const std::int64_t line_sums = phases.stride * phases.length;
  const std::int64_t channels = plan.groups * plan.out_channels;
  std::vector<T> sums(static_cast<std::size_t>(plan.out_positions / last.input * line_sums));
  const auto out = y.mutable_data<T>();
  for (std::int64_t plane = 0; plane < plan.batch * channels; ++plane) {
    const std::int64_t image = plane / plan.out_channels;  // and group
    const std::int64_t group = image % plan.groups;
    const std::int64_t m = plane % plan.out_channels;
    std::fill(sums.begin(), sums.end(), T(0));
    if (plan.in_channels > 0 && plan.in_positions > 0) {
      convolve_channel(plan, x.data<T>().data() + image * plan.in_channels * plan.in_positions,
                       w.data<T>().data() + (group * plan.in_channels * plan.out_channels + m) *
                                                plan.kernel_positions,
                       sums.data());
    }
    for (std::int64_t i = 0; i < plan.out_positions; ++i) {
      const std::int64_t at = i % last.input;
      const T sum = sums[static_cast<std::size_t>(
          i / last.input * line_sums + at % phases.stride * phases.length + at / phases.stride)];
      out[static_cast<std::size_t>(plane * plan.out_positions + i)] =
          bias == nullptr ? sum : sum + bias[group * plan.out_channels + m];
    }
  }
}

Status evaluate_conv_transpose(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor w = TRY(widened(ctx, 1));
  const Tensor bias = TRY(widened(ctx, 2));
  const Convolution plan = TRY(plan_transposed(ctx, x.shape(), w.shape()));
  if (ctx.has_input(2)) TRY(check_bias(ctx, bias, plan.output_shape[1]));
  Tensor y = TRY(ctx.make(x.dtype(), plan.output_shape));
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    convolve_transposed<T>(plan, x, w, ctx.has_input(2) ? bias.data<T>().data() : nullptr, y);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_conv_transpose(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* x = ctx.dims(0);
  const Dims* w = ctx.dims(1);
  if (x == nullptr) return {};
  if (x->size() < 3 || (w != nullptr && w->size() != x->size())) {
    return ctx.fail("the input has rank ", x->size(), ", the weights have ",
                    w == nullptr ? 0 : w->size(), ": both need two axes and the spatial ones");
  }
  Dims output(x->size());
  output[0] = (*x)[0];
  const std::int64_t groups = ctx.get_int("group", 1);
  if (w != nullptr && (*w)[1].is_known() && groups >= 1 &&
      (*w)[1].extent() <= kMaxExtent / groups) {
    output[1] = Dim((*w)[1].extent() * groups);
  }
  const std::optional<std::vector<std::int64_t>> kernel = TRY(infer_kernel(ctx, 1));
  if (kernel && kernel->size() + 2 == x->size()) {
    const TransposedAttributes attributes = TRY(read_transposed(ctx, *kernel));
    for (std::size_t a = 0; a < kernel->size(); ++a) {
      if (!attributes.output_shape.empty()) {
        output[a + 2] = Dim(attributes.output_shape[a]);
      } else if ((*x)[a + 2].is_known()) {
        output[a + 2] = Dim(TRY(transposed_axis(ctx, attributes, a, (*x)[a + 2].extent())).input);
      }
    }
  }
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  return {};
}

std::int64_t count_conv_transpose(const CostContext& ctx) {
  const Shape& w = ctx.input(1);
  if (w.size() < 2) return 0;
  Shape all = ctx.input(0);
  all.insert(all.end(), w.begin() + 1, w.end());
  return saturating_count(all);
}

}  // namespace

std::vector<Op> conv_transpose_ops() {
  return {{.name = "ConvTranspose",
           .versions = {{1, "X: T, W: T, B?: T -> Y: T | T = floats",
                         "auto_pad string, dilations ints, group int, kernel_shape ints, "
                         "output_padding ints, output_shape ints, pads ints, strides ints"}},
           .infer = infer_conv_transpose,
           .evaluate = evaluate_conv_transpose,
           .multiply_adds = count_conv_transpose}};
}

}  // namespace slipway
