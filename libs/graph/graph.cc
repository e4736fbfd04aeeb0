#include "graph/graph.h"

#include <array>

#include "base/str.h"

namespace slipway {

std::string_view name(AttrKind kind) {
  static constexpr std::array<std::string_view, 15> kNames = {
      "undefined",      "float", "int",     "string",  "tensor", "graph",
      "floats",         "ints",  "strings", "tensors", "graphs", "sparse_tensor",
      "sparse_tensors", "type",  "types"};
  const auto number = static_cast<std::size_t>(kind);
  return number < kNames.size() ? kNames[number] : kNames[0];
}

namespace {

using GraphPtr = std::unique_ptr<Graph>;

GraphPtr clone_ptr(const GraphPtr& graph) {
  return graph == nullptr ? nullptr : std::make_unique<Graph>(graph->clone());
}

std::vector<Attribute> clone_all(const std::vector<Attribute>& attributes) {
  std::vector<Attribute> copies;
  copies.reserve(attributes.size());
  for (const Attribute& attribute : attributes) copies.push_back(attribute.clone());
  return copies;
}

struct ClonePayload {
  Attribute::Payload operator()(const GraphPtr& graph) const { return clone_ptr(graph); }
  Attribute::Payload operator()(const std::vector<GraphPtr>& graphs) const {
    std::vector<GraphPtr> copies;
    for (const GraphPtr& graph : graphs) copies.push_back(clone_ptr(graph));
    return copies;
  }
  template <typename T>
  Attribute::Payload operator()(const T& plain) const {
    return plain;
  }
};

}  // namespace

Attribute Attribute::clone() const {
  Attribute copy;
  copy.name = name;
  copy.kind = kind;
  copy.value = std::visit(ClonePayload{}, value);
  copy.reference = reference;
  copy.doc = doc;
  return copy;
}

const Attribute* Node::find_attribute(std::string_view attribute_name) const {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == attribute_name) return &attribute;
  }
  return nullptr;
}

Node Node::clone() const {
  Node copy;
  copy.name = name;
  copy.op = op;
  copy.domain = domain;
  copy.overload = overload;
  copy.version = version;
  copy.inputs = inputs;
  copy.outputs = outputs;
  copy.attributes = clone_all(attributes);
  copy.doc = doc;
  copy.metadata = metadata;
  return copy;
}

ValueId Graph::add_value(std::string value_name, Type type) {
  values.push_back({std::move(value_name), std::move(type), {}, {}});
  return ValueId{static_cast<std::uint32_t>(values.size() - 1)};
}

const Tensor* Graph::initializer(ValueId id) const {
  const auto found = initializers.find(id);
  return found == initializers.end() ? nullptr : &found->second;
}

Graph Graph::clone() const {
  Graph copy;
  copy.name = name;
  copy.doc = doc;
  copy.metadata = metadata;
  copy.values = values;
  copy.nodes.reserve(nodes.size());
  for (const Node& node : nodes) copy.nodes.push_back(node.clone());
  copy.inputs = inputs;
  copy.outputs = outputs;
  copy.captures = captures;
  copy.initializers = initializers;
  copy.sparse_initializers = sparse_initializers;
  return copy;
}

std::string_view canonical_domain(std::string_view domain) {
  return domain == "ai.onnx" ? std::string_view{} : domain;
}

std::int64_t Model::opset(std::string_view opset_domain) const {
  for (const OpsetImport& import : opsets) {
    if (canonical_domain(import.domain) == canonical_domain(opset_domain)) return import.version;
  }
  return 0;
}

Model Model::clone() const {
  Model copy;
  copy.ir_version = ir_version;
  copy.opsets = opsets;
  copy.producer_name = producer_name;
  copy.producer_version = producer_version;
  copy.domain = domain;
  copy.model_version = model_version;
  copy.doc = doc;
  copy.metadata = metadata;
  for (const Function& function : functions) {
    Function body_copy;
    body_copy.domain = function.domain;
    body_copy.name = function.name;
    body_copy.overload = function.overload;
    body_copy.doc = function.doc;
    body_copy.attributes = function.attributes;
    body_copy.default_attributes = clone_all(function.default_attributes);
    body_copy.opsets = function.opsets;
    body_copy.metadata = function.metadata;
    body_copy.body = function.body.clone();
    copy.functions.push_back(std::move(body_copy));
  }
  copy.graph = graph.clone();
  return copy;
}

std::string describe(const Graph& graph, std::size_t node_index) {
  const Node& node = graph.nodes[node_index];
  const std::string op = shorten(node.op);
  if (!node.name.empty()) return str("node ", shorten(node.name), " (", op, ")");
  return str("node ", node_index, " (", op, ")");
}

void for_each_subgraph(const Node& node, const std::function<void(const Graph&)>& f) {
  for (const Attribute& attribute : node.attributes) {
    if (const auto* graph = std::get_if<GraphPtr>(&attribute.value); graph != nullptr && *graph) {
      f(**graph);
    }
    if (const auto* graphs = std::get_if<std::vector<GraphPtr>>(&attribute.value)) {
      for (const GraphPtr& graph : *graphs) {
        if (graph) f(*graph);
      }
    }
  }
}

void for_each_subgraph(Node& node, const std::function<void(Graph&)>& f) {
  const Node& view = node;
  for_each_subgraph(view, [&](const Graph& graph) { f(const_cast<Graph&>(graph)); });
}

}  // namespace slipway
