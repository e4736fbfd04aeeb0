#include "quantize/prepare.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/str.h"
#include "graph/inline_functions.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "passes/list.h"

namespace slipway::quantize {
namespace {

constexpr std::array kIntegerOps = {
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv",
    "QLinearMatMul",  "ConvInteger",      "MatMulInteger",
};

// The same inputs and attributes, and yet other results.
struct Change {
  std::string_view op;
  int version;
};
constexpr Change kSilentChanges[] = {{"Softmax", 13}, {"LogSoftmax", 13}, {"Hardmax", 13}};

void raise_nodes(Graph& graph, int version) {
  for (Node& node : graph.nodes) {
    if (node.domain.empty()) node.version = version;
    for_each_subgraph(node, [&](Graph& body) { raise_nodes(body, version); });
  }
}

Status check_nodes(const Graph& graph, int version, std::string_view why) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    Status nested;
    for_each_subgraph(node, [&](const Graph& body) {
      if (nested.ok()) nested = check_nodes(body, version, why);
    });
    TRY(std::move(nested));
    if (!node.domain.empty()) continue;
    const Op* const op = find_op("", node.op);
    const bool is_changed =
        op == nullptr || op->at(version) == nullptr || op->at(node.version) == nullptr ||
        op->at(node.version)->attributes != op->at(version)->attributes ||
        op->at(node.version)->signature.substr(0, op->at(node.version)->signature.find('|')) !=
            op->at(version)->signature.substr(0, op->at(version)->signature.find('|')) ||
        std::ranges::any_of(kSilentChanges, [&](const Change& change) {
          return change.op == node.op && node.version < change.version && version >= change.version;
        });
    if (is_changed) {
      return Error{Code::kUnsupported,
                   str(why, " needs opset ", version, ", and ", describe(graph, i), " of opset ",
                       node.version, " means something else there: export the model with opset ",
                       version, " or newer")};
    }
  }
  return {};
}

void name_nodes_apart(Graph& graph) {
  std::set<std::string> names;
  for (const Node& node : graph.nodes) names.insert(node.name);
  std::set<std::string> taken;
  for (Node& node : graph.nodes) {
    if (node.name.empty() || taken.insert(node.name).second) continue;
    const std::string base = str(node.name, "_", node.op);
    node.name = base;
    for (int i = 2; names.contains(node.name) || taken.contains(node.name); ++i)
      node.name = str(base, "_", i);
    taken.insert(node.name);
  }
}

}  // namespace

Status infer(Model& model) {
  Problems problems;
  infer_types(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  return {};
}

bool is_quantized(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    return std::ranges::find(kIntegerOps, node.op) != kIntegerOps.end();
  });
}

Status prepare(Model& model) {
  TRY(inline_functions(model));
  TRY(infer(model));
  TRY(fold_constants(model));
  TRY(remove_identities(model));
  TRY(fold_padding(model));
  TRY(fold_batch_norm(model));
  TRY(remove_dead(model));
  return infer(model);
}

Status raise_opset(Model& model, int least, std::string_view why) {
  const std::int64_t version = model.opset("");
  if (version >= least) return {};
  TRY(check_nodes(model.graph, least, why));
  for (OpsetImport& import : model.opsets) {
    if (canonical_domain(import.domain).empty()) import.version = least;
  }
  raise_nodes(model.graph, least);
  return {};
}

Status finish(Model& model) {
  TRY(remove_dead(model));
  name_nodes_apart(model.graph);
  // Values that are gone have no type to tell.
  Graph& graph = model.graph;
  std::vector<bool> is_there(graph.values.size(), false);
  const auto mark = [&](const std::vector<ValueId>& ids) {
    for (const ValueId id : ids) {
      if (id != kNoValue) is_there[index(id)] = true;
    }
  };
  mark(graph.inputs);
  mark(graph.outputs);
  for (const Node& node : graph.nodes) {
    mark(node.inputs);
    mark(node.outputs);
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) is_there[index(capture.outer)] = true;
    });
  }
  for (std::size_t i = 0; i < is_there.size(); ++i) {
    if (!is_there[i]) graph.values[i].type = Type();
  }
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) {
    return Error{Code::kInternal, str("the quantised model breaks a rule: ", to_text(*fault))};
  }
  return {};
}

}  // namespace slipway::quantize
