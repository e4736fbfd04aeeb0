// Comparisons, And Or Xor, BitwiseAnd BitwiseOr BitwiseXor.
#include <functional>

#include "ops/math/binary.h"

namespace slipway {
namespace {

Status compare(EvalContext& ctx, BinaryRun run) {
  const DType dtype = ctx.input(0).dtype();
  if (dtype != ctx.input(1).dtype()) {
    return ctx.fail("cannot compare ", name(dtype), " with ", name(ctx.input(1).dtype()),
                    ": both inputs must have one type, insert a Cast");
  }
  const BroadcastLoop loop = TRY(plan_binary(ctx));
  Tensor out = TRY(ctx.make(DType::kBool, loop.shape));
  if (dtype == DType::kString) {
    run(loop, ctx.input(0), ctx.input(1), out);
  } else {
    const Tensor a = TRY(widened(ctx, 0));
    const Tensor b = TRY(widened(ctx, 1));
    run(loop, a, b, out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

template <typename F>
Status evaluate_comparison(EvalContext& ctx) {
  return compare(ctx, [](const BroadcastLoop& loop, const Tensor& a, const Tensor& b, Tensor& out) {
    if (a.dtype() == DType::kString) {
      run_binary<std::string, bool>(loop, a, b, out, F{});
    } else {
      visit_compute(a.dtype(), [&]<typename T>() { run_binary<T, bool>(loop, a, b, out, F{}); });
    }
  });
}

Status combine_bools(EvalContext& ctx, BinaryRun run) {
  const BroadcastLoop loop = TRY(plan_binary(ctx));
  Tensor out = TRY(ctx.make(DType::kBool, loop.shape));
  run(loop, ctx.input(0), ctx.input(1), out);
  ctx.set_output(0, std::move(out));
  return {};
}

template <typename F>
Status evaluate_logical(EvalContext& ctx) {
  return combine_bools(ctx, [](const BroadcastLoop& loop, const Tensor& a, const Tensor& b,
                               Tensor& out) { run_binary<bool, bool>(loop, a, b, out, F{}); });
}

Status combine_bits(EvalContext& ctx, BinaryRun run) {
  const DType dtype = ctx.input(0).dtype();
  if (dtype != ctx.input(1).dtype()) {
    return ctx.fail("the inputs are ", name(dtype), " and ", name(ctx.input(1).dtype()),
                    ": both must have one type, insert a Cast");
  }
  const BroadcastLoop loop = TRY(plan_binary(ctx));
  Tensor out = TRY(ctx.make(dtype, loop.shape));
  run(loop, ctx.input(0), ctx.input(1), out);
  ctx.set_output(0, std::move(out));
  return {};
}

// By width: the bits are the same whatever the sign.
template <typename F>
Status evaluate_bitwise(EvalContext& ctx) {
  return combine_bits(
      ctx, [](const BroadcastLoop& loop, const Tensor& a, const Tensor& b, Tensor& out) {
        visit_width(a.dtype(), [&]<typename T>() {
          if constexpr (std::is_integral_v<T>) {
            run_binary<T, T>(loop, a, b, out, [](T x, T y) { return static_cast<T>(F{}(x, y)); });
          }
        });
      });
}

using Versions = std::vector<OpVersion>;

Op bool_row(std::string_view name, Versions versions, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = std::move(versions),
          .infer = infer_binary_bool,
          .evaluate = evaluate};
}

Versions ordered_since_1() {
  return {{1, "A: T, B: T -> C: T1 | T = floats, T1 = bool", kBroadcastAttributes},
          {7, "A: T, B: T -> C: T1 | T = numeric, T1 = bool"}};
}
Versions ordered_since_12() { return {{12, "A: T, B: T -> C: T1 | T = numeric, T1 = bool"}}; }
Versions bools() {
  return {{1, "A: T, B: T -> C: T1 | T = bool, T1 = bool", kBroadcastAttributes},
          {7, "A: T, B: T -> C: T1 | T = bool, T1 = bool"}};
}

Op bitwise_row(std::string_view name, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = {{18, "A: T, B: T -> C: T | T = ints uints"}},
          .infer = infer_binary,
          .evaluate = evaluate};
}

}  // namespace

std::vector<Op> logical_ops() {
  return {
      bool_row("Equal",
               {{1, "A: T, B: T -> C: T1 | T = int32 int64 bool, T1 = bool", kBroadcastAttributes},
                {7, "A: T, B: T -> C: T1 | T = numeric string bool, T1 = bool"}},
               evaluate_comparison<std::equal_to<>>),
      bool_row("Greater", ordered_since_1(), evaluate_comparison<std::greater<>>),
      bool_row("GreaterOrEqual", ordered_since_12(), evaluate_comparison<std::greater_equal<>>),
      bool_row("Less", ordered_since_1(), evaluate_comparison<std::less<>>),
      bool_row("LessOrEqual", ordered_since_12(), evaluate_comparison<std::less_equal<>>),
      bool_row("And", bools(), evaluate_logical<std::logical_and<>>),
      bool_row("Or", bools(), evaluate_logical<std::logical_or<>>),
      bool_row("Xor", bools(), evaluate_logical<std::not_equal_to<>>),
      bitwise_row("BitwiseAnd", evaluate_bitwise<std::bit_and<>>),
      bitwise_row("BitwiseOr", evaluate_bitwise<std::bit_or<>>),
      bitwise_row("BitwiseXor", evaluate_bitwise<std::bit_xor<>>),
  };
}

}  // namespace slipway
