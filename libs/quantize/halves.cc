#include "quantize/halves.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "ops/signature.h"
#include "passes/rewrite.h"
#include "quantize/links.h"
#include "quantize/placement.h"
#include "tensor/convert.h"

namespace slipway::quantize {
namespace {

constexpr float kGreatestHalf = 65504.0F;
constexpr std::size_t kLeastStored = 64;  // elements: below, a Cast costs more than it saves

// The type of what these give stands in an attribute, or is fixed.
constexpr std::string_view kTypedByAttribute[] = {
    "Bernoulli",        "Cast",          "CastLike",          "Constant",
    "ConstantOfShape",  "EyeLike",       "Multinomial",       "RandomNormal",
    "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Range",
};

bool has_subgraph(const Node& node) {
  bool found = false;
  for_each_subgraph(node, [&](const Graph&) { found = true; });
  return found;
}

bool fits_half(const Tensor& tensor) {
  const Result<Tensor> direct = tensor.direct();
  if (!direct.ok()) return false;
  return std::ranges::all_of(direct->data<float>(), [](float x) {
    return !std::isfinite(x) || std::abs(x) <= kGreatestHalf;
  });
}

bool is_named(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

class HalfWriter {
 public:
  HalfWriter(Model& model, const Options& options)
      : graph_(model.graph), options_(options), namer_(graph_), insertions_(graph_) {}

  Result<std::vector<std::string>> run() {
    for (const ValueId id : graph_.inputs) take_input(id);
    for (place_ = 0; place_ < graph_.nodes.size(); ++place_) TRY(take_node());
    for (ValueId& id : graph_.outputs) TRY(take_output(id));
    insertions_.apply(graph_);
    forget_types();
    return notes();
  }

 private:
  bool was_float(ValueId id) const { return id != kNoValue && is_float_tensor(graph_, id); }
  bool is_half(ValueId id) const { return halves_.contains(id); }

  void take_input(ValueId id) {
    if (!was_float(id) || options_.keeps_io || graph_.initializer(id) != nullptr) return;
    halves_.insert(id);
  }

  // Which inputs of the node are to be halves; nullopt where it stays in float.
  std::optional<std::vector<bool>> half_inputs(const Node& node) const {
    if (std::ranges::find(kTypedByAttribute, node.op) != std::end(kTypedByAttribute) ||
        has_subgraph(node)) {
      return std::nullopt;
    }
    const std::string name = node_name(graph_, place_);
    if (is_named(options_.exclude, name) ||
        (!options_.only.empty() && !is_named(options_.only, name)))
      return std::nullopt;
    const Op* const op = find_op(node.domain, node.op);
    const OpVersion* const version = op == nullptr ? nullptr : op->at(node.version);
    if (version == nullptr) return std::nullopt;
    const Signature& signature = signature_of(*version);
    const Type half = Type::tensor(DType::kFloat16);
    std::vector<bool> wanted;
    std::vector<Type> types;
    bool is_any = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      const Parameter* const parameter = signature.input(i);
      const bool is_wanted = was_float(id) && parameter != nullptr && parameter->types.allows(half);
      wanted.push_back(is_wanted);
      types.push_back(id == kNoValue ? Type() : (is_wanted ? half : graph_.value(id).type));
      is_any = is_any || is_wanted;
    }
    if (!is_any || find_type_clash(signature, types)) return std::nullopt;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const Parameter* const parameter =
          i < signature.outputs.size() ? &signature.outputs[i] : &signature.outputs.back();
      if (was_float(node.outputs[i]) && !parameter->types.allows(half)) return std::nullopt;
    }
    return wanted;
  }

