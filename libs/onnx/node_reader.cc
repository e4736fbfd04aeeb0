// NodeProto and AttributeProto.
#include <unordered_set>

#include "base/str.h"
#include "onnx/graph_reader.h"
#include "onnx/tensor_reader.h"
#include "onnx/type_reader.h"

namespace slipway {
namespace {

namespace field {
enum : std::uint32_t {
  kInput = 1,
  kOutput = 2,
  kName = 3,
  kOp = 4,
  kAttribute = 5,
  kDoc = 6,
  kDomain = 7,
  kOverload = 8,
  kMetadata = 9,
};
}  // namespace field

Result<Node> read_identity(Scope& scope, Bytes message) {
  WireReader reader = scope.context.open(message);
  Node node;
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case field::kName:
        node.name = TRY(reader.text());
        break;
      case field::kOp:
        node.op = TRY(reader.text());
        break;
      case field::kDomain:
        node.domain = canonical_domain(TRY(reader.text()));
        break;
      case field::kOverload:
        node.overload = TRY(reader.text());
        break;
      case field::kDoc:
        node.doc = TRY(reader.text());
        break;
      case field::kMetadata:
        node.metadata.push_back(TRY(read_entry(scope.context, TRY(reader.bytes()))));
        break;
      default:
        break;
    }
  }
  const auto version = scope.opsets.find(node.domain);
  if (version != scope.opsets.end()) node.version = static_cast<int>(version->second);
  return node;
}

Status define_outputs(Scope& scope, Bytes message) {
  const auto position = static_cast<std::uint32_t>(scope.graph.nodes.size() - 1);
  const std::string label = describe(scope.graph, position);
  WireReader reader = scope.context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() != field::kOutput) continue;
    const std::string_view name = TRY(reader.text());
    scope.graph.nodes.back().outputs.push_back(name.empty() ? kNoValue
                                                            : scope.define(name, label, position));
  }
  return {};
}

Status read_inputs_and_attributes(Scope& scope, std::size_t position, Bytes message) {
  const std::string label = describe(scope.graph, position);
  std::unordered_set<std::string> attribute_names;
  WireReader reader = scope.context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() == field::kInput) {
      const std::string_view name = TRY(reader.text());
      const ValueId id = name.empty() ? kNoValue : scope.use(name, label);
      scope.graph.nodes[position].inputs.push_back(id);
    } else if (reader.field() == field::kAttribute) {
      Attribute attribute = TRY(read_attribute(scope, TRY(reader.bytes()), label));
      if (!attribute_names.insert(attribute.name).second) {
        scope.context.problem(str(scope.place, label),
                              str("has the attribute ", attribute.name, " twice"));
      }
      scope.graph.nodes[position].attributes.push_back(std::move(attribute));
    }
  }
  return {};
}

// A value named as one that a graph around has made before: legal in Slipway, not in ONNX.
void remark_shadowing(Scope& scope) {
  if (scope.outer == nullptr) return;
  for (std::size_t i = 0; i < scope.graph.nodes.size(); ++i) {
    for (const ValueId output : scope.graph.nodes[i].outputs) {
      if (output == kNoValue) continue;
      const std::string& name = scope.graph.value(output).name;
      for (const Scope* around = scope.outer; around != nullptr; around = around->outer) {
        const std::optional<ValueId> same = around->find_local(name);
        if (!same.has_value()) continue;
        const std::uint32_t producer = around->producer(*same);
        if (producer != kNoNode && producer >= around->current_node) continue;
        scope.context.remark(str(scope.place, describe(scope.graph, i)),
                             str("defines ", name, ", as a graph around it does already"),
                             "ONNX wants every name once: rename one of the two");
      }
    }
  }
}

}  // namespace

Result<std::vector<Bytes>> define_nodes(Scope& scope, std::span<const Bytes> messages) {
  std::vector<Bytes> accepted;
  for (const Bytes message : messages) {
    Node node = TRY(read_identity(scope, message));
    if (node.op.empty()) {
      scope.context.problem(str(scope.place, "node ", scope.graph.nodes.size()),
                            "names no operator", "export the model again");
      continue;
    }
    scope.graph.nodes.push_back(std::move(node));
    accepted.push_back(message);
    TRY(define_outputs(scope, message));
  }
  remark_shadowing(scope);
  return accepted;
}

