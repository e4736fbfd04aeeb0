// DFT and STFT. Everything is computed in double and rounded once.
#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/signal/fourier.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

using Complex = std::complex<double>;

constexpr int kAxisAsInput = 20;

Result<std::optional<std::int64_t>> read_scalar(const EvalContext& ctx, std::size_t i) {
  if (!ctx.has_input(i)) return std::optional<std::int64_t>();
  const std::vector<std::int64_t> given = TRY(ctx.ints(i));
  if (given.size() != 1) return ctx.fail("input ", i, " must be one number");
  return std::optional(given[0]);
}

// The axis must not be the last one, which holds real and imaginary parts.
Result<std::size_t> signal_axis(const NodeView& view, std::int64_t axis, std::size_t rank) {
  if (rank < 2) return view.fail("its input needs a signal axis and a last one of 1 or 2 parts");
  const std::size_t at = TRY(normalize_axis(view, axis, rank));
  if (at == rank - 1) return view.fail("axis ", axis, " is that of real and imaginary parts");
  return at;
}

struct Mode {
  bool inverse, onesided;
};

Mode read_mode(const NodeView& view) {
  return {view.get_flag("inverse", false), view.get_flag("onesided", false)};
}

Status infer_dft(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  set_unknown_shape(ctx);
  if (dims == nullptr) return {};
  const Mode mode = read_mode(ctx);
  std::int64_t axis = ctx.get_int("axis", 1);
  Dims out = *dims;
  if (!out.empty()) out.back() = mode.inverse && mode.onesided ? 1 : 2;
  if (ctx.version() >= kAxisAsInput) {
    const auto known = ctx.known_ints(2);
    if (ctx.has_input(2) && (!known.has_value() || known->size() != 1)) {
      ctx.set_output(0, ctx.dtype(0), unknown_dims(dims->size()));
      return {};
    }
    axis = known.has_value() ? (*known)[0] : -2;
  }
  const std::size_t at = TRY(signal_axis(ctx, axis, dims->size()));
  Dim length = (*dims)[at];
  if (ctx.has_input(1)) {
    const auto given = ctx.elements(1);
    length = given.has_value() && given->size() == 1 ? (*given)[0] : Dim();
  } else if (mode.inverse && mode.onesided) {
    length = length.is_known() && length.extent() > 0 ? Dim(2 * (length.extent() - 1)) : Dim();
  }
  if (mode.onesided && !mode.inverse) {
    length = length.is_known() ? Dim(length.extent() / 2 + 1) : Dim();
  }
  out[at] = length;
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

// One line of the signal: `count` values `stride` apart, each of `parts` numbers.
struct Line {
  std::size_t start, stride, count, parts;
};

void load(std::span<const double> data, const Line& line, std::span<Complex> x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i >= line.count) {
      x[i] = 0;
      continue;
    }
    const std::size_t at = (line.start + i * line.stride) * line.parts;
    x[i] = {data[at], line.parts == 2 ? data[at + 1] : 0.0};
  }
}

void store(std::span<const Complex> y, const Line& line, std::span<double> data) {
  for (std::size_t i = 0; i < line.count; ++i) {
    const std::size_t at = (line.start + i * line.stride) * line.parts;
    data[at] = y[i].real();
    if (line.parts == 2) data[at + 1] = y[i].imag();
  }
}

// A one-sided spectrum is half of one that mirrors itself.
void mirror(std::span<Complex> x) {
  for (std::size_t i = x.size() / 2 + 1; i < x.size(); ++i) x[i] = std::conj(x[x.size() - i]);
}

struct DftPlan {
  std::size_t axis, length;
  Mode mode;
};

