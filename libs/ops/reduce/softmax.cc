// Softmax, LogSoftmax, Hardmax. Before opset 13 everything from `axis` on is one row.
#include "kernels/numeric/reduce.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

constexpr int kOneAxis = 13;  // the first opset where the operators work along one dimension

struct Softmax {
  template <typename T>
  void operator()(const T* in, T* out, std::size_t n, std::ptrdiff_t stride) const {
    numeric::softmax_row(in, out, n, stride);
  }
};

struct LogSoftmax {
  template <typename T>
  void operator()(const T* in, T* out, std::size_t n, std::ptrdiff_t stride) const {
    numeric::log_softmax_row(in, out, n, stride);
  }
};

// 1 at the first of the greatest, 0 elsewhere.
struct Hardmax {
  template <typename T>
  void operator()(const T* in, T* out, std::size_t n, std::ptrdiff_t stride) const {
    std::ptrdiff_t best = 0;
    for (std::ptrdiff_t i = 0; i < static_cast<std::ptrdiff_t>(n); ++i) {
      out[i * stride] = T{0};
      if (in[i * stride] > in[best * stride]) best = i;
    }
    out[best * stride] = T{1};
  }
};

Result<std::size_t> row_axis(const NodeView& view, std::size_t rank) {
  const bool flattens = view.version() < kOneAxis;
  const std::int64_t axis = view.get_int("axis", flattens ? 1 : -1);
  // Flattening may start behind the last dimension: rows of one element.
  if (flattens && axis == static_cast<std::int64_t>(rank)) return rank;
  return normalize_axis(view, axis, rank);
}

Status infer_row_function(InferContext& ctx) {
  ctx.copy_type(0, 0);
  const Dims* dims = ctx.dims(0);
  if (dims != nullptr) TRY(row_axis(ctx, dims->size()));
  return {};
}

template <typename F>
Status evaluate_row_function(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const std::size_t axis = TRY(row_axis(ctx, x.rank()));
  const bool flattens = ctx.version() < kOneAxis;
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  std::size_t length = 1;
  std::size_t inner = 1;
  for (std::size_t d = axis; d < x.rank(); ++d) {
    (flattens || d == axis ? length : inner) *= static_cast<std::size_t>(x.dim(d));
  }
  visit_real(x.dtype(), [&]<typename T>() {
    const T* in = x.data<T>().data();
    T* out = y.mutable_data<T>().data();
    for (std::size_t at = 0; at < x.size(); at += length * inner) {
      for (std::size_t i = 0; i < inner; ++i) {
        F{}(in + at + i, out + at + i, length, static_cast<std::ptrdiff_t>(inner));
      }
    }
  });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

template <typename F>
Op row(std::string_view name) {
  return {.name = name,
          .versions = {{1, "input: T -> output: T | T = floats", "axis int"}},
          .infer = infer_row_function,
          .evaluate = evaluate_row_function<F>};
}

}  // namespace

std::vector<Op> softmax_ops() {
  return {row<Softmax>("Softmax"), row<LogSoftmax>("LogSoftmax"), row<Hardmax>("Hardmax")};
}

}  // namespace slipway