Status connect_nodes(Scope& scope, std::span<const Bytes> messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    scope.current_node = i;
    TRY(read_inputs_and_attributes(scope, i, messages[i]));
  }
  sort_nodes(scope);
  return {};
}

namespace {

namespace attribute_field {
enum : std::uint32_t {
  kName = 1,
  kFloat = 2,
  kInt = 3,
  kString = 4,
  kTensor = 5,
  kGraph = 6,
  kFloats = 7,
  kInts = 8,
  kStrings = 9,
  kTensors = 10,
  kGraphs = 11,
  kDoc = 13,
  kTypeProto = 14,
  kTypeProtos = 15,
  kKind = 20,
  kReference = 21,
  kSparse = 22,
  kSparses = 23,
};
}  // namespace attribute_field

// The kind whose value a field holds.
AttrKind kind_of_field(std::uint32_t number) {
  namespace f = attribute_field;
  switch (number) {
    case f::kFloat:
      return AttrKind::kFloat;
    case f::kInt:
      return AttrKind::kInt;
    case f::kString:
      return AttrKind::kString;
    case f::kTensor:
      return AttrKind::kTensor;
    case f::kGraph:
      return AttrKind::kGraph;
    case f::kFloats:
      return AttrKind::kFloats;
    case f::kInts:
      return AttrKind::kInts;
    case f::kStrings:
      return AttrKind::kStrings;
    case f::kTensors:
      return AttrKind::kTensors;
    case f::kGraphs:
      return AttrKind::kGraphs;
    case f::kTypeProto:
      return AttrKind::kType;
    case f::kTypeProtos:
      return AttrKind::kTypes;
    case f::kSparse:
      return AttrKind::kSparseTensor;
    case f::kSparses:
      return AttrKind::kSparseTensors;
    default:
      return AttrKind::kUndefined;
  }
}

// The value that an attribute of a kind has when its field is absent: protobuf omits nothing but
// empty lists and, in some writers, zeros.
Attribute::Payload empty_payload(AttrKind kind) {
  switch (kind) {
    case AttrKind::kFloat:
      return 0.0F;
    case AttrKind::kInt:
      return std::int64_t{0};
    case AttrKind::kString:
      return std::string();
    case AttrKind::kFloats:
      return std::vector<float>();
    case AttrKind::kInts:
      return std::vector<std::int64_t>();
    case AttrKind::kStrings:
      return std::vector<std::string>();
    case AttrKind::kTensors:
      return std::vector<Tensor>();
    case AttrKind::kGraphs:
      return std::vector<std::unique_ptr<Graph>>();
    case AttrKind::kSparseTensors:
      return std::vector<SparseTensor>();
    case AttrKind::kTypes:
      return std::vector<Type>();
    default:
      return std::monostate();
  }
}

template <typename T>
void append(Attribute::Payload& payload, T item) {
  std::get_if<std::vector<T>>(&payload)->push_back(std::move(item));
}

Result<std::unique_ptr<Graph>> read_subgraph(Scope& scope, Bytes message, std::string_view where,
                                             std::string_view attribute) {
  auto graph = std::make_unique<Graph>();
  Scope inner(scope.context, *graph, scope.opsets, &scope,
              str(scope.place, where, ", ", attribute, ": "));
  TRY(read_graph(inner, message));
  return graph;
}

struct AttributeReader {
  Scope& scope;
  std::string_view where;
  Attribute attribute;

  Result<SparseTensor> sparse(const WireReader& reader) {
    return TRY(read_sparse_tensor(scope.context, TRY(reader.bytes()))).tensor;
  }
  Result<Tensor> tensor(const WireReader& reader) {
    return TRY(read_tensor(scope.context, TRY(reader.bytes()))).tensor;
  }
  Result<std::unique_ptr<Graph>> graph(const WireReader& reader) {
    return read_subgraph(scope, TRY(reader.bytes()), where, attribute.name);
  }
  Result<Type> type(const WireReader& reader) {
    return read_type(scope.context, TRY(reader.bytes()), where);
  }