Result<DftPlan> plan_dft(const EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  DftPlan plan{0, 0, read_mode(ctx)};
  std::int64_t axis = ctx.get_int("axis", 1);
  if (ctx.version() >= kAxisAsInput) axis = TRY(read_scalar(ctx, 2)).value_or(-2);
  plan.axis = TRY(signal_axis(ctx, axis, data.rank()));
  const std::int64_t parts = data.shape().back();
  if (parts != 1 && parts != 2) {
    return ctx.fail("the last dimension of its input must be 1 or 2, it is ", parts);
  }
  const std::int64_t extent = data.dim(plan.axis);
  const bool half_given = plan.mode.inverse && plan.mode.onesided;
  const std::int64_t length =
      TRY(read_scalar(ctx, 1)).value_or(half_given ? 2 * (extent - 1) : extent);
  if (length < 1)
    return ctx.fail("the length of the transform is ", length, ": it must be positive");
  if (plan.mode.onesided && !plan.mode.inverse && parts == 2) {
    return ctx.fail("a one-sided transform needs a real input, this one is complex");
  }
  TRY(ctx.make(DType::kComplex128, {length}));
  plan.length = static_cast<std::size_t>(length);
  return plan;
}

Status evaluate_dft(EvalContext& ctx) {
  const Tensor& input = ctx.input(0);
  const DftPlan plan = TRY(plan_dft(ctx));
  const bool to_half = plan.mode.onesided && !plan.mode.inverse;
  const bool from_half = plan.mode.onesided && plan.mode.inverse;
  const Tensor data = TRY(cast(input, DType::kFloat64));
  Shape shape = data.shape();
  shape.back() = from_half ? 1 : 2;
  shape[plan.axis] = static_cast<std::int64_t>(to_half ? plan.length / 2 + 1 : plan.length);
  Tensor out = TRY(ctx.make(DType::kFloat64, shape));
  if (out.size() != 0) {
    const auto extent = static_cast<std::size_t>(data.dim(plan.axis));
    const auto kept = static_cast<std::size_t>(shape[plan.axis]);
    const auto inner =
        static_cast<std::size_t>(extent_of(data.shape(), plan.axis + 1, data.rank() - 1));
    const auto outer = static_cast<std::size_t>(extent_of(data.shape(), 0, plan.axis));
    const Fourier fourier(plan.length, plan.mode.inverse);
    std::vector<Complex> x(plan.length), y(plan.length);
    const std::span<double> results = out.mutable_data<double>();
    for (std::size_t line = 0; line < outer * inner; ++line) {
      const std::size_t o = line / inner;
      const std::size_t i = line % inner;
      load(data.data<double>(),
           {o * extent * inner + i, inner, extent, static_cast<std::size_t>(data.shape().back())},
           x);
      if (from_half) mirror(x);
      fourier.transform(x, y);
      store(y, {o * kept * inner + i, inner, kept, from_half ? 1U : 2U}, results);
    }
  }
  ctx.set_output(0, TRY(cast(out, input.dtype())));
  return {};
}

Dim known_scalar(const InferContext& ctx, std::size_t i) {
  const auto elements = ctx.elements(i);
  return elements.has_value() && elements->size() == 1 ? (*elements)[0] : Dim();
}

