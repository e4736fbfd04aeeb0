#include "serve/binding.h"

#include "base/str.h"

namespace slipway::serve {
namespace {

Error wrong_shape(const ValueDef& input, std::span<const std::int64_t> shape,
                  std::string_view reason) {
  return {Code::kInvalid, str("input '", shorten(input.name), "' has the shape ", shape_text(shape),
                              ", the model takes ", dims_text(input), reason)};
}

Status bind_one(const ValueDef& input, std::span<const std::int64_t> shape, Extents& extents) {
  if (!input.type.dims.has_value()) return {};
  const Dims& dims = *input.type.dims;
  if (dims.size() != shape.size()) return wrong_shape(input, shape, "");
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis].is_known() && dims[axis].extent() != shape[axis])
      return wrong_shape(input, shape, "");
    if (!dims[axis].is_symbol()) continue;
    const auto [found, is_new] = extents.emplace(dims[axis].symbol(), shape[axis]);
    if (!is_new && found->second != shape[axis]) {
      return wrong_shape(input, shape,
                         str(", and '", shorten(dims[axis].symbol()), "' is ", found->second,
                             " in a dimension before: give both the same extent"));
    }
  }
  return {};
}

}  // namespace

std::vector<ValueId> needed_inputs(const Graph& graph) {
  std::vector<ValueId> needed;
  for (const ValueId id : graph.inputs) {
    if (graph.initializer(id) == nullptr) needed.push_back(id);
  }
  return needed;
}

Result<Extents> bind_shapes(const Graph& graph, std::span<const ValueId> ids,
                            const Shapes& shapes) {
  Extents extents;
  for (std::size_t i = 0; i < ids.size(); ++i)
    TRY(bind_one(graph.value(ids[i]), shapes[i], extents));
  return extents;
}

std::string dims_text(const ValueDef& value) {
  if (!value.type.dims.has_value()) return "any shape";
  std::vector<std::string> parts;
  for (const Dim& dim : *value.type.dims) parts.push_back(to_text(dim));
  return str("[", join(parts, ","), "]");
}

}  // namespace slipway::serve
