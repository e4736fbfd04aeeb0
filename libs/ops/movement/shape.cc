#include <algorithm>
#include <limits>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

// The dimensions [first, last) that a Shape node reports; out-of-range bounds are clamped.
std::pair<std::ptrdiff_t, std::ptrdiff_t> reported_range(const NodeView& view, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  const auto bound = [&](std::string_view name, std::int64_t otherwise) {
    const std::int64_t at = view.get_int(name, otherwise);
    return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
  };
  const std::int64_t first = bound("start", 0);
  const std::int64_t last = std::max(first, bound("end", count));
  return {first, last};
}

Status infer_shape(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) {
    ctx.set_output(0, DType::kInt64, Dims(1));
    return {};
  }
  const auto [first, last] = reported_range(ctx, dims->size());
  ctx.set_output(0, DType::kInt64, {Dim(last - first)});
  ctx.set_elements(0, Dims(dims->begin() + first, dims->begin() + last));
  return {};
}

Status evaluate_shape(EvalContext& ctx) {
  const Shape& shape = ctx.input(0).shape();
  const auto [first, last] = reported_range(ctx, shape.size());
  ctx.set_output(0, Tensor::of<std::int64_t>(
                        std::vector<std::int64_t>(shape.begin() + first, shape.begin() + last)));
  return {};
}

Status infer_size(InferContext& ctx) {
  ctx.set_output(0, DType::kInt64, Dims{});
  if (const Dims* dims = ctx.dims(0)) ctx.set_elements(0, {product(*dims)});
  return {};
}

Status evaluate_size(EvalContext& ctx) {
  ctx.set_output(0, Tensor::scalar(static_cast<std::int64_t>(ctx.input(0).size())));
  return {};
}

}  // namespace

std::vector<Op> shape_ops() {
  return {{.name = "Shape",
           .versions = {{1, "data: T -> shape: T1 | T = any, T1 = int64"},
                        {15, "data: T -> shape: T1 | T = any, T1 = int64", "end int, start int"}},
           .infer = infer_shape,
           .evaluate = evaluate_shape},
          {.name = "Size",
           .versions = {{1, "data: T -> size: T1 | T = any, T1 = int64"}},
           .infer = infer_size,
           .evaluate = evaluate_size}};
}

}  // namespace slipway
