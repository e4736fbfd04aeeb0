#include <cmath>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// X as [batch, channels, inner]: every channel has its own statistics. With spatial = 0 (versions
// before 9) every element of [C, spatial...] counts as a channel. A vector has one channel.
struct BatchPlan {
  std::size_t batch = 0;
  std::size_t channels = 0;
  std::size_t inner = 1;
  bool is_training = false;
};

// Before version 14 a node that asks for statistics is one in training.
bool trains(const NodeView& view, bool wants_statistics) {
  return view.version() >= 14 ? view.get_int("training_mode", 0) != 0 : wants_statistics;
}

Result<BatchPlan> plan_batch(const EvalContext& ctx, const Shape& shape) {
  if (shape.empty()) return ctx.fail("the input is a scalar; it needs a batch axis");
  BatchPlan plan;
  plan.batch = static_cast<std::size_t>(shape[0]);
  std::size_t rest = 1;
  if (ctx.input(0).size() == 0) return plan;
  for (std::size_t axis = 1; axis < shape.size(); ++axis)
    rest *= static_cast<std::size_t>(shape[axis]);
  const bool is_spatial = ctx.version() >= 9 || ctx.get_int("spatial", 1) != 0;
  plan.channels = shape.size() == 1 ? 1 : static_cast<std::size_t>(shape[1]);
  if (!is_spatial) plan.channels = rest;
  plan.inner = rest / plan.channels;
  plan.is_training = trains(ctx, ctx.has_output(1) || ctx.has_output(2));
  return plan;
}

// Mean and variance of each channel over batch and inner elements, in row-major order.
template <typename T>
void channel_moments(const BatchPlan& plan, const T* x, std::span<T> mean, std::span<T> variance) {
  std::vector<T> elements(plan.batch * plan.inner);
  for (std::size_t c = 0; c < plan.channels; ++c) {
    for (std::size_t n = 0; n < plan.batch; ++n) {
      const T* from = x + (n * plan.channels + c) * plan.inner;
      std::copy(from, from + plan.inner,
                elements.begin() + static_cast<std::ptrdiff_t>(n * plan.inner));
    }
    const numeric::Moments<T> moments = numeric::moments(elements.data(), elements.size());
    mean[c] = moments.mean;
    variance[c] = moments.variance;
  }
}

// s = scale / sqrt(variance + epsilon), y = fma(x - mean, s, bias).
template <typename T>
void normalize(const BatchPlan& plan, float epsilon, const T* x, const Tensor& scale,
               const Tensor& bias, std::span<const T> mean, std::span<const T> variance, T* y) {
  for (std::size_t plane = 0; plane < plan.batch * plan.channels; ++plane) {
    const std::size_t c = plane % plan.channels;
    const T factor = scale.data<T>()[c] / numeric::sqrt(variance[c] + static_cast<T>(epsilon));
    for (std::size_t i = plane * plan.inner; i < (plane + 1) * plan.inner; ++i) {
      y[i] = std::fma(x[i] - mean[c], factor, bias.data<T>()[c]);
    }
  }
}

// running = given * momentum + current * (1 - momentum).
template <typename T>
void mix(float momentum, std::span<const T> given, std::span<const T> current,
         std::span<T> running) {
  const T keep = static_cast<T>(momentum);
  for (std::size_t c = 0; c < running.size(); ++c) {
    running[c] = given[c] * keep + current[c] * (T(1) - keep);
  }
}

Status evaluate_batch_normalization(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const BatchPlan plan = TRY(plan_batch(ctx, x.shape()));
  Tensor parameters[5];
  for (std::size_t i = 1; i < 5; ++i) {
    parameters[i] = TRY(cast(ctx.input(i), x.dtype()));
    if (x.size() != 0 && parameters[i].size() != plan.channels) {
      return ctx.fail("input ", i, " has shape ", shape_text(ctx.input(i).shape()), "; ",
                      plan.channels, " channels need as many elements");
    }
  }
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  Tensor mean = TRY(ctx.make(x.dtype(), ctx.input(3).shape()));
  Tensor variance = TRY(ctx.make(x.dtype(), ctx.input(4).shape()));
  Tensor running_mean = parameters[3];
  Tensor running_variance = parameters[4];
  const float epsilon = ctx.get_float("epsilon", 1e-5F);
  const float momentum = ctx.get_float("momentum", 0.9F);
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    if (x.size() == 0) return;
    if (plan.is_training) {
      channel_moments<T>(plan, x.data<T>().data(), mean.mutable_data<T>(),
                         variance.mutable_data<T>());
      mix<T>(momentum, parameters[3].data<T>(), mean.data<T>(), running_mean.mutable_data<T>());
      mix<T>(momentum, parameters[4].data<T>(), variance.data<T>(),
             running_variance.mutable_data<T>());
    } else {
      mean = parameters[3];
      variance = parameters[4];
    }
    normalize<T>(plan, epsilon, x.data<T>().data(), parameters[1], parameters[2], mean.data<T>(),
                 variance.data<T>(), y.mutable_data<T>().data());
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  const DType dtype = ctx.input(3).dtype();
  TRY(set_narrowed(ctx, 1, std::move(running_mean), dtype));
  TRY(set_narrowed(ctx, 2, std::move(running_variance), dtype));
  TRY(set_narrowed(ctx, 3, std::move(mean), dtype));
  TRY(set_narrowed(ctx, 4, std::move(variance), dtype));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_batch_normalization(InferContext& ctx) {
  ctx.copy_type(0, 0);
  for (std::size_t i = 1; i < ctx.output_count(); ++i) {
    if (ctx.has_output(i)) ctx.copy_type(i, i % 2 == 1 ? 3 : 4);
  }
  return {};
}

}  // namespace

std::vector<Op> batch_normalization_ops() {
  constexpr std::string_view kFiveOutputs =
      "X: T, scale: T, B: T, mean: T, var: T -> Y: T, mean?: T, var?: T, saved_mean?: T, "
      "saved_var?: T | T = floats";
  return {{.name = "BatchNormalization",
           .versions =
               {{1, kFiveOutputs,
                 "consumed_inputs ints!, epsilon float, is_test int, momentum float, spatial int"},
                {6, kFiveOutputs, "epsilon float, is_test int, momentum float, spatial int"},
                {7, kFiveOutputs, "epsilon float, momentum float, spatial int"},
                {9, kFiveOutputs, "epsilon float, momentum float"},
                {14,
                 "X: T, scale: T, B: T, input_mean: U, input_var: U -> Y: T, "
                 "running_mean?: U, running_var?: U | T = floats, U = floats",
                 "epsilon float, momentum float, training_mode int"},
                {15,
                 "X: T, scale: T1, B: T1, input_mean: T2, input_var: T2 -> Y: T, "
                 "running_mean?: T2, running_var?: T2 | T = floats, T1 = floats, T2 = floats",
                 "epsilon float, momentum float, training_mode int"}},
           .infer = infer_batch_normalization,
           .evaluate = evaluate_batch_normalization}};
}

}  // namespace slipway
