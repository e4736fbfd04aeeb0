// ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd
// ReduceSum ReduceSumSquare. Sums and products follow the fixed lanes of docs/numerics.md over the
// row-major order of the reduced elements.
#include "kernels/numeric/reduce.h"

#include <cmath>

#include "kernels/numeric/float_math.h"
#include "ops/op.h"
#include "ops/reduce/axes.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Sum {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::sum(x, n);
  }
};

struct Mean {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::mean(x, n);
  }
};

struct Prod {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::product_of<T>(n, [x](std::size_t i) { return x[i]; });
  }
};

struct Max {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::max(x, n);
  }
};

struct Min {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::min(x, n);
  }
};

struct L1 {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::sum_of<T>(n, [x](std::size_t i) {
      if constexpr (std::is_floating_point_v<T>) {
        return std::fabs(x[i]);
      } else {
        return x[i] < 0 ? numeric::wrapping_multiply<T>(x[i], static_cast<T>(-1)) : x[i];
      }
    });
  }
};

struct SumSquare {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::sum_of_squares(x, n);
  }
};

// The reducers below compute in floating point only; whole numbers go through double and truncate.
struct L2 {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::sqrt(numeric::sum_of_squares(x, n));
  }
};

struct LogSum {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::log(numeric::sum(x, n));
  }
};

struct LogSumExp {
  template <typename T>
  T reduce(const T* x, std::size_t n) const {
    return numeric::log_sum_exp(x, n);
  }
};

template <typename Reducer>
constexpr bool needs_floats = std::is_same_v<Reducer, L2> || std::is_same_v<Reducer, LogSum> ||
                              std::is_same_v<Reducer, LogSumExp>;

// What no elements at all reduce to.
template <typename Reducer, typename T>
T empty_value(DType dtype) {
  constexpr bool max = std::is_same_v<Reducer, Max>;
  constexpr bool min = std::is_same_v<Reducer, Min>;
  if constexpr ((max || min) && std::is_integral_v<T>) {
    return max ? lowest_of<T>(dtype) : largest_of<T>(dtype);
  } else if constexpr (std::is_same_v<Reducer, Mean> && std::is_integral_v<T>) {
    return T{0};
  } else {
    return Reducer{}.template reduce<T>(nullptr, 0);
  }
}

Result<std::vector<std::int64_t>> given_axes(const EvalContext& ctx) {
  if (const std::vector<std::int64_t>* axes = ctx.get_ints("axes")) return *axes;
  if (!ctx.has_input(1)) return std::vector<std::int64_t>{};
  return ctx.ints(1);
}

template <typename Reducer, typename T>
void reduce_all(const Tensor& x, const std::vector<bool>& reduced, DType dtype, Tensor& y) {
  const std::span<T> out = y.mutable_data<T>();
  if (x.size() == 0) {
    for (T& element : out) element = empty_value<Reducer, T>(dtype);
    return;
  }
  const ReducedRows rows(x.shape(), reduced);
  rows.for_each(x.data<T>().data(), [&](std::size_t row, const T* elements) {
    out[row] = Reducer{}.template reduce<T>(elements, rows.length());
  });
}

// What reduces x to y, which are of the compute type of `dtype` or, where floats are needed,
// double.
using Reduce =
    FunctionRef<void(const Tensor& x, const std::vector<bool>& reduced, DType dtype, Tensor& y)>;

Status reduce(EvalContext& ctx, bool needs_float, bool is_mean, Reduce run) {
  const DType dtype = ctx.input(0).dtype();
  const std::vector<std::int64_t> axes = TRY(given_axes(ctx));
  const bool through_double = needs_float && !is_float(dtype);
  const Tensor x = TRY(through_double ? cast(ctx.input(0), DType::kFloat64) : widened(ctx, 0));
  const std::vector<bool> reduced = TRY(reduced_axes(ctx, axes, x.rank()));
  Tensor y =
      TRY(ctx.make(x.dtype(), reduced_shape(x.shape(), reduced, ctx.get_flag("keepdims", true))));
  if (is_mean && !is_float(dtype) && x.size() == 0 && y.size() != 0) {
    return ctx.fail("the mean of no whole numbers is undefined: give data elements along the axes");
  }
  run(x, reduced, dtype, y);
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

template <typename Reducer>
Status evaluate_reduce(EvalContext& ctx) {
  const auto run = [](const Tensor& x, const std::vector<bool>& reduced, DType dtype, Tensor& y) {
    const auto as = [&]<typename T>() { reduce_all<Reducer, T>(x, reduced, dtype, y); };
    if constexpr (needs_floats<Reducer>) {
      visit_real(x.dtype(), as);
    } else {
      visit_compute(x.dtype(), as);
    }
  };
  return reduce(ctx, needs_floats<Reducer>, std::is_same_v<Reducer, Mean>, run);
}

Status infer_reduce(InferContext& ctx) { return infer_reduced(ctx, ctx.dtype(0)); }

constexpr std::string_view kOld = "data: T -> reduced: T | T = floats int32 int64 uint32 uint64";
constexpr std::string_view kNew =
    "data: T, axes?: int64 -> reduced: T | T = floats int32 int64 uint32 uint64";
constexpr std::string_view kOldOrdered =
    "data: T -> reduced: T | T = floats uint8 int8 int32 int64 uint32 uint64";
constexpr std::string_view kNewOrdered =
    "data: T, axes?: int64 -> reduced: T | T = floats uint8 int8 int32 int64 bool uint32 uint64";

// `moved`: the opset in which the axes became an input.
template <typename Reducer>
Op row(std::string_view name, std::string_view old_form, int moved, std::string_view new_form) {
  return {.name = name,
          .versions = {{1, old_form, "axes ints, keepdims int"},
                       {moved, new_form, "keepdims int, noop_with_empty_axes int"}},
          .infer = infer_reduce,
          .evaluate = evaluate_reduce<Reducer>};
}

}  // namespace

std::vector<Op> reduce_ops() {
  return {
      row<L1>("ReduceL1", kOld, 18, kNew),
      row<L2>("ReduceL2", kOld, 18, kNew),
      row<LogSum>("ReduceLogSum", kOld, 18, kNew),
      row<LogSumExp>("ReduceLogSumExp", kOld, 18, kNew),
      row<Max>("ReduceMax", kOldOrdered, 18, kNewOrdered),
      row<Mean>("ReduceMean", kOld, 18, kNew),
      row<Min>("ReduceMin", kOldOrdered, 18, kNewOrdered),
      row<Prod>("ReduceProd", kOld, 18, kNew),
      row<Sum>("ReduceSum", kOld, 13, kNew),
      row<SumSquare>("ReduceSumSquare", kOld, 18, kNew),
  };
}

}  // namespace slipway
