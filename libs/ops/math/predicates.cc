// Not, BitwiseNot, IsInf, IsNaN.
#include <cmath>

#include "ops/infer_context.h"
#include "ops/math/elementwise.h"
#include "ops/op.h"

namespace slipway {
namespace {

constexpr std::string_view kFloatsAndFloat8 =
    "X: T1 -> Y: T2 | T1 = floats float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz, T2 = bool";

Status infer_bool(InferContext& ctx) {
  ctx.set_output(0, Type::tensor(DType::kBool, ctx.input(0).dims));
  return {};
}

template <typename F>
Status test_elements(EvalContext& ctx, F is_true) {
  const Tensor x = TRY(widened(ctx, 0));
  Tensor y = TRY(ctx.make(DType::kBool, x.shape()));
  const auto out = y.mutable_data<bool>();
  visit_real(x.dtype(), [&]<typename T>() {
    const auto in = x.data<T>();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = is_true(in[i]);
  });
  ctx.set_output(0, std::move(y));
  return {};
}

Status evaluate_is_inf(EvalContext& ctx) {
  const bool negative = ctx.get_flag("detect_negative", true);
  const bool positive = ctx.get_flag("detect_positive", true);
  return test_elements(ctx, [=](auto x) { return std::isinf(x) && (x < 0 ? negative : positive); });
}

Status evaluate_is_nan(EvalContext& ctx) {
  return test_elements(ctx, [](auto x) { return std::isnan(x); });
}

Status evaluate_not(EvalContext& ctx) {
  Tensor y = ctx.input(0);
  for (bool& element : y.mutable_data<bool>()) element = !element;
  ctx.set_output(0, std::move(y));
  return {};
}

Status evaluate_bitwise_not(EvalContext& ctx) {
  Tensor y = ctx.input(0);
  for (std::byte& byte : y.mutable_bytes()) byte = ~byte;
  ctx.set_output(0, std::move(y));
  return {};
}

}  // namespace

std::vector<Op> predicate_ops() {
  return {
      {.name = "Not",
       .versions = {{1, "X: T -> Y: T | T = bool"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_not},
      {.name = "BitwiseNot",
       .versions = {{18, "X: T -> Y: T | T = ints uints"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_bitwise_not},
      {.name = "IsInf",
       .versions = {{10, kFloatsAndFloat8, "detect_negative int, detect_positive int"}},
       .infer = infer_bool,
       .evaluate = evaluate_is_inf},
      {.name = "IsNaN",
       .versions = {{9, kFloatsAndFloat8}},
       .infer = infer_bool,
       .evaluate = evaluate_is_nan},
  };
}

}  // namespace slipway
