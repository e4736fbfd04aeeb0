// Pow. The result has the base's type. Whole to the power of whole is exact modulo 2^64; every
// other mixture computes in float when both are at most float, else in double.
#include "kernels/numeric/float_math.h"
#include "ops/math/binary.h"

namespace slipway {
namespace {

std::int64_t whole_power(std::int64_t base, std::uint64_t exponent) {
  auto square = static_cast<std::uint64_t>(base);
  std::uint64_t result = 1;
  for (; exponent != 0; exponent >>= 1U) {
    if ((exponent & 1U) != 0) result *= square;
    square *= square;
  }
  return static_cast<std::int64_t>(result);
}

// 1 / base^n truncates to 0 except for bases 1 and -1; base 0 is refused before.
std::int64_t negative_power(std::int64_t base, std::int64_t exponent) {
  if (base == 1) return 1;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  return 0;
}

Status evaluate_whole(EvalContext& ctx, const BroadcastLoop& loop) {
  const Tensor base = TRY(widened(ctx, 0));
  const Tensor raw = TRY(widened(ctx, 1));
  const bool is_unsigned = raw.dtype() == DType::kUint64;
  Tensor exponent = raw;
  if (is_unsigned) exponent = TRY(cast(raw, DType::kInt64));  // same bits
  Tensor out = TRY(ctx.make(DType::kInt64, loop.shape));
  bool zero_to_negative = false;
  run_binary<std::int64_t, std::int64_t>(loop, base, exponent, out,
                                         [&](std::int64_t x, std::int64_t n) {
                                           if (n >= 0 || is_unsigned)
                                             return whole_power(x, static_cast<std::uint64_t>(n));
                                           zero_to_negative = zero_to_negative || x == 0;
                                           return negative_power(x, n);
                                         });
  if (zero_to_negative) {
    return ctx.fail(
        "0 is raised to a negative power: whole numbers have no such value, use floats");
  }
  return set_narrowed(ctx, 0, std::move(out), ctx.input(0).dtype());
}

bool fits_float(DType dtype) {
  return dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBfloat16;
}

Status evaluate_pow(EvalContext& ctx) {
  const DType base = ctx.input(0).dtype();
  const DType exponent = ctx.input(1).dtype();
  const BroadcastLoop loop = TRY(plan_binary(ctx));
  if (is_integer(base) && is_integer(exponent)) return evaluate_whole(ctx, loop);
  const DType compute =
      fits_float(base) && fits_float(exponent) ? DType::kFloat32 : DType::kFloat64;
  const Tensor a = TRY(cast(ctx.input(0), compute));
  const Tensor b = TRY(cast(ctx.input(1), compute));
  Tensor out = TRY(ctx.make(compute, loop.shape));
  visit_real(compute, [&]<typename T>() {
    run_binary<T, T>(loop, a, b, out, [](T x, T y) { return numeric::pow(x, y); });
  });
  return set_narrowed(ctx, 0, std::move(out), base);
}

}  // namespace

std::vector<Op> pow_ops() {
  return {{.name = "Pow",
           .versions = {{1, "X: T, Y: T -> Z: T | T = floats", kBroadcastAttributes},
                        {7, "X: T, Y: T -> Z: T | T = floats"},
                        {12, "X: T, Y: T1 -> Z: T | T = floats int32 int64, T1 = numeric"}},
           .infer = infer_binary,
           .evaluate = evaluate_pow}};
}

}  // namespace slipway
