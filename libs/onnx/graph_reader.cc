#include "onnx/graph_reader.h"

#include "base/str.h"
#include "onnx/tensor_reader.h"
#include "onnx/type_reader.h"

namespace slipway {
namespace {

namespace field {
enum : std::uint32_t {
  kNode = 1,
  kName = 2,
  kInitializer = 5,
  kDoc = 10,
  kInput = 11,
  kOutput = 12,
  kValueInfo = 13,
  kQuantization = 14,
  kSparseInitializer = 15,
  kMetadata = 16,
};
}  // namespace field

// The fields of a GraphProto, which may stand in any order.
struct GraphFields {
  std::vector<Bytes> nodes, initializers, sparse_initializers, inputs, outputs, value_infos,
      annotations;
};

Status split_graph(Scope& scope, Bytes message, GraphFields& fields) {
  WireReader reader = scope.context.open(message);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case field::kNode:
        fields.nodes.push_back(TRY(reader.bytes()));
        break;
      case field::kName:
        scope.graph.name = TRY(reader.text());
        break;
      case field::kInitializer:
        fields.initializers.push_back(TRY(reader.bytes()));
        break;
      case field::kDoc:
        scope.graph.doc = TRY(reader.text());
        break;
      case field::kInput:
        fields.inputs.push_back(TRY(reader.bytes()));
        break;
      case field::kOutput:
        fields.outputs.push_back(TRY(reader.bytes()));
        break;
      case field::kValueInfo:
        fields.value_infos.push_back(TRY(reader.bytes()));
        break;
      case field::kQuantization:
        fields.annotations.push_back(TRY(reader.bytes()));
        break;
      case field::kSparseInitializer:
        fields.sparse_initializers.push_back(TRY(reader.bytes()));
        break;
      case field::kMetadata:
        scope.graph.metadata.push_back(TRY(read_entry(scope.context, TRY(reader.bytes()))));
        break;
      default:
        break;
    }
  }
  return {};
}

Status read_inputs(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    ValueInfo info = TRY(read_value_info(scope.context, message, str(scope.place, "input")));
    if (info.name.empty()) {
      scope.context.problem(str(scope.place, "graph ", scope.graph.name),
                            "has an input without name");
      continue;
    }
    const ValueId id = scope.define(info.name, str("input ", info.name));
    scope.graph.inputs.push_back(id);
    describe_value(scope, id, std::move(info), "input");
  }
  return {};
}

// The value that an initializer fills: an input, whose default it is then, or a new one.
ValueId initialized_value(Scope& scope, std::string_view name) {
  const std::optional<ValueId> known = scope.find_local(name);
  const bool twice = known.has_value() && (scope.graph.initializers.contains(*known) ||
                                           scope.graph.sparse_initializers.contains(*known));
  if (known.has_value() && !twice) return *known;
  if (!twice && scope.outer == nullptr && scope.context.ir_version < 4 && !scope.in_function) {
    scope.context.remark(str("initializer ", name), "is not among the graph's inputs",
                         str("IR version ", scope.context.ir_version, " wants it there"));
  }
  return scope.define(name, str("initializer ", name));
}

// The name alone of a tensor that cannot be read; empty when not even that can be.
std::string_view tensor_name(Scope& scope, Bytes message) {
  constexpr std::uint32_t kName = 8;
  WireReader reader = scope.context.open(message);
  while (true) {
    const auto more = reader.next();
    if (!more.ok() || !*more) return {};
    if (reader.field() != kName) continue;
    const auto name = reader.text();
    return name.ok() ? *name : std::string_view{};
  }
}

// The value exists all the same: its users are not to blame.
void report_unreadable(Scope& scope, Bytes message, const Error& error) {
  const std::string_view name = tensor_name(scope, message);
  const std::string prefix = str("tensor ", name, ": ");
  const bool names_itself = !name.empty() && error.message.starts_with(prefix);
  scope.context.problem(str(scope.place, "initializer", name.empty() ? "" : " ", name),
                        names_itself ? error.message.substr(prefix.size()) : error.message, {},
                        error.code);
  if (!name.empty()) initialized_value(scope, name);
}

