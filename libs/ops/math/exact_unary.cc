// Functions of one element that are exact: signs, rounding to whole numbers, 1/x.
#include <cmath>

#include "ops/infer_context.h"
#include "ops/math/elementwise.h"
#include "ops/op.h"

namespace slipway {
namespace {

template <typename T>
T ceil_of(T x) {
  return std::ceil(x);
}
template <typename T>
T floor_of(T x) {
  return std::floor(x);
}
template <typename T>
T round_of(T x) {
  return std::nearbyint(x);
}  // half to even: nobody changes the rounding mode
template <typename T>
T reciprocal(T x) {
  return T{1} / x;
}
struct Abs {
  float operator()(float x) const { return std::fabs(x); }
  double operator()(double x) const { return std::fabs(x); }
  std::int64_t operator()(std::int64_t x) const {
    return x < 0 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(x)) : x;
  }
  std::uint64_t operator()(std::uint64_t x) const { return x; }
};

struct Neg {
  float operator()(float x) const { return -x; }
  double operator()(double x) const { return -x; }
  template <typename Int>
  Int operator()(Int x) const {
    return static_cast<Int>(0 - static_cast<std::uint64_t>(x));
  }
};

// -0 becomes +0, NaN stays.
struct Relu {
  template <typename T>
  T operator()(T x) const {
    return x <= T{0} ? T{0} : x;
  }
};

// NaN stays NaN.
struct Sign {
  template <typename T>
  T operator()(T x) const {
    if constexpr (std::is_unsigned_v<T>) {
      return x > 0 ? 1 : 0;
    } else {
      return x > T{0} ? T{1} : x < T{0} ? T{-1} : x == T{0} ? T{0} : x;
    }
  }
};

template <typename F>
Status evaluate_numeric(EvalContext& ctx) {
  return map_numeric(ctx, F{});
}

using Versions = std::vector<OpVersion>;

Versions from_1(std::string_view signature) {
  return {{1, signature, "consumed_inputs ints"}, {6, signature}};
}

constexpr std::string_view kXy = "X: T -> Y: T | T = floats";

Op row(std::string_view name, Versions versions, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = std::move(versions),
          .infer = infer_same_as_first,
          .evaluate = evaluate};
}

#define REAL(function) evaluate_real<function, function>

}  // namespace

std::vector<Op> exact_unary_ops() {
  return {
      row("Abs", {{1, kXy, "consumed_inputs ints"}, {6, "X: T -> Y: T | T = numeric"}},
          evaluate_numeric<Abs>),
      row("Neg", {{1, kXy, "consumed_inputs ints"}, {6, "X: T -> Y: T | T = floats ints"}},
          evaluate_numeric<Neg>),
      row("Relu", {{1, kXy, "consumed_inputs ints"}, {6, "X: T -> Y: T | T = floats ints"}},
          evaluate_numeric<Relu>),
      row("Sign", {{9, "input: T -> output: T | T = numeric"}}, evaluate_numeric<Sign>),
      row("Ceil", from_1(kXy), REAL(ceil_of)),
      row("Floor", from_1(kXy), REAL(floor_of)),
      row("Round", {{11, kXy}}, REAL(round_of)),
      row("Reciprocal", from_1(kXy), REAL(reciprocal)),
  };
}

#undef REAL

}  // namespace slipway
