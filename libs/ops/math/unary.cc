// Functions of one element without attributes that round (exact_unary.cc has those that do not).
#include <cmath>

#include "kernels/numeric/float_math.h"
#include "ops/infer_context.h"
#include "ops/math/elementwise.h"
#include "ops/op.h"

namespace slipway {
namespace {

template <typename T>
T softsign(T x) {
  return x / (T{1} + std::fabs(x));
}
template <typename T>
T mish(T x) {
  return x * numeric::tanh(numeric::softplus(x));
}
template <typename T>
T hard_swish(T x) {
  const T gate = x * static_cast<T>(1.0 / 6.0) + T{0.5};
  return x * (gate < T{0} ? T{0} : gate > T{1} ? T{1} : gate);
}

// Whole numbers compute in double and truncate.
Status evaluate_erf(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype();
  if (is_float(dtype)) return map_real(ctx, [](auto x) { return numeric::erf(x); });
  Tensor x = TRY(cast(ctx.input(0), DType::kFloat64));
  for (double& element : x.mutable_data<double>()) element = numeric::erf(element);
  return set_narrowed(ctx, 0, std::move(x), dtype);
}

using Versions = std::vector<OpVersion>;

// Functions that have existed since opset 1 take and give X and Y, or input and output.
Versions from_1(std::string_view signature) {
  return {{1, signature, "consumed_inputs ints"}, {6, signature}};
}
Versions since(int version, std::string_view signature) { return {{version, signature}}; }

constexpr std::string_view kXy = "X: T -> Y: T | T = floats";
constexpr std::string_view kInOut = "input: T -> output: T | T = floats";

Op row(std::string_view name, Versions versions, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = std::move(versions),
          .infer = infer_same_as_first,
          .evaluate = evaluate};
}

#define REAL(function) evaluate_real<function, function>

}  // namespace

std::vector<Op> unary_ops() {
  return {
      row("Acos", since(7, kInOut), REAL(numeric::acos)),
      row("Acosh", since(9, kInOut), REAL(numeric::acosh)),
      row("Asin", since(7, kInOut), REAL(numeric::asin)),
      row("Asinh", since(9, kInOut), REAL(numeric::asinh)),
      row("Atan", since(7, kInOut), REAL(numeric::atan)),
      row("Atanh", since(9, kInOut), REAL(numeric::atanh)),
      row("Cos", since(7, kInOut), REAL(numeric::cos)),
      row("Cosh", since(9, kInOut), REAL(numeric::cosh)),
      row("Erf", since(9, "input: T -> output: T | T = numeric"), evaluate_erf),
      row("Exp", from_1(kInOut), REAL(numeric::exp)),
      row("HardSwish", since(14, kXy), REAL(hard_swish)),
      row("Log", from_1(kInOut), REAL(numeric::log)),
      row("Mish", since(18, kXy), REAL(mish)),
      row("Sigmoid", from_1(kXy), REAL(numeric::sigmoid)),
      row("Sin", since(7, kInOut), REAL(numeric::sin)),
      row("Sinh", since(9, kInOut), REAL(numeric::sinh)),
      row("Softplus", since(1, kXy), REAL(numeric::softplus)),
      row("Softsign", since(1, kInOut), REAL(softsign)),
      row("Sqrt", from_1(kXy), REAL(numeric::sqrt)),
      row("Tan", since(7, kInOut), REAL(numeric::tan)),
      row("Tanh", from_1(kInOut), REAL(numeric::tanh)),
  };
}

#undef REAL

}  // namespace slipway
