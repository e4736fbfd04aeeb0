// Adagrad, Adam and Momentum: one step of a training algorithm on any number of tensors. Inputs
// after the rate R and the step count T: all tensors X, all gradients, then each kind of state;
// outputs: all new X, then the new states. Computed in the type of each tensor, as written in the
// specification.

#include "kernels/numeric/float_math.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::string_view kTraining = "ai.onnx.preview.training";

// What one tensor's step works on. states has one or two entries.
template <typename T>
struct Step {
  T rate;
  T count;
  std::span<const T> gradient;
  std::span<T> x;
  std::vector<std::span<T>> states;
};

// How many tensors are optimised, when each has `parts` inputs.
Result<std::size_t> tensor_count(const NodeView& view, std::size_t inputs, std::size_t outputs,
                                 std::size_t parts) {
  const std::size_t given = inputs < 2 ? 0 : inputs - 2;
  if (given == 0 || given % parts != 0 || outputs != given / parts * (parts - 1)) {
    return view.fail("has ", inputs, " inputs and ", outputs, " outputs: each tensor needs ", parts,
                     " inputs after R and T, and ", parts - 1, " outputs");
  }
  return given / parts;
}

template <typename Apply>
Status optimize(EvalContext& ctx, std::size_t state_kinds, Apply apply) {
  const std::size_t parts = state_kinds + 2;
  const std::size_t count = TRY(tensor_count(ctx, ctx.input_count(), ctx.output_count(), parts));
  if (ctx.input(0).size() != 1 || ctx.input(1).size() != 1) {
    return ctx.fail("R and T must have one element each");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const DType dtype = ctx.input(2 + i).dtype();
    std::vector<Tensor> tensors;  // x, gradient, states
    for (std::size_t part = 0; part < parts; ++part) {
      const Tensor& given = ctx.input(2 + part * count + i);
      if (given.dtype() != dtype || given.shape() != ctx.input(2 + i).shape()) {
        return ctx.fail("input ", 2 + part * count + i, " must have the type and shape of input ",
                        2 + i);
      }
      tensors.push_back(given);
    }
    const Tensor rate = TRY(cast(ctx.input(0), dtype));
    const Tensor steps = TRY(cast(ctx.input(1), dtype));
    const bool known = visit_real(dtype, [&]<typename T>() {
      Step<T> step{rate.data<T>()[0],
                   steps.data<T>()[0],
                   tensors[1].data<T>(),
                   tensors[0].mutable_data<T>(),
                   {}};
      for (std::size_t s = 0; s < state_kinds; ++s) {
        step.states.push_back(tensors[2 + s].mutable_data<T>());
      }
      apply(step);
    });
    if (!known) return ctx.unsupported("no implementation for ", name(dtype));
    ctx.set_output(i, tensors[0]);
    for (std::size_t s = 0; s < state_kinds; ++s)
      ctx.set_output((s + 1) * count + i, tensors[2 + s]);
  }
  return {};
}

// g = norm * x + G, H = H + g^2, X = X - r g / (sqrt H + epsilon), r = R / (1 + T decay).
Status evaluate_adagrad(EvalContext& ctx) {
  const float decay = ctx.get_float("decay_factor", 0.0F);
  const float epsilon = ctx.get_float("epsilon", 1e-6F);
  const float norm = ctx.get_float("norm_coefficient", 0.0F);
  return optimize(ctx, 1, [&]<typename T>(Step<T>& step) {
    const T rate = step.rate / (T(1) + step.count * static_cast<T>(decay));
    for (std::size_t i = 0; i < step.x.size(); ++i) {
      const T g = static_cast<T>(norm) * step.x[i] + step.gradient[i];
      T& h = step.states[0][i];
      h += g * g;
      step.x[i] -= rate * g / (numeric::sqrt(h) + static_cast<T>(epsilon));
    }
  });
}

