// Trilu and EyeLike: diagonals of matrices.
#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

Status infer_trilu(InferContext& ctx) {
  if (const Dims* dims = ctx.dims(0); dims != nullptr && dims->size() < 2) {
    return ctx.fail("its input ", to_text(ctx.input(0)), " is not a matrix or a batch of matrices");
  }
  ctx.copy_type(0, 0);
  return {};
}

Status evaluate_trilu(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  if (data.rank() < 2) {
    return ctx.fail("its input ", shape_text(data.shape()), " is not a matrix");
  }
  std::int64_t k = 0;
  if (ctx.has_input(1)) {
    const std::vector<std::int64_t> given = TRY(ctx.ints(1));
    if (given.size() != 1) return ctx.fail("k must be one number, it holds ", given.size());
    k = given[0];
  }
  const bool upper = ctx.get_flag("upper", true);
  Tensor out = TRY(ctx.make(data.dtype(), data.shape()));
  if (out.size() == 0) {
    ctx.set_output(0, std::move(out));
    return {};
  }
  const std::int64_t columns = data.dim(data.rank() - 1);
  const std::int64_t rows = data.dim(data.rank() - 2);
  k = std::clamp(k, -rows, columns);
  visit_width(data.dtype(), [&]<typename T>() {
    const T* from = data.data<T>().data();
    T* to = out.mutable_data<T>().data();
    const auto lines = static_cast<std::int64_t>(data.size()) / columns;
    for (std::int64_t line = 0; line < lines; ++line) {
      const std::int64_t diagonal = line % rows + k;
      const std::int64_t first = upper ? std::clamp<std::int64_t>(diagonal, 0, columns) : 0;
      const std::int64_t last =
          upper ? columns : std::clamp<std::int64_t>(diagonal + 1, 0, columns);
      std::copy(from + line * columns + first, from + line * columns + last,
                to + line * columns + first);
    }
  });
  ctx.set_output(0, std::move(out));
  return {};
}

Result<DType> eye_dtype(const NodeView& view, DType input) {
  if (!view.has_attribute("dtype")) return input;
  const std::optional<DType> dtype = dtype_from_number(view.get_int("dtype", 0));
  if (!dtype.has_value()) {
    return view.fail("dtype ", view.get_int("dtype", 0), " is not an element type");
  }
  return *dtype;
}

Status infer_eye_like(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (dims != nullptr && dims->size() != 2) {
    return ctx.fail("its input ", to_text(ctx.input(0)), " is not a matrix");
  }
  ctx.set_output(0, TRY(eye_dtype(ctx, ctx.dtype(0))), dims == nullptr ? Dims(2) : *dims);
  return {};
}

Status evaluate_eye_like(EvalContext& ctx) {
  const Shape& shape = ctx.input(0).shape();
  if (shape.size() != 2) return ctx.fail("its input ", shape_text(shape), " is not a matrix");
  Tensor out = TRY(ctx.make(TRY(eye_dtype(ctx, ctx.input(0).dtype())), shape));
  const Tensor one = TRY(cast(Tensor::scalar(1.0F), out.dtype()));
  if (out.size() != 0) {
    const std::int64_t k = std::clamp(ctx.get_int("k", 0), -shape[0], shape[1]);
    const std::int64_t row = std::max<std::int64_t>(0, -k);
    const std::int64_t column = std::max<std::int64_t>(0, k);
    const std::int64_t length = std::min(shape[0] - row, shape[1] - column);
    copy_strided(one, {0, {0}}, out, {row * shape[1] + column, {shape[1] + 1}}, {length});
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> trilu_ops() {
  return {{.name = "Trilu",
           .versions = {{14, "input: T, k?: int64 -> output: T | T = any", "upper int"}},
           .infer = infer_trilu,
           .evaluate = evaluate_trilu},
          {.name = "EyeLike",
           .versions = {{9, "input: T1 -> output: T2 | T1 = numeric bool, T2 = numeric bool",
                         "dtype int, k int"}},
           .infer = infer_eye_like,
           .evaluate = evaluate_eye_like}};
}

}  // namespace slipway
