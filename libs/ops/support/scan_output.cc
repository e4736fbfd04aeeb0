#include "ops/support/scan_output.h"

#include "ops/support/join.h"

namespace slipway {
namespace {

Result<Tensor> no_rounds(const EvalContext& ctx, const Graph& body, std::size_t body_output,
                         std::int64_t axis) {
  const Type& type = body.value(body.outputs[body_output]).type;
  if (!type.is_tensor() || type.dtype == DType::kUndefined) {
    return ctx.fail("it runs no round, and the body states no type for its output ", body_output,
                    ": state one, so that an empty result can be made");
  }
  Shape shape;
  for (const Dim& dim : type.dims.value_or(Dims{}))
    shape.push_back(dim.is_known() ? dim.extent() : 0);
  const std::size_t at = TRY(normalize_axis(ctx, axis, shape.size() + 1));
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(at), 0);
  return ctx.make(type.dtype, std::move(shape));
}

}  // namespace

Result<Tensor> join_rounds(const EvalContext& ctx, const std::vector<Value>& rounds,
                           const Graph& body, std::size_t body_output, std::int64_t axis) {
  if (rounds.empty()) return no_rounds(ctx, body, body_output, axis);
  std::vector<const Tensor*> parts;
  for (const Value& round : rounds) {
    if (!round.is_tensor()) {
      return ctx.fail("output ", body_output, " of the body is ", describe(round),
                      ": only tensors can be joined over the rounds");
    }
    parts.push_back(&round.tensor());
  }
  return stack(ctx, parts, axis);
}

Result<Type> with_axis(const NodeView& view, const Type& type, std::int64_t axis,
                       const Dim& extent) {
  Type out = type;
  if (!out.dims.has_value()) return out;
  const std::size_t at = TRY(normalize_axis(view, axis, out.dims->size() + 1));
  out.dims->insert(out.dims->begin() + static_cast<std::ptrdiff_t>(at), extent);
  return out;
}

}  // namespace slipway
