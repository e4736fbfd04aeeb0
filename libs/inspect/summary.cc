#include "inspect/summary.h"

#include <algorithm>
#include <set>

#include "base/str.h"
#include "graph/inline_functions.h"
#include "inspect/memory.h"
#include "inspect/open_dims.h"
#include "ops/cost_context.h"
#include "ops/infer.h"
#include "ops/op.h"

namespace slipway {
namespace {

bool is_constant(const Node& node) { return node.op == "Constant" && node.domain.empty(); }

// A tensor whose every extent is known, or no tensor but known to be none.
bool is_definite(const Type& type) {
  if (!type.is_tensor()) return type.kind != Type::Kind::kUnknown;
  return type.dims.has_value() && known_shape(*type.dims).has_value();
}

bool is_supported(const Node& node) {
  const Op* op = find_op(node.domain, node.op);
  return op != nullptr && op->at(node.version) != nullptr;
}

// Walks a graph and its subgraphs and adds up.
class Walk {
 public:
  explicit Walk(Summary& summary) : summary_(summary) {}

  // Returns the graph's multiply-adds.
  std::int64_t add_graph(const Graph& graph, int depth) {
    std::map<ValueId, std::int64_t> unclaimed;  // elements of initializers no node has used so far
    for (const auto& [id, tensor] : graph.initializers) {
      add_weight(tensor);
      unclaimed[id] = static_cast<std::int64_t>(tensor.size());
    }
    for (const auto& [id, tensor] : graph.sparse_initializers) {
      add_weight(tensor.values);
      add_weight(tensor.indices);
      unclaimed[id] = static_cast<std::int64_t>(tensor.values.size());
    }
    std::int64_t total = 0;
    for (const Node& node : graph.nodes) {
      ++summary_.node_count;
      if (is_constant(node)) {
        add_constant(graph, node, unclaimed);
        count_use(node, 0);
      } else {
        total = saturating_add(total, add_layer(graph, node, depth, unclaimed));
      }
    }
    return total;
  }

 private:
  void add_weight(const Tensor& tensor) {
    const auto count = static_cast<std::int64_t>(tensor.size());
    summary_.parameter_count = saturating_add(summary_.parameter_count, count);
    const auto bytes = static_cast<std::int64_t>(packed_bytes(tensor.dtype(), tensor.size()));
    summary_.weight_bytes = saturating_add(summary_.weight_bytes, bytes);
  }

  void add_constant(const Graph& graph, const Node& node,
                    std::map<ValueId, std::int64_t>& unclaimed) {
    if (node.outputs.empty() || node.outputs[0] == kNoValue) return;
    const Attribute* value = node.find_attribute("value");
    const Tensor* tensor = value == nullptr ? nullptr : std::get_if<Tensor>(&value->value);
    if (tensor != nullptr) {
      add_weight(*tensor);
      unclaimed[node.outputs[0]] = static_cast<std::int64_t>(tensor->size());
      return;
    }
    const Type& type = graph.value(node.outputs[0]).type;
    const std::int64_t count = type.dims.has_value() ? known_count(*type.dims).value_or(0) : 0;
    summary_.parameter_count = saturating_add(summary_.parameter_count, count);
    summary_.weight_bytes = saturating_add(summary_.weight_bytes, count == 0 ? 0 : bytes_of(type));
    unclaimed[node.outputs[0]] = count;
  }

  std::int64_t add_layer(const Graph& graph, const Node& node, int depth,
                         std::map<ValueId, std::int64_t>& unclaimed) {
    const std::size_t at = summary_.layers.size();
    summary_.layers.push_back(make_layer(graph, node, depth, unclaimed));
    const std::int64_t own = summary_.layers[at].multiply_adds;
    std::int64_t bodies = 0;
    for_each_subgraph(node, [&](const Graph& body) {
      const std::int64_t cost = add_graph(body, depth + 1);
      bodies = node.op == "If" ? std::max(bodies, cost) : saturating_add(bodies, cost);
    });
    count_use(node, own);
    return saturating_add(own, bodies);
  }

  Layer make_layer(const Graph& graph, const Node& node, int depth,
                   std::map<ValueId, std::int64_t>& unclaimed) {
    Layer layer{.name = node.name,
                .op = node.op,
                .domain = node.domain,
                .version = node.version,
                .depth = depth};
    for (const ValueId output : node.outputs) {
      if (output == kNoValue) continue;
      const ValueDef& value = graph.value(output);
      if (layer.name.empty()) layer.name = value.name;
      layer.output_bytes = saturating_add(layer.output_bytes, bytes_of(value.type));
      if (!is_definite(value.type)) summary_.has_unknown_shapes = true;
      layer.outputs.push_back(value.type);
    }
    for (const ValueId input : node.inputs) {
      const auto found = unclaimed.find(input);
      if (found == unclaimed.end()) continue;
      layer.parameter_count = saturating_add(layer.parameter_count, found->second);
      found->second = 0;
    }
    if (node.domain == kMl) {
      layer.parameter_count = saturating_add(layer.parameter_count, add_attributes(node));
    }
    const Op* op = find_op(node.domain, node.op);
    if (op != nullptr && op->multiply_adds != nullptr) {
      layer.multiply_adds = std::max<std::int64_t>(
          0, op->multiply_adds({node, shapes(graph, node.inputs), shapes(graph, node.outputs)}));
    }
    return layer;
  }