// g = norm * x + G, V = alpha V + (1 - alpha) g, H = beta H + (1 - beta) g^2,
// X = (1 - post) (X - r V / (sqrt H + epsilon)), r = R sqrt(1 - beta^T) / (1 - alpha^T), R at step
// 0.
Status evaluate_adam(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 0.9F);
  const float beta = ctx.get_float("beta", 0.999F);
  const float epsilon = ctx.get_float("epsilon", 1e-6F);
  const float norm = ctx.get_float("norm_coefficient", 0.0F);
  const float post = ctx.get_float("norm_coefficient_post", 0.0F);
  return optimize(ctx, 2, [&]<typename T>(Step<T>& step) {
    const T a = static_cast<T>(alpha);
    const T b = static_cast<T>(beta);
    T rate = step.rate;
    if (step.count > T(0)) {
      rate = rate * numeric::sqrt(T(1) - numeric::pow(b, step.count)) /
             (T(1) - numeric::pow(a, step.count));
    }
    for (std::size_t i = 0; i < step.x.size(); ++i) {
      const T g = static_cast<T>(norm) * step.x[i] + step.gradient[i];
      T& v = step.states[0][i];
      T& h = step.states[1][i];
      v = a * v + (T(1) - a) * g;
      h = b * h + (T(1) - b) * (g * g);
      const T x = step.x[i] - rate * (v / (numeric::sqrt(h) + static_cast<T>(epsilon)));
      step.x[i] = (T(1) - static_cast<T>(post)) * x;
    }
  });
}

// g = norm * x + G, V = alpha V + beta g (beta is 1 at step 0), X = X - R V, or, for Nesterov's
// form, X = X - R (g + alpha V).
Status evaluate_momentum(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 0.0F);
  const float beta = ctx.get_float("beta", 0.0F);
  const float norm = ctx.get_float("norm_coefficient", 0.0F);
  const std::string mode = ctx.get_string("mode", "");
  if (mode != "standard" && mode != "nesterov") {
    return ctx.fail("mode is '", mode, "': use standard or nesterov");
  }
  return optimize(ctx, 1, [&]<typename T>(Step<T>& step) {
    const T a = static_cast<T>(alpha);
    const T b = step.count > T(0) ? static_cast<T>(beta) : T(1);
    for (std::size_t i = 0; i < step.x.size(); ++i) {
      const T g = static_cast<T>(norm) * step.x[i] + step.gradient[i];
      T& v = step.states[0][i];
      v = a * v + b * g;
      step.x[i] -= mode == "nesterov" ? step.rate * (g + a * v) : step.rate * v;
    }
  });
}

template <std::size_t kParts>
Status infer_optimizer(InferContext& ctx) {
  const std::size_t count = TRY(tensor_count(ctx, ctx.input_count(), ctx.output_count(), kParts));
  for (std::size_t i = 0; i < ctx.output_count(); ++i) {
    ctx.copy_type(i, 2 + (i < count ? i : i + count));  // gradients come between X and the states
  }
  return {};
}

}  // namespace

std::vector<Op> optimizer_ops() {
  constexpr std::string_view kSignature =
      "R: T1, T: T2, inputs+~: T3 -> outputs+~: T3 | T1 = float double, T2 = int64, "
      "T3 = float double";
  return {
      {.name = "Adagrad",
       .domain = kTraining,
       .versions = {{1, kSignature, "decay_factor float, epsilon float, norm_coefficient float"}},
       .infer = infer_optimizer<3>,
       .evaluate = evaluate_adagrad},
      {.name = "Adam",
       .domain = kTraining,
       .versions = {{1, kSignature,
                     "alpha float, beta float, epsilon float, norm_coefficient float, "
                     "norm_coefficient_post float"}},
       .infer = infer_optimizer<4>,
       .evaluate = evaluate_adam},
      {.name = "Momentum",
       .domain = kTraining,
       .versions = {{1, kSignature,
                     "alpha float!, beta float!, mode string!, norm_coefficient float!"}},
       .infer = infer_optimizer<3>,
       .evaluate = evaluate_momentum},
  };
}

}  // namespace slipway
