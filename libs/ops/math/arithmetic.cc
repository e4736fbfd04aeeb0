// Add, Sub, Mul, Div, Mod, BitShift. Whole numbers wrap around.
#include <cmath>
#include <type_traits>

#include "kernels/numeric/remainder.h"
#include "ops/math/binary.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

template <typename T>
constexpr bool is_whole = std::is_integral_v<T>;

struct Add {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (!is_whole<T>)
      return a + b;
    else
      return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};

struct Sub {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (!is_whole<T>)
      return a - b;
    else
      return static_cast<T>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
  }
};

struct Mul {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (!is_whole<T>)
      return a * b;
    else
      return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};

// Truncates; the one quotient that does not fit, smallest / -1, wraps.
struct Div {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      if (b == -1) return static_cast<T>(0 - static_cast<std::uint64_t>(a));
    }
    return a / b;
  }
};

// The remainder of truncated division: the sign of a.
struct TruncatedMod {
  template <typename T>
  T operator()(T a, T b) const {
    if constexpr (std::is_same_v<T, float>) {
      return numeric::fmod(a, b);
    } else if constexpr (!is_whole<T>) {
      return std::fmod(a, b);  // exact
    } else {
      if constexpr (std::is_signed_v<T>) {
        if (b == -1) return 0;
      }
      return a % b;
    }
  }
};

// The remainder of floored division: the sign of b.
struct FlooredMod {
  template <typename T>
  T operator()(T a, T b) const {
    const T rest = TruncatedMod{}(a, b);
    if constexpr (!is_whole<T>) {
      if (rest == T{0}) return std::copysign(rest, b);
      if ((rest < T{0}) == (b < T{0}) || std::isnan(rest)) return rest;
      return std::isinf(b) ? b : rest + b;
    } else {
      return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
  }
};

bool holds_zero(const Tensor& tensor) {
  bool found = false;
  visit_integer(tensor.dtype(), [&]<typename T>() {
    for (const T element : tensor.data<T>()) found = found || element == 0;
  });
  return found;
}

Status refuse_zero_divisor(const EvalContext& ctx) {
  if (!holds_zero(ctx.input(1))) return {};
  return ctx.fail("a whole number is divided by zero: give B no zeros, or divide floats");
}

template <typename F>
Status evaluate(EvalContext& ctx) {
  return map_binary(ctx, F{});
}

Status evaluate_div(EvalContext& ctx) {
  TRY(refuse_zero_divisor(ctx));
  return map_binary(ctx, Div{});
}

Status evaluate_mod(EvalContext& ctx) {
  TRY(refuse_zero_divisor(ctx));
  if (ctx.get_flag("fmod", false)) return map_binary(ctx, TruncatedMod{});
  return map_binary(ctx, FlooredMod{});
}

// Shifts by fewer than no bits, or by as many as there are, leave only copies of the sign.
Status evaluate_bit_shift(EvalContext& ctx) {
  const std::string direction = ctx.get_string("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") {
    return ctx.fail("direction is \"", direction, "\": it must be \"LEFT\" or \"RIGHT\"");
  }
  const std::uint64_t bits = info(ctx.input(0).dtype()).bits;
  if (direction == "LEFT") {
    return map_binary(ctx, [bits]<typename T>(T x, T by) {
      const auto amount = static_cast<std::uint64_t>(by);
      return amount >= bits ? T{0} : static_cast<T>(static_cast<std::uint64_t>(x) << amount);
    });
  }
  return map_binary(ctx, [bits]<typename T>(T x, T by) {
    const auto amount = static_cast<std::uint64_t>(by);
    if constexpr (is_whole<T>) {
      return amount >= bits ? (x < 0 ? static_cast<T>(-1) : T{0}) : static_cast<T>(x >> amount);
    } else {
      return x;
    }
  });
}

Dim times(const Dim& a, const Dim& b) {
  if (a.is_known()) return scale(b, a.extent());
  return b.is_known() ? scale(a, b.extent()) : Dim();
}

Dim over(const Dim& a, const Dim& b) {
  if (!b.is_known() || b.extent() == 0) return Dim();
  if (b.extent() == 1) return a;
  return a.is_known() ? Dim(a.extent() / b.extent()) : Dim();
}

// Besides the shape: sums, products and the like of extents that are known or symbols.
template <Dim (*kCombine)(const Dim&, const Dim&)>
Status infer_arithmetic(InferContext& ctx) {
  TRY(infer_binary(ctx));
  const std::optional<Dims> a = ctx.elements(0);
  const std::optional<Dims> b = ctx.elements(1);
  if (!a.has_value() || !b.has_value() || ctx.version() < 7 || !is_integer(ctx.dtype(0))) return {};
  const std::size_t count = a->size() == 1 ? b->size() : a->size();
  if ((a->size() != count && a->size() != 1) || (b->size() != count && b->size() != 1)) return {};
  Dims combined;
  for (std::size_t i = 0; i < count; ++i) {
    combined.push_back(kCombine((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
  }
  ctx.set_elements(0, std::move(combined));
  return {};
}

using Versions = std::vector<OpVersion>;

Versions since_1() {
  return {{1, "A: T, B: T -> C: T | T = floats", "axis int, broadcast int, consumed_inputs ints"},
          {6, "A: T, B: T -> C: T | T = floats int32 int64 uint32 uint64", kBroadcastAttributes},
          {7, "A: T, B: T -> C: T | T = numeric"}};
}

Op row(std::string_view name, Versions versions, Status (*infer)(InferContext&),
       Status (*evaluate)(EvalContext&)) {
  return {.name = name, .versions = std::move(versions), .infer = infer, .evaluate = evaluate};
}

}  // namespace

std::vector<Op> arithmetic_ops() {
  return {
      row("Add", since_1(), infer_arithmetic<add>, evaluate<Add>),
      row("Sub", since_1(), infer_arithmetic<subtract>, evaluate<Sub>),
      row("Mul", since_1(), infer_arithmetic<times>, evaluate<Mul>),
      row("Div", since_1(), infer_arithmetic<over>, evaluate_div),
      row("Mod", {{10, "A: T, B: T -> C: T | T = numeric", "fmod int"}}, infer_binary,
          evaluate_mod),
      row("BitShift", {{11, "X: T, Y: T -> Z: T | T = ints uints", "direction string!"}},
          infer_binary, evaluate_bit_shift),
  };
}

}  // namespace slipway