  // Adds a field of the attribute's kind to its payload.
  Status add(const WireReader& reader) {
    Attribute::Payload& value = attribute.value;
    switch (attribute.kind) {
      case AttrKind::kFloat:
        value = TRY(reader.real());
        break;
      case AttrKind::kInt:
        value = TRY(reader.number());
        break;
      case AttrKind::kString:
        value = std::string(TRY(reader.text()));
        break;
      case AttrKind::kTensor:
        value = TRY(tensor(reader));
        break;
      case AttrKind::kGraph:
        value = TRY(graph(reader));
        break;
      case AttrKind::kFloats:
        return reader.each_word<float>([&](float item) { append(value, item); });
      case AttrKind::kInts:
        return reader.each_number(
            [&](std::uint64_t item) { append(value, static_cast<std::int64_t>(item)); });
      case AttrKind::kStrings:
        append(value, std::string(TRY(reader.text())));
        break;
      case AttrKind::kTensors:
        append(value, TRY(tensor(reader)));
        break;
      case AttrKind::kGraphs:
        append(value, TRY(graph(reader)));
        break;
      case AttrKind::kSparseTensor:
        value = TRY(sparse(reader));
        break;
      case AttrKind::kSparseTensors:
        append(value, TRY(sparse(reader)));
        break;
      case AttrKind::kType:
        value = TRY(type(reader));
        break;
      case AttrKind::kTypes:
        append(value, TRY(type(reader)));
        break;
      case AttrKind::kUndefined:
        break;
    }
    return {};
  }
};

// Everything but the value; the kind, where IR versions before 2 leave it out, from the fields.
Status read_attribute_header(Scope& scope, Bytes message, std::string_view where,
                             Attribute& attribute) {
  namespace f = attribute_field;
  WireReader reader = scope.context.open(message);
  std::int64_t stated = 0;
  AttrKind found = AttrKind::kUndefined;
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case f::kName:
        attribute.name = TRY(reader.text());
        break;
      case f::kDoc:
        attribute.doc = TRY(reader.text());
        break;
      case f::kReference:
        attribute.reference = TRY(reader.text());
        break;
      case f::kKind:
        stated = TRY(reader.number());
        break;
      default:
        if (kind_of_field(reader.field()) != AttrKind::kUndefined) {
          found = kind_of_field(reader.field());
        }
    }
  }
  if (attribute.name.empty()) {
    scope.context.problem(str(scope.place, where), "has an attribute without name");
  }
  if (stated < 0 || stated > static_cast<std::int64_t>(AttrKind::kTypes)) {
    scope.context.problem(str(scope.place, where),
                          str("attribute ", attribute.name, " is of kind number ", stated,
                              ", which ONNX does not define"));
    stated = 0;
  }
  attribute.kind = stated != 0 ? static_cast<AttrKind>(stated) : found;
  if (!attribute.reference.empty() && !scope.in_function) {
    scope.context.problem(str(scope.place, where),
                          str("attribute ", attribute.name, " refers to the attribute ",
                              attribute.reference, " of a function, and stands in none"));
  }
  return {};
}

}  // namespace

Result<Attribute> read_attribute(Scope& scope, Bytes message, std::string_view where) {
  AttributeReader parts{scope, where, {}};
  Attribute& attribute = parts.attribute;
  TRY(read_attribute_header(scope, message, where, attribute));
  if (!attribute.reference.empty()) return std::move(attribute);
  attribute.value = empty_payload(attribute.kind);
  WireReader reader = scope.context.open(message);
  while (TRY(reader.next())) {
    if (kind_of_field(reader.field()) != attribute.kind) continue;
    const Status added = parts.add(reader);
    if (!added.ok()) {
      const bool tells_place =
          attribute.kind == AttrKind::kGraph || attribute.kind == AttrKind::kGraphs;
      if (tells_place) return added.error();  // a subgraph's place begins with this node
      return Error{added.error().code, str(scope.place, where, ": attribute ", attribute.name, ": ",
                                           added.error().message)};
    }
  }
  if (attribute.kind != AttrKind::kUndefined && attribute.value.index() == 0) {
    scope.context.problem(str(scope.place, where), str("attribute ", attribute.name, " of kind ",
                                                       name(attribute.kind), " holds none"));
    attribute.kind = AttrKind::kUndefined;
  }
  return std::move(attribute);
}

}  // namespace slipway
