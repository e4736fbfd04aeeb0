#include "graph/inline_functions.h"

#include <algorithm>

#include "base/str.h"

namespace slipway {
namespace {

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxNodes = 1'000'000;

class Inliner {
 public:
  explicit Inliner(const std::vector<Function>& functions) : functions_(functions) {}

  Status expand(Graph& graph, int depth) {
    std::vector<Node> nodes = std::move(graph.nodes);
    graph.nodes.clear();
    for (Node& node : nodes) TRY(place(graph, std::move(node), depth));
    return {};
  }

 private:
  const Function* find(const Node& node) const {
    for (const Function& function : functions_) {
      if (function.name == node.op && function.overload == node.overload &&
          canonical_domain(function.domain) == node.domain) {
        return &function;
      }
    }
    return nullptr;
  }

  // Appends the node to the graph, or the nodes of the function that it calls.
  Status place(Graph& graph, Node node, int depth) {
    if (++placed_ > kMaxNodes) {
      return Error{Code::kTooLarge,
                   str("model-local functions expand to more than ", kMaxNodes, " nodes")};
    }
    const Function* function = find(node);
    if (function == nullptr) {
      Status status;
      for_each_subgraph(node, [&](Graph& body) {
        if (status.ok()) status = expand(body, depth);
      });
      TRY(std::move(status));
      graph.nodes.push_back(std::move(node));
      return {};
    }
    if (depth >= kMaxDepth) {
      return Error{Code::kInvalid,
                   str("function ", function->name, " calls itself, or calls nest deeper than ",
                       kMaxDepth, ": ONNX functions may not be recursive")};
    }
    return call(graph, node, *function, depth);
  }

  Status call(Graph& graph, const Node& node, const Function& function, int depth) {
    const Graph& body = function.body;
    if (node.inputs.size() > body.inputs.size() || node.outputs.size() > body.outputs.size()) {
      return Error{Code::kInvalid,
                   str("node ", node.name, " (", node.op, ") has ", node.inputs.size(),
                       " inputs and ", node.outputs.size(), " outputs, the function takes ",
                       body.inputs.size(), " and gives ", body.outputs.size())};
    }
    std::vector<ValueId> mapping(body.values.size(), kNoValue);
    std::vector<bool> is_mapped(body.values.size(), false);
    const auto bind = [&](ValueId formal, ValueId actual) {
      mapping[index(formal)] = actual;
      is_mapped[index(formal)] = true;
    };
    for (std::size_t i = 0; i < body.inputs.size(); ++i) {
      bind(body.inputs[i], i < node.inputs.size() ? node.inputs[i] : kNoValue);
    }
    // Outputs that no inner node defines (an input handed through, one value given twice) are
    // copied.
    std::vector<std::pair<ValueId, ValueId>> copies;  // body value, actual output
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      if (is_mapped[index(body.outputs[i])]) {
        copies.emplace_back(body.outputs[i], node.outputs[i]);
      } else {
        bind(body.outputs[i], node.outputs[i]);
      }
    }
    const std::string prefix = str(function.name, '.', ++calls_, '/');
    for (std::size_t i = 0; i < body.values.size(); ++i) {
      if (!is_mapped[i])
        mapping[i] = graph.add_value(prefix + body.values[i].name, body.values[i].type);
    }
    for (const Node& inner : body.nodes) {
      Node copy = inner.clone();
      for (ValueId& id : copy.inputs) id = id == kNoValue ? id : mapping[index(id)];
      for (ValueId& id : copy.outputs) id = id == kNoValue ? id : mapping[index(id)];
      if (!copy.name.empty()) copy.name = prefix + copy.name;
      bind_attributes(copy, node, function);
      for_each_subgraph(copy, [&](Graph& inside) { rebind_captures(inside, mapping); });
      TRY(place(graph, std::move(copy), depth + 1));
    }
    for (const auto& [from, to] : copies) {
      Node copy;
      copy.op = "Identity";
      copy.version = 1;
      copy.inputs = {mapping[index(from)]};
      copy.outputs = {to};
      TRY(place(graph, std::move(copy), depth + 1));
    }
    return {};
  }

  // Gives attributes that refer to the function's attributes the value of the call, or the default;
  // those without either are left out.
  void bind_attributes(Node& inner, const Node& call, const Function& function) {
    std::vector<Attribute> bound;
    for (Attribute& attribute : inner.attributes) {
      if (attribute.reference.empty()) {
        bound.push_back(std::move(attribute));
        continue;
      }
      const Attribute* source = call.find_attribute(attribute.reference);
      for (const Attribute& fallback : function.default_attributes) {
        if (source == nullptr && fallback.name == attribute.reference) source = &fallback;
      }
      if (source == nullptr) continue;
      Attribute value = source->clone();
      value.name = attribute.name;
      bound.push_back(std::move(value));
    }
    inner.attributes = std::move(bound);
    for_each_subgraph(inner, [&](Graph& body) {
      for (Node& node : body.nodes) bind_attributes(node, call, function);
    });
  }

  // Captures of an omitted input go: inside, the value is absent as well.
  static void rebind_captures(Graph& body, const std::vector<ValueId>& mapping) {
    for (Capture& capture : body.captures) capture.outer = mapping[index(capture.outer)];
    std::erase_if(body.captures, [](const Capture& capture) { return capture.outer == kNoValue; });
  }

  const std::vector<Function>& functions_;
  std::size_t placed_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace

Status inline_functions(Model& model) {
  if (model.functions.empty()) return {};
  TRY(Inliner(model.functions).expand(model.graph, 0));
  model.functions.clear();
  return {};
}

}  // namespace slipway