  // The operators of ai.onnx.ml hold what they learned in attributes. Returns how many numbers.
  std::int64_t add_attributes(const Node& node) {
    std::size_t floats = 0;
    std::size_t ints = 0;
    const std::int64_t before = summary_.parameter_count;
    for (const Attribute& attribute : node.attributes) {
      if (const auto* list = std::get_if<std::vector<float>>(&attribute.value))
        floats += list->size();
      if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
        ints += list->size();
      }
      if (const auto* tensor = std::get_if<Tensor>(&attribute.value)) add_weight(*tensor);
    }
    const auto count = static_cast<std::int64_t>(floats + ints);
    summary_.parameter_count = saturating_add(summary_.parameter_count, count);
    summary_.weight_bytes =
        saturating_add(summary_.weight_bytes, static_cast<std::int64_t>(floats * 4 + ints * 8));
    return summary_.parameter_count - before;
  }

  static std::vector<Shape> shapes(const Graph& graph, const std::vector<ValueId>& ids) {
    std::vector<Shape> shapes;
    for (const ValueId id : ids) {
      Shape& shape = shapes.emplace_back();
      if (id == kNoValue) continue;
      const Type& type = graph.value(id).type;
      for (const Dim& dim : type.dims.value_or(Dims{})) {
        shape.push_back(dim.is_known() ? dim.extent() : 1);
      }
    }
    return shapes;
  }

  void count_use(const Node& node, std::int64_t multiply_adds) {
    auto use = std::find_if(
        summary_.operators.begin(), summary_.operators.end(),
        [&](const OperatorUse& u) { return u.op == node.op && u.domain == node.domain; });
    if (use == summary_.operators.end()) {
      use = summary_.operators.insert(use, OperatorUse{node.domain, node.op});
    }
    ++use->node_count;
    use->multiply_adds = saturating_add(use->multiply_adds, multiply_adds);
    use->is_supported = use->is_supported && is_supported(node);
  }

  Summary& summary_;
};

std::vector<Port> ports(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<Port> list;
  for (const ValueId id : ids) {
    const ValueDef& value = graph.value(id);
    list.push_back({value.name, value.type, graph.initializer(id) != nullptr});
  }
  return list;
}

void describe_model(const Model& model, Summary& summary) {
  summary.graph_name = model.graph.name;
  summary.producer = model.producer_name;
  if (!model.producer_version.empty()) summary.producer += str(" ", model.producer_version);
  summary.doc = model.doc;
  summary.ir_version = model.ir_version;
  summary.model_version = model.model_version;
  summary.opsets = model.opsets;
  summary.metadata = model.metadata;
  summary.function_count = model.functions.size();
  summary.inputs = ports(model.graph, model.graph.inputs);
  summary.outputs = ports(model.graph, model.graph.outputs);
}

void sort_operators(std::vector<OperatorUse>& operators) {
  std::sort(operators.begin(), operators.end(), [](const OperatorUse& a, const OperatorUse& b) {
    if (a.node_count != b.node_count) return a.node_count > b.node_count;
    return std::tie(a.domain, a.op) < std::tie(b.domain, b.op);
  });
}

}  // namespace

Result<Summary> summarize(const Model& model, const std::map<std::string, std::int64_t>& extents) {
  Summary summary;
  describe_model(model, summary);
  Model bound = model.clone();
  TRY(inline_functions(bound));
  const std::vector<std::string> open = name_open_dims(bound.graph);
  TRY(check_extents(extents, open));
  std::map<std::string, std::int64_t> definite;
  for (const std::string& name : open) {
    const auto asked = extents.find(name);
    const std::int64_t extent = asked == extents.end() ? 1 : asked->second;
    summary.extents.emplace_back(name, extent);
    definite[name] = extent;
  }
  bind_dims(bound, definite);
  infer_types(bound, summary.problems);

  summary.multiply_adds = Walk(summary).add_graph(bound.graph, 0);
  const Peak peak = peak_activations(bound.graph);
  summary.peak_activation_bytes = peak.bytes;
  if (!bound.graph.nodes.empty()) summary.peak_layer = describe(bound.graph, peak.node_index);
  sort_operators(summary.operators);
  return summary;
}

}  // namespace slipway
