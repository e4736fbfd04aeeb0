#include "optimize/opset/convert.h"

#include <algorithm>

#include "ops/interpreter.h"
#include "ops/op.h"
#include "ops/signature.h"
#include "optimize/opset/step.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

// Attributes that came later than their operators, and what they say where they are not given.
struct Default {
  std::string_view attribute;
  std::int64_t number = 0;
  std::string_view text = "";
};
constexpr Default kDefaults[] = {
    {"allowzero"},           {"axis", 1},           {"batch_dims"},
    {"block_size"},          {"ceil_mode"},         {"count_include_pad"},
    {"dilations", 1},        {"largest", 1},        {"layout"},
    {"mode", 0, "DCR"},      {"output_dtype"},      {"precision"},
    {"saturate", 1},         {"select_last_index"}, {"stash_type", 1},
    {"storage_order"},       {"training_mode"},     {"reduction", 0, "none"},
    {"round_mode", 0, "up"},
};

bool is_default(const Attribute& attribute) {
  for (const Default& row : kDefaults) {
    if (row.attribute != attribute.name) continue;
    if (const auto* const number = std::get_if<std::int64_t>(&attribute.value))
      return *number == row.number;
    if (const auto* const text = std::get_if<std::string>(&attribute.value))
      return *text == row.text;
    if (const auto* const numbers = std::get_if<Ints>(&attribute.value))
      return std::ranges::all_of(*numbers, [&](std::int64_t n) { return n == row.number; });
  }
  return attribute.name == "consumed_inputs";
}

// What the operator table says of the node in its new version.
Status check_form(Step& step) {
  const Op* const op = find_op("", step.node.op);
  const OpVersion* const form = op == nullptr ? nullptr : op->at(step.to);
  if (form == nullptr) {
    const bool is_gone = op != nullptr && op->removed != 0 && step.to >= op->removed;
    return step.cannot(is_gone ? "the operator was taken out" : "the operator came later");
  }
  if (form == op->at(step.node.version)) return {};
  const Signature& signature = signature_of(*form);
  std::erase_if(step.node.attributes, [&](const Attribute& attribute) {
    return signature.attribute(attribute.name) == nullptr && is_default(attribute);
  });
  for (const Attribute& attribute : step.node.attributes) {
    if (signature.attribute(attribute.name) == nullptr)
      return step.cannot("there is no attribute ", attribute.name);
  }
  for (const AttributeRule& rule : signature.attributes) {
    if (rule.required && step.node.find_attribute(rule.name) == nullptr)
      return step.cannot("it needs the attribute ", rule.name);
  }
  step.drop_omitted();
  if (step.node.inputs.size() > signature.max_inputs() ||
      step.node.inputs.size() < signature.min_inputs()) {
    return step.cannot("it has ", step.node.inputs.size(), " inputs");
  }
  while (!step.node.outputs.empty() && step.node.outputs.back() == kNoValue)
    step.node.outputs.pop_back();
  if (step.node.outputs.size() > signature.max_outputs())
    return step.cannot("it has ", step.node.outputs.size(), " outputs");
  std::vector<Type> types;
  for (std::size_t k = 0; k < step.node.inputs.size(); ++k)
    types.push_back(step.has_input(k) ? step.input_type(k) : Type());
  if (const auto clash = find_type_clash(signature, types)) return step.cannot(*clash);
  return {};
}

// The first operator set with values of a type.
int first_version_of(DType dtype) {
  using enum DType;
  switch (dtype) {
    case kBfloat16:
      return 13;
    case kFloat8e4m3fn:
    case kFloat8e4m3fnuz:
    case kFloat8e5m2:
    case kFloat8e5m2fnuz:
      return 19;
    case kInt4:
    case kUint4:
      return 21;
    case kFloat4e2m1:
      return 23;
    case kFloat8e8m0:
      return 24;
    default:
      return 0;
  }
}

Status check_types(Step& step) {
  for (const std::vector<ValueId>& side : {step.node.inputs, step.node.outputs}) {
    for (const ValueId id : side) {
      const DType dtype = id == kNoValue ? DType::kUndefined : step.graph().value(id).type.dtype;
      if (step.to < first_version_of(dtype)) return step.cannot("there is no type ", name(dtype));
    }
  }
  return {};
}

class Converter {
 public:
  explicit Converter(int target) : target_(target) {}

  std::size_t converted() const { return converted_; }

  Status convert(Graph& graph, const Constants& outer) {
    Constants constants = constants_of(graph, outer);
    std::vector<Node> from = std::move(graph.nodes);
    graph.nodes.clear();
    std::vector<Node> to;
    for (Node& node : from) TRY(convert(graph, constants, std::move(node), to));
    graph.nodes = std::move(to);
    return {};
  }

