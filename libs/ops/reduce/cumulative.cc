// CumSum, CumProd: each element is computed from the one before, in order. Halves keep the running
// value in float.
#include "kernels/numeric/lanes.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Lines {
  std::size_t outer = 1;
  std::size_t length = 1;
  std::size_t inner = 1;
};

Lines lines_along(const Shape& shape, std::size_t axis) {
  Lines lines;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto extent = static_cast<std::size_t>(shape[d]);
    (d < axis ? lines.outer : d == axis ? lines.length : lines.inner) *= extent;
  }
  return lines;
}

template <typename T, typename F>
void accumulate(const Lines& lines, const T* in, T* out, T start, bool exclusive, bool reverse,
                F combine) {
  for (std::size_t o = 0; o < lines.outer; ++o) {
    for (std::size_t i = 0; i < lines.inner; ++i) {
      T running = start;
      for (std::size_t step = 0; step < lines.length; ++step) {
        const std::size_t k = reverse ? lines.length - 1 - step : step;
        const std::size_t at = (o * lines.length + k) * lines.inner + i;
        const T next = combine(running, in[at]);
        out[at] = exclusive ? running : next;
        running = next;
      }
    }
  }
}

struct Plus {
  static constexpr int kStart = 0;
  template <typename T>
  T operator()(T a, T b) const {
    return numeric::wrapping_add(a, b);
  }
};

struct Times {
  static constexpr int kStart = 1;
  template <typename T>
  T operator()(T a, T b) const {
    return numeric::wrapping_multiply(a, b);
  }
};

template <typename F>
Status evaluate_cumulative(EvalContext& ctx) {
  const std::vector<std::int64_t> axes = TRY(ctx.ints(1));
  if (axes.size() != 1)
    return ctx.fail("axis has ", axes.size(), " elements: it must be one number");
  const Tensor x = TRY(widened(ctx, 0));
  const std::size_t axis = TRY(normalize_axis(ctx, axes[0], x.rank()));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const bool exclusive = ctx.get_flag("exclusive", false);
  const bool reverse = ctx.get_flag("reverse", false);
  if (y.size() != 0) {
    visit_compute(x.dtype(), [&]<typename T>() {
      accumulate<T>(lines_along(x.shape(), axis), x.data<T>().data(), y.mutable_data<T>().data(),
                    static_cast<T>(F::kStart), exclusive, reverse, F{});
    });
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

template <typename F>
Op row(std::string_view name, int since) {
  return {.name = name,
          .versions =
              {{since,
                "x: T, axis: T2 -> y: T | T = floats int32 int64 uint32 uint64, T2 = int32 int64",
                "exclusive int, reverse int"}},
          .infer = infer_same_as_first,
          .evaluate = evaluate_cumulative<F>};
}

}  // namespace

std::vector<Op> cumulative_ops() { return {row<Plus>("CumSum", 11), row<Times>("CumProd", 26)}; }

}  // namespace slipway
