#include "passes/expander.h"

#include "base/str.h"

namespace slipway {

std::optional<Shape> shape_of(const Graph& graph, ValueId id) {
  const Type& type = graph.value(id).type;
  return type.is_tensor() && type.dims ? known_shape(*type.dims) : std::nullopt;
}

std::string Expander::name(std::string_view what) const {
  return str(graph_.value(node_.outputs[0]).name, ' ', what, ' ', graph_.values.size());
}

ValueId Expander::add(const std::string& op, std::vector<ValueId> inputs, const Shape& shape,
                      std::optional<Attribute> attribute) {
  const DType dtype = graph_.value(node_.inputs[0]).type.dtype;
  const ValueId made = graph_.add_value(name("part"), Type::tensor(dtype, to_dims(shape)));
  Node node;
  node.name = node_.name;
  node.op = op;
  node.version = node_.version;
  node.inputs = std::move(inputs);
  node.outputs = {made};
  if (attribute) node.attributes.push_back(*std::move(attribute));
  nodes_.push_back(std::move(node));
  return made;
}

ValueId Expander::numbers(const std::vector<std::int64_t>& values) {
  const ValueId id = graph_.add_value(
      name("numbers"),
      Type::tensor(DType::kInt64, Dims{Dim(static_cast<std::int64_t>(values.size()))}));
  graph_.initializers[id] = Tensor::of(values);
  return id;
}

ValueId Expander::reshaped(ValueId id, const Shape& to) {
  return shape_of(graph_, id) == to ? id : add("Reshape", {id, numbers(to)}, to);
}

}  // namespace slipway