  // A constant that the type cannot hold, by the node's input.
  bool has_large_constant(const Node& node, const std::vector<bool>& wanted) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!wanted[i]) continue;
      const Tensor* const tensor = graph_.initializer(node.inputs[i]);
      if (tensor == nullptr || fits_half(*tensor)) continue;
      large_.push_back(str(node_name(graph_, place_), " (", graph_.value(node.inputs[i]).name,
                           " holds a number beyond 65504)"));
      return true;
    }
    return false;
  }

  Result<ValueId> other_form(ValueId id, bool as_half) {
    std::map<ValueId, ValueId>& known = as_half ? as_half_ : as_float_;
    const auto found = known.find(id);
    if (found != known.end()) return found->second;
    const ValueDef value = graph_.value(id);
    const DType dtype = as_half ? DType::kFloat16 : DType::kFloat32;
    const Tensor* const constant = constant_of(graph_, id);
    if (constant != nullptr) {
      const Tensor direct = TRY(constant->direct());
      return known[id] = namer_.add_constant(str(value.name, "_half"), TRY(cast(direct, dtype)));
    }
    const ValueId to = namer_.add_value(str(value.name, as_half ? "_half" : "_float"),
                                        Type::tensor(dtype, value.type.dims));
    insertions_.add_before(place_, cast_node(id, to, dtype));
    ++casts_;
    return known[id] = to;
  }

  Node cast_node(ValueId from, ValueId to, DType dtype) const {
    Node node;
    node.op = "Cast";
    node.name = str(graph_.value(to).name, "_Cast");
    node.version = graph_.nodes.empty() ? 0 : graph_.nodes.front().version;
    for (const Node& other : graph_.nodes) {
      if (other.domain.empty()) node.version = other.version;
    }
    node.inputs = {from};
    node.outputs = {to};
    node.attributes.emplace_back("to", static_cast<std::int64_t>(dtype));
    return node;
  }

  Status take_node() {
    Node& node = graph_.nodes[place_];
    std::optional<std::vector<bool>> wanted = half_inputs(node);
    if (wanted && has_large_constant(node, *wanted)) wanted.reset();
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueId id = node.inputs[i];
      if (!was_float(id)) continue;
      const bool as_half = wanted && (*wanted)[i];
      // A Cast reads whatever is there.
      if (as_half != is_half(id) && node.op != "Cast")
        graph_.nodes[place_].inputs[i] = TRY(other_form(id, as_half));
    }
    TRY(take_captures());
    if (!wanted) {
      if (std::ranges::any_of(node.outputs, [&](ValueId id) { return was_float(id); })) ++floats_;
      return {};
    }
    ++halved_;
    for (const ValueId id : graph_.nodes[place_].outputs) {
      if (was_float(id)) halves_.insert(id);
    }
    return {};
  }

  // Subgraphs see floats.
  Status take_captures() {
    std::vector<Capture*> captures;
    for_each_subgraph(graph_.nodes[place_], [&](Graph& body) {
      for (Capture& capture : body.captures) captures.push_back(&capture);
    });
    for (Capture* const capture : captures) {
      if (was_float(capture->outer) && is_half(capture->outer))
        capture->outer = TRY(other_form(capture->outer, false));
    }
    return {};
  }

  // Under the name it had.
  Status take_output(ValueId& id) {
    const bool as_half = !options_.keeps_io;
    if (!was_float(id) || is_half(id) == as_half || is_input(graph_, id)) return {};
    const ValueId inner = id;
    const DType dtype = as_half ? DType::kFloat16 : DType::kFloat32;
    const std::string name = graph_.value(inner).name;
    const ValueId outer =
        namer_.add_value(name, Type::tensor(dtype, graph_.value(inner).type.dims));
    std::swap(graph_.value(inner).name, graph_.value(outer).name);
    insertions_.add_before(graph_.nodes.size(), cast_node(inner, outer, dtype));
    ++casts_;
    id = outer;
    return {};
  }

  void forget_types() {
    for (const ValueId id : halves_) graph_.value(id).type.dtype = DType::kFloat16;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes = {str("float16: ", count_text(halved_, "node"), ", ",
                                          count_text(casts_, "Cast"), " between them and floats")};
    if (floats_ != 0) notes.push_back(str("float: ", count_text(floats_, "node")));
    for (const std::string& large : large_) notes.push_back(str("kept in float: ", large));
    return notes;
  }

  Graph& graph_;
  const Options& options_;
  Namer namer_;
  Insertions insertions_;
  std::set<ValueId> halves_;  // values that are halves where they are made
  std::map<ValueId, ValueId> as_half_, as_float_;
  std::vector<std::string> large_;
  std::size_t place_ = 0;
  std::size_t halved_ = 0;
  std::size_t floats_ = 0;
  std::size_t casts_ = 0;
};

Result<std::vector<std::string>> store_bfloat16(Model& model, const Options& options) {
  Graph& graph = model.graph;
  Namer namer(graph);
  Insertions insertions(graph);
  std::map<ValueId, ValueId> floats;  // of a constant, what its Cast gives
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const std::string name = node_name(graph, i);
    if (is_named(options.exclude, name) || (!options.only.empty() && !is_named(options.only, name)))
      continue;
    for (std::size_t k = 0; k < graph.nodes[i].inputs.size(); ++k) {
      const ValueId id = graph.nodes[i].inputs[k];
      if (id == kNoValue) continue;
      const auto constant = float_constant(graph, id);
      if (!constant || constant->size() < kLeastStored) continue;
      const auto [known, is_new] = floats.try_emplace(id, kNoValue);
      if (is_new) {
        const ValueDef value = graph.value(id);
        const ValueId stored = namer.add_constant(str(value.name, "_bfloat16"),
                                                  TRY(cast(*constant, DType::kBfloat16)));
        known->second = namer.add_value(str(value.name, "_float"), value.type);
        Node node;
        node.op = "Cast";
        node.name = str(value.name, "_Cast");
        node.version = static_cast<int>(model.opset(""));
        node.inputs = {stored};
        node.outputs = {known->second};
        node.attributes.emplace_back("to", static_cast<std::int64_t>(DType::kFloat32));
        insertions.add_before(i, std::move(node));
      }
      graph.nodes[i].inputs[k] = known->second;
    }
  }
  insertions.apply(graph);
  return std::vector<std::string>{
      str("bfloat16: ", count_text(floats.size(), "constant"), ", computed with in float")};
}

}  // namespace

Result<std::vector<std::string>> to_halves(Model& model, const Options& options) {
  if (options.to == Precision::kBfloat16) return store_bfloat16(model, options);
  return HalfWriter(model, options).run();
}

}  // namespace slipway::quantize
