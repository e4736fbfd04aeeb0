#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "ops/support/wrap.h"

namespace slipway {
namespace {

std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", 0); }

// out block blocks[i] = update block i; a later one wins.
void assign(const Tensor& updates, const BlockPositions& to, Tensor& out) {
  const auto block = static_cast<std::size_t>(to.block_elements);
  visit_width(out.dtype(), [&]<typename T>() {
    const T* from = updates.data<T>().data();
    T* target = out.mutable_data<T>().data();
    for (const std::int64_t at : to.blocks) {
      std::copy_n(from, block, target + static_cast<std::size_t>(at) * block);
      from += block;
    }
  });
}

template <typename T>
using Combine = T (*)(T, T);

template <typename T>
Combine<T> find_combine(std::string_view reduction) {
  if (reduction == "add") return wrap_add<T>;
  if (reduction == "mul") return wrap_multiply<T>;
  if (reduction == "max") return nan_max<T>;
  if (reduction == "min") return nan_min<T>;
  return nullptr;
}

template <typename T>
void reduce(const Tensor& updates, const BlockPositions& to, Combine<T> combine, Tensor& out) {
  const auto block = static_cast<std::size_t>(to.block_elements);
  const T* from = updates.data<T>().data();
  T* target = out.mutable_data<T>().data();
  for (const std::int64_t at : to.blocks) {
    T* cell = target + static_cast<std::size_t>(at) * block;
    for (std::size_t i = 0; i < block; ++i) cell[i] = combine(cell[i], *from++);
  }
}

// Updates are combined in order, in the compute type.
Status scatter(EvalContext& ctx, const BlockPositions& to) {
  const Tensor& data = ctx.input(0);
  const Tensor& updates = ctx.input(2);
  const std::string reduction = ctx.get_string("reduction", "none");
  if (updates.dtype() != data.dtype()) {
    return ctx.fail("updates are ", describe(updates), ", the data is ", describe(data),
                    ": their types must agree");
  }
  if (reduction == "none") {
    Tensor out = data;
    if (!to.blocks.empty() && to.block_elements != 0) assign(updates, to, out);
    ctx.set_output(0, std::move(out));
    return {};
  }
  Tensor out = TRY(widened(data));
  const Tensor wide = TRY(widened(updates));
  bool known = false;
  const bool numeric = visit_compute(out.dtype(), [&]<typename T>() {
    const Combine<T> combine = find_combine<T>(reduction);
    known = combine != nullptr;
    if (known && !to.blocks.empty() && to.block_elements != 0) reduce<T>(wide, to, combine, out);
  });
  if (!numeric) {
    return ctx.unsupported("reduction ", reduction, " of ", name(data.dtype()),
                           " elements: only numbers can be reduced");
  }
  if (!known) {
    return ctx.fail("reduction \"", reduction, "\" is none of none, add, mul, max, min");
  }
  return set_narrowed(ctx, 0, std::move(out), data.dtype());
}

Status infer_scatter_elements(InferContext& ctx) {
  if (const Dims* data = ctx.dims(0)) TRY(normalize_axis(ctx, axis_of(ctx), data->size()));
  ctx.copy_type(0, 0);
  return {};
}

Status evaluate_scatter_elements(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  if (ctx.input(1).shape() != ctx.input(2).shape()) {
    return ctx.fail("indices ", shape_text(ctx.input(1).shape()), " and updates ",
                    shape_text(ctx.input(2).shape()), " must have the same shape");
  }
  return scatter(ctx, {TRY(element_positions(ctx, 1, data, axis)), 1});
}

Status evaluate_scatter_nd(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Shape& indices = ctx.input(1).shape();
  BlockPositions to = TRY(block_positions(ctx, 1, data, 0));
  Shape wanted(indices.begin(), indices.end() - 1);
  wanted.insert(wanted.end(), data.shape().begin() + indices.back(), data.shape().end());
  if (ctx.input(2).shape() != wanted) {
    return ctx.fail("updates are ", shape_text(ctx.input(2).shape()), ", these indices need ",
                    shape_text(wanted));
  }
  return scatter(ctx, to);
}

}  // namespace

std::vector<Op> scatter_ops() {
  return {{.name = "Scatter",
           .versions = {{9,
                         "data: T, indices: Tind, updates: T -> output: T | T = any, "
                         "Tind = int32 int64",
                         "axis int"}},
           .removed = 11,
           .infer = infer_scatter_elements,
           .evaluate = evaluate_scatter_elements},
          {.name = "ScatterElements",
           .versions = {{11,
                         "data: T, indices: Tind, updates: T -> output: T | T = any, "
                         "Tind = int32 int64",
                         "axis int"},
                        {16,
                         "data: T, indices: Tind, updates: T -> output: T | T = any, "
                         "Tind = int32 int64",
                         "axis int, reduction string"}},
           .infer = infer_scatter_elements,
           .evaluate = evaluate_scatter_elements},
          {.name = "ScatterND",
           .versions = {{11, "data: T, indices: int64, updates: T -> output: T | T = any"},
                        {16, "data: T, indices: int64, updates: T -> output: T | T = any",
                         "reduction string"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_scatter_nd}};
}

}  // namespace slipway
