// ArgMax, ArgMin. A NaN is more extreme than any number, as in NumPy.
#include "ops/op.h"
#include "ops/reduce/axes.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Greater {
  template <typename T>
  bool operator()(T a, T b) const {
    return a > b || (a != a && b == b);
  }
};

struct Less {
  template <typename T>
  bool operator()(T a, T b) const {
    return a < b || (a != a && b == b);
  }
};

Status infer_arg(InferContext& ctx) {
  const bool keep_dims = ctx.get_flag("keepdims", true);
  ctx.set_output(0, DType::kInt64);
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) return {};
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", 0), dims->size()));
  Dims result = *dims;
  if (keep_dims) {
    result[axis] = Dim(1);
  } else {
    result.erase(result.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  ctx.set_output(0, DType::kInt64, std::move(result));
  return {};
}

// What finds each row's element, the first of equals or the last.
using FindExtremes =
    FunctionRef<void(const ReducedRows& rows, const Tensor& x, bool last, std::int64_t* out)>;

Status find_extremes(EvalContext& ctx, FindExtremes find) {
  const Tensor x = TRY(widened(ctx, 0));
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", 0), x.rank()));
  const bool last = ctx.get_flag("select_last_index", false);
  std::vector<bool> reduced(x.rank(), false);
  reduced[axis] = true;
  Tensor y = TRY(
      ctx.make(DType::kInt64, reduced_shape(x.shape(), reduced, ctx.get_flag("keepdims", true))));
  if (x.size() == 0) {
    if (y.size() != 0)
      return ctx.fail("dimension ", axis, " of the data is 0: no element is extreme");
    ctx.set_output(0, std::move(y));
    return {};
  }
  find(ReducedRows(x.shape(), reduced), x, last, y.mutable_data<std::int64_t>().data());
  ctx.set_output(0, std::move(y));
  return {};
}

template <typename MoreExtreme>
Status evaluate_arg(EvalContext& ctx) {
  return find_extremes(
      ctx, [](const ReducedRows& rows, const Tensor& x, bool last, std::int64_t* out) {
        visit_compute(x.dtype(), [&]<typename T>() {
          rows.for_each(x.data<T>().data(), [&](std::size_t row, const T* view) {
            std::size_t best = 0;
            for (std::size_t i = 1; i < rows.length(); ++i) {
              const bool replaces =
                  last ? !MoreExtreme{}(view[best], view[i]) : MoreExtreme{}(view[i], view[best]);
              if (replaces) best = i;
            }
            out[row] = static_cast<std::int64_t>(best);
          });
        });
      });
}

Op row(std::string_view name, Status (*evaluate)(EvalContext&)) {
  constexpr std::string_view kForm = "data: T -> reduced: int64 | T = numeric";
  return {.name = name,
          .versions = {{1, kForm, "axis int, keepdims int"},
                       {12, kForm, "axis int, keepdims int, select_last_index int"}},
          .infer = infer_arg,
          .evaluate = evaluate};
}

}  // namespace

std::vector<Op> arg_extreme_ops() {
  return {row("ArgMax", evaluate_arg<Greater>), row("ArgMin", evaluate_arg<Less>)};
}

}  // namespace slipway