 private:
  static Constants constants_of(const Graph& graph, const Constants& outer) {
    Constants constants;
    for (const Capture& capture : graph.captures) {
      const auto found = outer.find(capture.outer);
      if (found != outer.end()) constants.emplace(capture.inner, found->second);
    }
    for (const auto& [id, tensor] : graph.initializers) {
      if (!is_input(graph, id)) constants.emplace(id, tensor);
    }
    for (const Node& node : graph.nodes) {
      if (!is(node, "Constant") || node.outputs.empty()) continue;
      const Result<std::vector<Value>> value = evaluate_node(node, {});
      if (value.ok() && !value->empty() && (*value)[0].is_tensor())
        constants.emplace(node.outputs[0], (*value)[0].tensor());
    }
    return constants;
  }

  static Status take(Step& step) {
    const bool rises = step.to > step.node.version;
    const Rule* const rule = find_rule(step.node.op, rises ? step.to : step.node.version);
    if (rule != nullptr) {
      const auto change = rises ? rule->up : rule->down;
      if (change != nullptr) TRY(change(step));
    }
    TRY(check_form(step));
    TRY(check_types(step));
    step.node.version = step.to;
    return {};
  }

  Status convert(Graph& graph, Constants& constants, Node node, std::vector<Node>& to) {
    if (node.domain.empty() && node.version != target_) ++converted_;
    while (node.domain.empty() && node.version != target_) {
      const int next = node.version + (node.version < target_ ? 1 : -1);
      Step step(graph, constants, std::move(node), next);
      TRY(take(step));
      if (step.before.empty() && step.after.empty()) {
        node = std::move(step.node);
        continue;
      }
      for (Node& made : step.before) TRY(convert(graph, constants, std::move(made), to));
      TRY(convert(graph, constants, std::move(step.node), to));
      for (Node& made : step.after) TRY(convert(graph, constants, std::move(made), to));
      return {};
    }
    Status status;
    for_each_subgraph(node, [&](Graph& body) {
      if (status.ok()) status = convert(body, constants);
    });
    to.push_back(std::move(node));
    return status;
  }

  int target_;
  std::size_t converted_ = 0;
};

void import_version(std::vector<OpsetImport>& opsets, std::int64_t version) {
  for (OpsetImport& import : opsets) {
    if (canonical_domain(import.domain).empty()) {
      import.version = version;
      return;
    }
  }
  opsets.push_back({"", version});
}

bool imports_any(const std::vector<OpsetImport>& opsets) {
  return std::ranges::any_of(
      opsets, [](const OpsetImport& import) { return canonical_domain(import.domain).empty(); });
}

// The newest version of ai.onnx among the nodes, and what they use of other operator sets.
std::int64_t newest_used(const Graph& graph, std::vector<OpsetImport>& others) {
  std::int64_t newest = 0;
  for (const Node& node : graph.nodes) {
    if (node.domain.empty()) {
      newest = std::max<std::int64_t>(newest, node.version);
    } else if (std::ranges::find(others, node.domain, &OpsetImport::domain) == others.end()) {
      others.push_back({node.domain, node.version});
    }
    for_each_subgraph(
        node, [&](const Graph& body) { newest = std::max(newest, newest_used(body, others)); });
  }
  return newest;
}

}  // namespace

Result<std::string> convert_opset(Model& model, int version) {
  const std::int64_t before = model.opset("");
  if (version < kOldestOpset || version > newest_version("")) {
    return Error{Code::kUsage, str("--opset takes ", kOldestOpset, " to ", newest_version(""),
                                   ", not ", version)};
  }
  if (before == version) return std::string();
  Converter converter(version);
  TRY(converter.convert(model.graph, {}));
  for (Function& function : model.functions) {
    if (imports_any(function.opsets)) TRY(converter.convert(function.body, {}));
    import_version(function.opsets, version);
  }
  import_version(model.opsets, version);
  if (version > before) {
    model.ir_version = std::max(model.ir_version, ir_version_of(version));
  } else if (model.functions.empty()) {
    model.ir_version = std::min(model.ir_version, ir_version_of(version));
  }
  return note(converter.converted(), "rewrote", "node",
              str("from opset ", before, " to ", version));
}

Status align_versions(Model& model) {
  std::vector<OpsetImport> used;
  const std::int64_t newest = newest_used(model.graph, used);
  if (model.opset("") == 0 && newest != 0) import_version(model.opsets, newest);
  for (const OpsetImport& other : used) {
    if (model.opset(other.domain) == 0) model.opsets.push_back(other);
  }
  Converter converter(static_cast<int>(model.opset("")));
  return converter.convert(model.graph, {});
}

std::int64_t ir_version_of(std::int64_t opset) {
  // The format that the release which brought an operator set wrote.
  constexpr std::int64_t kVersions[] = {3, 3, 4, 5,  6,  7,  7,  7,  8,  8, 8,
                                        8, 9, 9, 10, 10, 11, 12, 13, 13, 13};
  constexpr std::int64_t kNewest = 14;
  const std::int64_t at = opset - kOldestOpset;
  if (at < 0) return 3;
  return at < static_cast<std::int64_t>(std::size(kVersions)) ? kVersions[at] : kNewest;
}

}  // namespace slipway::optimize