Status infer_stft(InferContext& ctx) {
  const Dims* signal = ctx.dims(0);
  Dims out(4);
  out[3] = 2;
  Dim length = known_scalar(ctx, 3);
  const Dims* window = ctx.dims(2);
  if (!ctx.has_input(3) && window != nullptr && window->size() == 1) length = (*window)[0];
  if (signal != nullptr) {
    if (signal->size() != 3) {
      return ctx.fail("its signal ", to_text(ctx.input(0)), " is not [batch, length, 1 or 2]");
    }
    out[0] = (*signal)[0];
    if (!ctx.has_input(2) && !ctx.has_input(3)) length = (*signal)[1];
    const Dim step = known_scalar(ctx, 1);
    const Dim& whole = (*signal)[1];
    if (step.is_known() && step.extent() > 0 && whole.is_known() && length.is_known() &&
        length.extent() <= whole.extent()) {
      out[1] = (whole.extent() - length.extent()) / step.extent() + 1;
    }
  }
  if (length.is_known()) {
    out[2] = ctx.get_flag("onesided", true) ? length.extent() / 2 + 1 : length.extent();
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

struct Frames {
  std::size_t length, step, count;
};

Result<Frames> plan_frames(const EvalContext& ctx) {
  const Tensor& signal = ctx.input(0);
  const std::int64_t parts = signal.rank() == 3 ? signal.dim(2) : 0;
  if (parts != 1 && parts != 2) {
    return ctx.fail("its signal ", shape_text(signal.shape()), " is not [batch, length, 1 or 2]");
  }
  const std::int64_t step = TRY(read_scalar(ctx, 1)).value_or(0);
  const std::int64_t window = static_cast<std::int64_t>(ctx.input(2).size());
  const std::int64_t length =
      TRY(read_scalar(ctx, 3)).value_or(ctx.has_input(2) ? window : signal.dim(1));
  if (step < 1 || length < 1 || length > signal.dim(1) || (ctx.has_input(2) && window != length)) {
    return ctx.fail("frames of ", length, " samples, ", step, " apart, with a window of ", window,
                    " do not suit a signal of ", signal.dim(1));
  }
  return Frames{static_cast<std::size_t>(length), static_cast<std::size_t>(step),
                static_cast<std::size_t>((signal.dim(1) - length) / step + 1)};
}

Status evaluate_stft(EvalContext& ctx) {
  const Tensor& input = ctx.input(0);
  const Frames frames = TRY(plan_frames(ctx));
  const auto parts = static_cast<std::size_t>(input.dim(2));
  const bool onesided = ctx.get_flag("onesided", true);
  if (onesided && parts == 2) {
    return ctx.fail("a one-sided transform needs a real signal: set onesided to 0");
  }
  const std::size_t bins = onesided ? frames.length / 2 + 1 : frames.length;
  const Tensor signal = TRY(cast(input, DType::kFloat64));
  Tensor weights = TRY(ctx.make(DType::kFloat64, {static_cast<std::int64_t>(frames.length)}));
  std::fill(weights.mutable_data<double>().begin(), weights.mutable_data<double>().end(), 1.0);
  if (ctx.has_input(2)) weights = TRY(cast(ctx.input(2), DType::kFloat64));
  Tensor out = TRY(ctx.make(DType::kFloat64, {input.dim(0), static_cast<std::int64_t>(frames.count),
                                              static_cast<std::int64_t>(bins), 2}));
  const Fourier fourier(frames.length, false);
  std::vector<Complex> x(frames.length), y(frames.length);
  const std::span<const double> window = weights.data<double>();
  const std::span<double> results = out.mutable_data<double>();
  const auto samples = static_cast<std::size_t>(input.dim(1));
  const std::size_t rows = out.size() / (bins * 2);
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t start = row / frames.count * samples + row % frames.count * frames.step;
    load(signal.data<double>(), {start, 1, frames.length, parts}, x);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] *= window[i];
    fourier.transform(x, y);
    store(y, {row * bins, 1, bins, 2}, results);
  }
  ctx.set_output(0, TRY(cast(out, input.dtype())));
  return {};
}

}  // namespace

std::vector<Op> dft_ops() {
  return {{.name = "DFT",
           .versions = {{17,
                         "input: T1, dft_length?: T2 -> output: T1 | T1 = floats, "
                         "T2 = int32 int64",
                         "axis int, inverse int, onesided int"},
                        {20,
                         "input: T1, dft_length?: T2, axis?: int64 -> output: T1 | "
                         "T1 = floats, T2 = int32 int64",
                         "inverse int, onesided int"}},
           .infer = infer_dft,
           .evaluate = evaluate_dft},
          {.name = "STFT",
           .versions = {{17,
                         "signal: T1, frame_step: T2, window?: T1, frame_length?: T2 -> "
                         "output: T1 | T1 = floats, T2 = int32 int64",
                         "onesided int"}},
           .infer = infer_stft,
           .evaluate = evaluate_stft}};
}

}  // namespace slipway
