#include <utility>

#include "kernels/numeric/reduce.h"
#include "ops/nn/pooling.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// Element offset of a window's tap as MaxPool numbers it: row-major, or the spatial axes
// column-major when storage_order is 1.
std::int64_t column_major(std::span<const WindowAxis> axes, std::int64_t offset) {
  std::array<std::int64_t, kMaxSpatialAxes> position{};
  for (std::size_t a = axes.size(); a-- > 0;) {
    position[a] = offset % axes[a].input;
    offset /= axes[a].input;
  }
  std::int64_t result = 0;
  for (std::size_t a = axes.size(); a-- > 0;) result = result * axes[a].input + position[a];
  return result;
}

// The largest tap and the offset of the first that is so large; NaN is larger than everything.
template <typename T>
std::pair<T, std::int64_t> largest(std::span<const WindowAxis> axes, const T* in,
                                   const Window& window) {
  T best = numeric::lowest_start<T>();
  std::int64_t at = -1;
  for_each_tap(axes, window, [&](std::int64_t offset) {
    const T x = in[offset];
    if (at < 0 || x > best || (x != x && best == best)) {
      best = x;
      at = offset;
    }
  });
  return {best, at};
}

template <typename T>
void max_pool(const Pooling& pooling, const Tensor& x, Tensor& y, Tensor* indices,
              bool is_column_major) {
  const auto in = x.data<T>();
  const auto out = y.mutable_data<T>();
  const std::span<std::int64_t> index =
      indices == nullptr ? std::span<std::int64_t>() : indices->mutable_data<std::int64_t>();
  std::size_t next = 0;
  for (std::int64_t plane = 0; plane < pooling.planes; ++plane) {
    const std::int64_t base = plane * pooling.plane_inputs;
    for_each_window(pooling.axes, [&](const Window& window) {
      const auto [best, at] = largest(std::span(pooling.axes), in.data() + base, window);
      out[next] = best;
      if (!index.empty()) {
        index[next] = at < 0 ? -1 : base + (is_column_major ? column_major(pooling.axes, at) : at);
      }
      ++next;
    });
  }
}

Status evaluate_max_pool(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype();
  const bool is_byte = dtype == DType::kInt8 || dtype == DType::kUint8;
  const Tensor x = is_byte ? ctx.input(0) : TRY(widened(ctx, 0));
  const Pooling pooling = TRY(plan_pooling(ctx, x.shape()));
  Tensor y = TRY(ctx.make(x.dtype(), pooling.output_shape));
  Tensor indices;
  if (ctx.has_output(1)) indices = TRY(ctx.make(DType::kInt64, pooling.output_shape));
  Tensor* wanted = ctx.has_output(1) ? &indices : nullptr;
  const bool is_column_major = ctx.get_int("storage_order", 0) == 1;
  const auto pool = [&]<typename T>() { max_pool<T>(pooling, x, y, wanted, is_column_major); };
  if (dtype == DType::kInt8) {
    pool.operator()<std::int8_t>();
  } else if (dtype == DType::kUint8) {
    pool.operator()<std::uint8_t>();
  } else if (!visit_real(x.dtype(), pool)) {
    return ctx.unsupported("no implementation for ", name(dtype));
  }
  if (wanted != nullptr) ctx.set_output(1, std::move(indices));
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

template <typename T>
void global_max(const Tensor& x, Tensor& y) {
  const auto out = y.mutable_data<T>();
  const std::size_t count = out.empty() ? 0 : x.size() / out.size();
  for (std::size_t plane = 0; plane < out.size(); ++plane) {
    out[plane] = numeric::max(x.data<T>().data() + plane * count, count);
  }
}

Status evaluate_global_max_pool(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Shape shape = TRY(global_pooled_shape(ctx, x.shape()));
  Tensor y = TRY(ctx.make(x.dtype(), shape));
  if (!visit_real(x.dtype(), [&]<typename T>() { global_max<T>(x, y); })) {
    return ctx.unsupported("no implementation for ", name(x.dtype()));
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> max_pool_ops() {
  return {
      {.name = "MaxPool",
       .versions = {{1, "X: T -> Y: T | T = floats",
                     "auto_pad string, kernel_shape ints!, pads ints, strides ints"},
                    {8, "X: T -> Y: T, Indices?: I | T = floats, I = int64",
                     "auto_pad string, kernel_shape ints!, pads ints, storage_order int, "
                     "strides ints"},
                    {10, "X: T -> Y: T, Indices?: I | T = floats uint8 int8, I = int64",
                     "auto_pad string, ceil_mode int, dilations ints, kernel_shape ints!, "
                     "pads ints, storage_order int, strides ints"}},
       .infer = infer_pooling,
       .evaluate = evaluate_max_pool},
      {.name = "GlobalMaxPool",
       .versions = {{1, "X: T -> Y: T | T = floats"}},
       .infer = infer_global_pooling,
       .evaluate = evaluate_global_max_pool},
  };
}

}  // namespace slipway
