// Functions of one element with attributes.
#include <cmath>

#include "kernels/numeric/float_math.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise.h"
#include "ops/op.h"

namespace slipway {
namespace {

Status evaluate_celu(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 1.0F);
  return map_real(ctx, [alpha]<typename T>(T x) {
    if (x > T{0} || std::isnan(x)) return x;
    return T{alpha} * numeric::expm1(x / T{alpha});
  });
}

Status evaluate_elu(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 1.0F);
  return map_real(ctx,
                  [alpha]<typename T>(T x) { return x < T{0} ? T{alpha} * numeric::expm1(x) : x; });
}

Status evaluate_selu(EvalContext& ctx) {
  const bool old = ctx.version() < 6;
  const float alpha = ctx.get_float("alpha", old ? 1.6732F : 1.67326319217681884765625F);
  const float gamma = ctx.get_float("gamma", old ? 1.0507F : 1.05070102214813232421875F);
  return map_real(ctx, [alpha, gamma]<typename T>(T x) {
    return T{gamma} * (x > T{0} ? x : T{alpha} * numeric::expm1(x));
  });
}

Status evaluate_gelu(EvalContext& ctx) {
  const std::string approximate = ctx.get_string("approximate", "none");
  if (approximate == "none") return map_real(ctx, [](auto x) { return numeric::gelu(x); });
  if (approximate == "tanh") return map_real(ctx, [](auto x) { return numeric::gelu_tanh(x); });
  return ctx.fail("approximate is \"", approximate, "\": it must be \"none\" or \"tanh\"");
}

Status evaluate_hard_sigmoid(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 0.2F);
  const float beta = ctx.get_float("beta", 0.5F);
  return map_real(ctx, [alpha, beta]<typename T>(T x) {
    const T y = T{alpha} * x + T{beta};
    return y < T{0} ? T{0} : y > T{1} ? T{1} : y;
  });
}

Status evaluate_leaky_relu(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 0.01F);
  return map_real(ctx, [alpha]<typename T>(T x) { return x < T{0} ? T{alpha} * x : x; });
}

Status evaluate_thresholded_relu(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 1.0F);
  return map_real(ctx, [alpha]<typename T>(T x) { return x <= T{alpha} ? T{0} : x; });
}

Status evaluate_swish(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 1.0F);
  return map_real(ctx, [alpha]<typename T>(T x) { return x * numeric::sigmoid(T{alpha} * x); });
}

// Whole numbers compute in double and truncate.
Status evaluate_shrink(EvalContext& ctx) {
  const float bias = ctx.get_float("bias", 0.0F);
  const float lambd = ctx.get_float("lambd", 0.5F);
  const auto shrink = [bias, lambd]<typename T>(T x) {
    if (x < -T{lambd}) return x + T{bias};
    if (x > T{lambd}) return x - T{bias};
    return std::isnan(x) ? x : T{0};
  };
  const DType dtype = ctx.input(0).dtype();
  if (is_float(dtype)) return map_real(ctx, shrink);
  Tensor x = TRY(cast(ctx.input(0), DType::kFloat64));
  for (double& element : x.mutable_data<double>()) element = shrink(element);
  return set_narrowed(ctx, 0, std::move(x), dtype);
}

Status infer_swiglu(InferContext& ctx) {
  ctx.copy_type(0, 0);
  const Dims* a = ctx.dims(0);
  const Dims* b = ctx.dims(1);
  if (a == nullptr || b == nullptr) return {};
  const Result<Type> merged = merge(Type::tensor(ctx.dtype(0), *a), Type::tensor(ctx.dtype(0), *b));
  if (!merged.ok()) return ctx.fail("A and B must have the same shape: ", merged.error().message);
  ctx.set_output(0, *merged);
  return {};
}

Status evaluate_swiglu(EvalContext& ctx) {
  const float alpha = ctx.get_float("alpha", 1.0F);
  const Tensor a = TRY(widened(ctx, 0));
  const Tensor b = TRY(widened(ctx, 1));
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) {
    return ctx.fail("A is ", shape_text(a.shape()), " and B ", shape_text(b.shape()),
                    ": both must have one type and shape, SwiGLU does not broadcast");
  }
  Tensor y = TRY(ctx.make(a.dtype(), a.shape()));
  visit_real(a.dtype(), [&]<typename T>() {
    const auto gate = a.data<T>();
    const auto value = b.data<T>();
    const auto out = y.mutable_data<T>();
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = gate[i] * numeric::sigmoid(T{alpha} * gate[i]) * value[i];
    }
  });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

using Versions = std::vector<OpVersion>;
constexpr std::string_view kXy = "X: T -> Y: T | T = floats";

Op row(std::string_view name, Versions versions, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = std::move(versions),
          .infer = infer_same_as_first,
          .evaluate = evaluate};
}

}  // namespace

std::vector<Op> activation_ops() {
  std::vector<Op> rows = {
      row("Celu", {{12, kXy, "alpha float"}}, evaluate_celu),
      row("Elu", {{1, kXy, "alpha float, consumed_inputs ints"}, {6, kXy, "alpha float"}},
          evaluate_elu),
      row("Gelu", {{20, kXy, "approximate string"}}, evaluate_gelu),
      row("HardSigmoid",
          {{1, kXy, "alpha float, beta float, consumed_inputs ints"},
           {6, kXy, "alpha float, beta float"}},
          evaluate_hard_sigmoid),
      row("LeakyRelu", {{1, kXy, "alpha float, consumed_inputs ints"}, {6, kXy, "alpha float"}},
          evaluate_leaky_relu),
      row("Selu",
          {{1, kXy, "alpha float, consumed_inputs ints, gamma float"},
           {6, kXy, "alpha float, gamma float"}},
          evaluate_selu),
      row("Shrink", {{9, "input: T -> output: T | T = numeric", "bias float, lambd float"}},
          evaluate_shrink),
      row("Swish", {{24, kXy, "alpha float"}}, evaluate_swish),
      row("ThresholdedRelu", {{10, kXy, "alpha float"}}, evaluate_thresholded_relu),
  };
  rows.push_back({.name = "SwiGLU",
                  .versions = {{28, "A: T, B: T -> Y: T | T = floats", "alpha float"}},
                  .infer = infer_swiglu,
                  .evaluate = evaluate_swiglu});
  return rows;
}

}  // namespace slipway