Status read_initializers(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    Result<NamedTensor> named = read_tensor(scope.context, message);
    if (!named.ok()) {
      report_unreadable(scope, message, named.error());
      continue;
    }
    if (named->name.empty()) {
      scope.context.problem(str(scope.place, "graph ", scope.graph.name),
                            "has an initializer without name");
      continue;
    }
    const ValueId id = initialized_value(scope, named->name);
    Type type = Type::tensor(named->tensor.dtype(), to_dims(named->tensor.shape()));
    describe_value(scope, id, {named->name, std::move(type), named->doc, {}}, "initializer");
    scope.graph.initializers.emplace(id, std::move(named->tensor));
  }
  return {};
}

Status read_sparse_initializers(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    Result<NamedSparseTensor> named = read_sparse_tensor(scope.context, message);
    if (!named.ok() || named->name.empty()) {
      scope.context.problem(str(scope.place, "sparse initializer"),
                            named.ok() ? "has no name" : named.error().message);
      continue;
    }
    const ValueId id = initialized_value(scope, named->name);
    Type type = Type::tensor(named->tensor.values.dtype(), to_dims(named->tensor.shape));
    describe_value(scope, id, {named->name, std::move(type), {}, {}}, "sparse initializer");
    scope.graph.sparse_initializers.emplace(id, std::move(named->tensor));
  }
  return {};
}

// Types stated for values inside the graph. Some exporters leave entries of values that are gone.
Status read_value_infos(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    ValueInfo info = TRY(read_value_info(scope.context, message, str(scope.place, "value")));
    const std::optional<ValueId> id = scope.find_local(info.name);
    if (id.has_value()) describe_value(scope, *id, std::move(info), "value");
  }
  return {};
}

Status read_outputs(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    ValueInfo info = TRY(read_value_info(scope.context, message, str(scope.place, "output")));
    if (info.name.empty()) {
      scope.context.problem(str(scope.place, "graph ", scope.graph.name),
                            "has an output without name");
      continue;
    }
    const ValueId id = scope.use(info.name, "the graph's output");
    scope.graph.outputs.push_back(id);
    describe_value(scope, id, std::move(info), "output");
  }
  return {};
}

// TensorAnnotations become metadata of the value they are about.
Status read_annotations(Scope& scope, std::span<const Bytes> messages) {
  for (const Bytes message : messages) {
    WireReader reader = scope.context.open(message);
    std::optional<ValueId> id;
    Metadata entries;
    while (TRY(reader.next())) {
      if (reader.field() == 1) id = scope.find_local(TRY(reader.text()));
      if (reader.field() == 2) {
        entries.push_back(TRY(read_entry(scope.context, TRY(reader.bytes()))));
      }
    }
    if (!id.has_value()) continue;
    for (auto& [key, value] : entries) {
      scope.graph.value(*id).metadata.emplace_back(str(kAnnotationPrefix, key), std::move(value));
    }
  }
  return {};
}

}  // namespace

void describe_value(Scope& scope, ValueId id, ValueInfo info, std::string_view role) {
  ValueDef& value = scope.graph.value(id);
  Result<Type> merged = merge(value.type, info.type);
  if (merged.ok()) {
    value.type = *std::move(merged);
  } else {
    scope.context.problem(str(scope.place, role, " ", info.name),
                          str("is stated with two types: ", merged.error().message),
                          "export the model again, or remove the wrong statement");
  }
  if (!info.doc.empty()) value.doc = info.doc;
  if (!info.metadata.empty()) value.metadata = std::move(info.metadata);
}

Status read_graph(Scope& scope, Bytes message) {
  if (scope.depth > kMaxDepth) {
    return Error{Code::kTooLarge,
                 str(scope.place, "graphs nested deeper than ", kMaxDepth, " levels")};
  }
  GraphFields fields;
  TRY(split_graph(scope, message, fields));
  TRY(read_inputs(scope, fields.inputs));
  TRY(read_initializers(scope, fields.initializers));
  TRY(read_sparse_initializers(scope, fields.sparse_initializers));
  const std::vector<Bytes> nodes = TRY(define_nodes(scope, fields.nodes));
  TRY(read_value_infos(scope, fields.value_infos));
  TRY(read_outputs(scope, fields.outputs));
  TRY(read_annotations(scope, fields.annotations));
  return connect_nodes(scope, nodes);
}

}  // namespace slipway
