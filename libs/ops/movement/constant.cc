#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

const SparseTensor* sparse_value(const NodeView& view) {
  const Attribute* attribute = view.node().find_attribute("sparse_value");
  return attribute == nullptr ? nullptr : std::get_if<SparseTensor>(&attribute->value);
}

// Element type and shape of the value, without making it.
Type constant_type(const NodeView& view) {
  if (const Tensor* value = view.get_tensor("value")) return type_of(Value(*value));
  if (const SparseTensor* sparse = sparse_value(view)) {
    return Type::tensor(sparse->values.dtype(), to_dims(sparse->shape));
  }
  const auto list = [](DType dtype, std::size_t count) {
    return Type::tensor(dtype, Dims{Dim(static_cast<std::int64_t>(count))});
  };
  if (view.has_attribute("value_float")) return Type::tensor(DType::kFloat32, Dims{});
  if (view.has_attribute("value_int")) return Type::tensor(DType::kInt64, Dims{});
  if (view.has_attribute("value_string")) return Type::tensor(DType::kString, Dims{});
  if (const auto* floats = view.get_floats("value_floats")) {
    return list(DType::kFloat32, floats->size());
  }
  if (const auto* ints = view.get_ints("value_ints")) return list(DType::kInt64, ints->size());
  if (const auto* strings = view.get_strings("value_strings")) {
    return list(DType::kString, strings->size());
  }
  return {};
}

Status infer_constant(InferContext& ctx) {
  ctx.set_output(0, constant_type(ctx));
  return {};
}

// The position of each stored element: indices are linear, or one row of coordinates an element.
Result<std::vector<std::int64_t>> sparse_positions(const NodeView& view, const SparseTensor& sparse,
                                                   const Tensor& indices, std::size_t count) {
  const std::size_t rank = sparse.shape.size();
  const std::size_t stored = sparse.values.size();
  const bool linear = indices.rank() == 1 && indices.size() == stored;
  const bool rows = indices.rank() == 2 && indices.size() == stored * rank &&
                    indices.dim(0) == static_cast<std::int64_t>(stored);
  if (indices.dtype() != DType::kInt64 || (!linear && !rows)) {
    return view.fail("indices ", shape_text(indices.shape()), " do not fit ", stored,
                     " values of a sparse tensor ", shape_text(sparse.shape));
  }
  const auto at = indices.data<std::int64_t>();
  std::vector<std::int64_t> positions(stored, 0);
  for (std::size_t i = 0; i < stored; ++i) {
    bool inside = true;
    if (linear) {
      positions[i] = at[i];
      inside = at[i] >= 0 && static_cast<std::size_t>(at[i]) < count;
    }
    for (std::size_t d = 0; rows && d < rank && inside; ++d) {
      const std::int64_t coordinate = at[i * rank + d];
      inside = coordinate >= 0 && coordinate < sparse.shape[d];
      if (inside) positions[i] = positions[i] * sparse.shape[d] + coordinate;
    }
    if (!inside) {
      return view.fail("an index of the sparse value lies outside ", shape_text(sparse.shape));
    }
  }
  return positions;
}

Result<Tensor> densify(EvalContext& ctx, const SparseTensor& sparse) {
  Tensor out = TRY(ctx.make(sparse.values.dtype(), sparse.shape));
  const Tensor values = TRY(sparse.values.direct());
  const Tensor indices = TRY(sparse.indices.direct());
  const std::vector<std::int64_t> positions =
      TRY(sparse_positions(ctx, sparse, indices, out.size()));
  if (out.size() == 0) return out;
  visit_width(out.dtype(), [&]<typename T>() {
    const auto target = out.mutable_data<T>();
    const auto from = values.data<T>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
      target[static_cast<std::size_t>(positions[i])] = from[i];
    }
  });
  return out;
}

Status evaluate_constant(EvalContext& ctx) {
  if (const Tensor* value = ctx.get_tensor("value")) {
    ctx.set_output(0, TRY(value->direct()));
  } else if (const SparseTensor* sparse = sparse_value(ctx)) {
    ctx.set_output(0, TRY(densify(ctx, *sparse)));
  } else if (ctx.has_attribute("value_float")) {
    ctx.set_output(0, Tensor::scalar(ctx.get_float("value_float", 0)));
  } else if (ctx.has_attribute("value_int")) {
    ctx.set_output(0, Tensor::scalar(ctx.get_int("value_int", 0)));
  } else if (ctx.has_attribute("value_string")) {
    ctx.set_output(0, Tensor::scalar(ctx.get_string("value_string", "")));
  } else if (const auto* floats = ctx.get_floats("value_floats")) {
    ctx.set_output(0, Tensor::of(*floats));
  } else if (const auto* ints = ctx.get_ints("value_ints")) {
    ctx.set_output(0, Tensor::of(*ints));
  } else if (const auto* strings = ctx.get_strings("value_strings")) {
    ctx.set_output(0, Tensor::of(*strings));
  } else {
    return ctx.fail(
        "no value: it needs one of the attributes value, sparse_value, value_float, "
        "value_floats, value_int, value_ints, value_string, value_strings");
  }
  return {};
}

Status infer_constant_of_shape(InferContext& ctx) {
  const Tensor* value = ctx.get_tensor("value");
  const DType dtype = value == nullptr ? DType::kFloat32 : value->dtype();
  std::optional<Dims> dims = TRY(shape_from_input(ctx, 0));
  // One-dimensional integers of a known small number may be shapes or axes: follow them.
  const std::optional<std::int64_t> count = dims.has_value() ? known_count(*dims) : std::nullopt;
  if (count.has_value() && dims->size() <= 1 && value != nullptr && is_integer(dtype) &&
      value->size() == 1 && *count <= static_cast<std::int64_t>(kMaxFollowedElements)) {
    const Result<Tensor> direct = value->direct();
    if (direct.ok() && dtype == DType::kInt64) {
      const std::int64_t element = direct->data<std::int64_t>()[0];
      const Dim dim = element >= 0 ? Dim(element) : Dim();
      ctx.set_elements(0, Dims(static_cast<std::size_t>(*count), dim));
    }
  }
  ctx.set_output(0, Type::tensor(dtype, std::move(dims)));
  return {};
}

Status evaluate_constant_of_shape(EvalContext& ctx) {
  const Tensor* value = ctx.get_tensor("value");
  Shape shape = TRY(ctx.ints(0));
  if (value == nullptr) {
    ctx.set_output(0, TRY(ctx.make(DType::kFloat32, std::move(shape))));
    return {};
  }
  if (value->size() != 1) {
    return ctx.fail("value must hold one element, it is ", shape_text(value->shape()));
  }
  Tensor out = TRY(ctx.make(value->dtype(), std::move(shape)));
  fill_with(out, TRY(value->direct()));
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> constant_ops() {
  return {
      {.name = "Constant",
       .versions = {{1, " -> output: T | T = any", "value tensor!"},
                    {11, " -> output: T | T = any", "sparse_value sparse_tensor, value tensor"},
                    {12, " -> output: T | T = any",
                     "sparse_value sparse_tensor, value tensor, value_float float, "
                     "value_floats floats, value_int int, value_ints ints, value_string string, "
                     "value_strings strings"}},
       .infer = infer_constant,
       .evaluate = evaluate_constant},
      {.name = "ConstantOfShape",
       .versions = {{9,
                     "input: T1 -> output: T2 | T1 = int64, "
                     "T2 = numeric float8 int4s int2s bool float4e2m1",
                     "value tensor"}},
       .infer = infer_constant_of_shape,
       .evaluate = evaluate_constant_of_shape}};
}

}  // namespace slipway
