#include <algorithm>
#include <numeric>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "ops/support/sort_keys.h"

namespace slipway {
namespace {

constexpr int kCountAsInput = 10;

std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", -1); }

Status infer_topk(InferContext& ctx) {
  Dim count;
  if (ctx.version() < kCountAsInput) {
    count = ctx.get_int("k", 0);
  } else if (const auto elements = ctx.elements(1); elements.has_value() && elements->size() == 1) {
    count = (*elements)[0];
  }
  const Dims* dims = ctx.dims(0);
  std::optional<Dims> out;
  if (dims != nullptr) {
    const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), dims->size()));
    const Dim& extent = (*dims)[axis];
    if (count.is_known() && extent.is_known() && count.extent() > extent.extent()) {
      return ctx.fail("cannot take ", count.extent(), " of ", extent.extent(), " elements");
    }
    out = *dims;
    (*out)[axis] = count;
  }
  ctx.set_output(0, Type::tensor(ctx.dtype(0), out));
  ctx.set_output(1, Type::tensor(DType::kInt64, out));
  return {};
}

Result<std::int64_t> read_count(const EvalContext& ctx, std::int64_t extent) {
  std::int64_t count = ctx.get_int("k", 0);
  if (ctx.version() >= kCountAsInput) {
    const std::vector<std::int64_t> given = TRY(ctx.ints(1));
    if (given.size() != 1) return ctx.fail("K must be one number, it holds ", given.size());
    count = given[0];
  }
  if (count < 0 || count > extent) {
    return ctx.fail("cannot take ", count, " of ", extent, " elements");
  }
  return count;
}

// Equal elements come in the order of their positions.
Status evaluate_topk(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  const auto extent = static_cast<std::size_t>(data.dim(axis));
  const auto count = static_cast<std::size_t>(TRY(read_count(ctx, data.dim(axis))));
  Shape shape = data.shape();
  shape[axis] = static_cast<std::int64_t>(count);
  Tensor values = TRY(ctx.make(data.dtype(), shape));
  Tensor indices = TRY(ctx.make(DType::kInt64, shape));
  std::vector<std::uint64_t> keys = TRY(sort_keys(data));
  if (ctx.get_flag("largest", true)) {
    for (std::uint64_t& key : keys) key = ~key;
  }
  const auto inner = static_cast<std::size_t>(extent_of(data.shape(), axis + 1, data.rank()));
  const std::size_t lines = values.size() == 0 ? 0 : data.size() / extent;
  const auto picked = indices.mutable_data<std::int64_t>();
  std::vector<std::int64_t> sources(values.size());
  std::vector<std::size_t> order(extent);
  for (std::size_t line = 0; line < lines; ++line) {
    const std::size_t start = line / inner * extent * inner + line % inner;
    const std::size_t target = line / inner * count * inner + line % inner;
    std::iota(order.begin(), order.end(), 0);
    const auto earlier = [&](std::size_t a, std::size_t b) {
      const std::uint64_t x = keys[start + a * inner];
      const std::uint64_t y = keys[start + b * inner];
      return x != y ? x < y : a < b;
    };
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                      order.end(), earlier);
    for (std::size_t k = 0; k < count; ++k) {
      picked[target + k * inner] = static_cast<std::int64_t>(order[k]);
      sources[target + k * inner] = static_cast<std::int64_t>(start + order[k] * inner);
    }
  }
  copy_blocks(data, sources, 1, values);
  ctx.set_output(0, std::move(values));
  ctx.set_output(1, std::move(indices));
  return {};
}

}  // namespace

std::vector<Op> topk_ops() {
  return {{.name = "TopK",
           .versions = {{1, "X: T -> Values: T, Indices: I | T = floats, I = int64",
                         "axis int, k int!"},
                        {10, "X: T, K: int64 -> Values: T, Indices: I | T = floats, I = int64",
                         "axis int"},
                        {11, "X: T, K: int64 -> Values: T, Indices: I | T = numeric, I = int64",
                         "axis int, largest int, sorted int"}},
           .infer = infer_topk,
           .evaluate = evaluate_topk}};
}

}  // namespace slipway
