#include "ops/check.h"

#include <algorithm>

#include "base/str.h"
#include "graph/inline_functions.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/signature.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxProblems = 1000;

std::string domain_text(std::string_view domain) {
  return std::string(domain.empty() ? "ai.onnx" : domain);
}

class NodeCheck {
 public:
  NodeCheck(const Graph& graph, std::size_t node_index, Problems& problems)
      : graph_(graph), node_(graph.nodes[node_index]), index_(node_index), problems_(problems) {}

  void run() {
    const Op* op = find_op(node_.domain, node_.op);
    if (op == nullptr) return report_unknown();
    const OpVersion* version = op->at(node_.version);
    if (version == nullptr) return report_version(*op);
    const Signature& signature = signature_of(*version);
    check_arity("inputs", node_.inputs, signature.inputs, signature.min_inputs(),
                signature.max_inputs());
    check_arity("outputs", node_.outputs, signature.outputs, signature.min_outputs(),
                signature.max_outputs());
    const std::size_t before = problems_.size();
    check_attributes(signature);
    const std::vector<Type> types = input_types();
    check_types(signature, types);
    if (op->check != nullptr && problems_.size() == before) check_sense(*op, types);
  }

 private:
  void report(Code code, std::string what, std::string fix) {
    if (problems_.size() >= kMaxProblems) return;
    problems_.push_back({code, describe(graph_, index_), std::move(what), std::move(fix)});
  }

  void report_unknown() {
    report(Code::kUnsupported,
           str("no operator ", node_.op, " in domain ", domain_text(node_.domain), " (version ",
               node_.version, ")"),
           node_.domain.empty()
               ? "docs/operators.md lists the operators there are"
               : "export the model with standard operators, or add it as a model-local function");
  }

  void report_version(const Op& op) {
    const int first = op.versions.front().since;
    if (node_.version == 0) {
      return report(Code::kInvalid,
                    str("the model does not import the domain ", domain_text(node_.domain)),
                    str("add an opset import of ", domain_text(node_.domain), " to the model"));
    }
    if (node_.version < first) {
      return report(Code::kInvalid,
                    str(node_.op, " exists since version ", first, " of ",
                        domain_text(node_.domain), ", the model imports ", node_.version),
                    str("export the model with opset ", first, " or newer"));
    }
    report(Code::kInvalid,
           str(node_.op, " was removed in version ", op.removed, ", the model imports ",
               node_.version),
           str("export the model with opset ", op.removed - 1, ", or without this operator"));
  }

  void check_arity(std::string_view what, const std::vector<ValueId>& given,
                   const std::vector<Parameter>& parameters, std::size_t minimum,
                   std::size_t maximum) {
    if (given.size() < minimum || given.size() > maximum) {
      report(Code::kInvalid,
             str("has ", given.size(), ' ', what, ", ", node_.op, " takes ",
                 minimum == maximum    ? str(minimum)
                 : maximum == SIZE_MAX ? str("at least ", minimum)
                                       : str(minimum, " to ", maximum)),
             "was the model written for another opset?");
      return;
    }
    for (std::size_t i = 0; i < std::min(given.size(), parameters.size()); ++i) {
      if (given[i] == kNoValue && parameters[i].arity == Parameter::Arity::kRequired &&
          what == "inputs") {
        report(Code::kInvalid,
               str("input ", i, " (", parameters[i].name, ") is required, it is empty"), "");
      }
    }
  }

  void check_attributes(const Signature& signature) {
    for (const Attribute& attribute : node_.attributes) {
      const AttributeRule* rule = signature.attribute(attribute.name);
      if (rule == nullptr) {
        report(Code::kInvalid,
               str("attribute ", attribute.name, " is not one of ", node_.op, " version ",
                   node_.version),
               "was the model written for another opset?");
      } else if (attribute.kind != rule->kind) {
        report(Code::kInvalid,
               str("attribute ", attribute.name, " must be of kind ", name(rule->kind), ", it is ",
                   name(attribute.kind)),
               "");
      }
    }
    for (const AttributeRule& rule : signature.attributes) {
      if (rule.required && node_.find_attribute(rule.name) == nullptr) {
        report(Code::kInvalid, str("attribute ", rule.name, " is required"), "");
      }
    }
  }

  std::vector<Type> input_types() const {
    std::vector<Type> types;
    for (const ValueId input : node_.inputs) {
      types.push_back(input == kNoValue ? Type{} : graph_.value(input).type);
    }
    return types;
  }

  void check_types(const Signature& signature, const std::vector<Type>& types) {
    if (const std::optional<std::string> clash = find_type_clash(signature, types)) {
      report(Code::kInvalid, *clash, "");
    }
  }

  void check_sense(const Op& op, const std::vector<Type>& types) {
    const InferContext ctx(node_, describe(graph_, index_), types,
                           std::vector<const Tensor*>(types.size()),
                           std::vector<std::optional<Dims>>(types.size()), nullptr);
    const Status status = op.check(ctx);
    if (status.ok()) return;
    const Error error = ctx.without_label(status.error());
    report(error.code, error.message, "");
  }

  const Graph& graph_;
  const Node& node_;
  std::size_t index_;
  Problems& problems_;
};

void check_graph(const Graph& graph, Problems& problems) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    check_node(graph, i, problems);
    for_each_subgraph(graph.nodes[i], [&](const Graph& body) { check_graph(body, problems); });
  }
}

void check_opsets(const Model& model, Problems& problems) {
  for (const OpsetImport& import : model.opsets) {
    const int newest = newest_version(import.domain);
    if (newest == 0 || (import.version >= 1 && import.version <= newest)) continue;
    if (import.version < 1) {
      problems.push_back(
          {Code::kInvalid, "model",
           str("imports version ", import.version, " of ", domain_text(import.domain)),
           "versions start at 1"});
    } else {
      problems.push_back(
          {Code::kUnsupported, "model",
           str("imports version ", import.version, " of ", domain_text(import.domain),
               ", Slipway knows versions up to ", newest),
           str("export the model with opset ", newest, " or older, or update Slipway")});
    }
  }
}

}  // namespace

void check_node(const Graph& graph, std::size_t node_index, Problems& problems) {
  NodeCheck(graph, node_index, problems).run();
}

void check_model(const Model& model, Problems& problems) {
  const std::size_t before = problems.size();
  verify(model, problems);
  check_opsets(model, problems);
  if (problems.size() != before) return;  // the rest assumes a sound structure

  Model copy = model.clone();
  if (Status inlined = inline_functions(copy); !inlined.ok()) {
    problems.push_back({inlined.error().code, "model", inlined.error().message, {}});
    return;
  }
  infer_types(copy, problems);
  check_graph(copy.graph, problems);
}

}  // namespace slipway
