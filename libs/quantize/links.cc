#include "quantize/links.h"

#include "base/str.h"
#include "passes/rewrite.h"

namespace slipway::quantize {

Links::Links(const Graph& graph)
    : makers_(graph.values.size()), users_(graph.values.size()), uses_(count_uses(graph)) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId id : graph.nodes[i].outputs) {
      if (id != kNoValue) makers_[index(id)] = i;
    }
    for (const ValueId id : graph.nodes[i].inputs) {
      if (id != kNoValue) users_[index(id)].push_back(i);
    }
  }
}

std::optional<std::size_t> Links::only_user(ValueId id) const {
  const std::vector<std::size_t>& users = users_[index(id)];
  if (uses_[index(id)] != 1 || users.size() != 1) return std::nullopt;
  return users.front();
}

Namer::Namer(Graph& graph) : graph_(graph) {
  for (const ValueDef& value : graph.values) names_.insert(value.name);
}

ValueId Namer::add_value(std::string_view name, Type type) {
  std::string free(name);
  for (std::size_t i = 2; !names_.insert(free).second; ++i) free = str(name, "_", i);
  return graph_.add_value(free, std::move(type));
}

ValueId Namer::add_constant(std::string_view name, Tensor tensor) {
  const ValueId id = add_value(name, Type::tensor(tensor.dtype(), to_dims(tensor.shape())));
  graph_.initializers[id] = std::move(tensor);
  return id;
}

bool is_float_tensor(const Graph& graph, ValueId id) {
  if (id == kNoValue) return false;
  const Type& type = graph.value(id).type;
  return type.is_tensor() && type.dtype == DType::kFloat32;
}

std::optional<Tensor> float_constant(const Graph& graph, ValueId id) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32 || tensor->size() == 0)
    return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  if (!direct.ok()) return std::nullopt;
  return *std::move(direct);
}

void Insertions::apply(Graph& graph) {
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < before_.size(); ++i) {
    for (Node& node : before_[i]) nodes.push_back(std::move(node));
    if (i < graph.nodes.size() && !is_removed_[i]) nodes.push_back(std::move(graph.nodes[i]));
  }
  graph.nodes = std::move(nodes);
}

}  // namespace slipway::quantize
