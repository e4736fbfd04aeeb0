// ModelProto and FunctionProto.
#include <unordered_set>

#include "base/str.h"
#include "onnx/graph_reader.h"
#include "onnx/reader.h"
#include "onnx/sniff.h"
#include "onnx/type_reader.h"

namespace slipway {
namespace {

namespace field {
enum : std::uint32_t {
  kIrVersion = 1,
  kProducerName = 2,
  kProducerVersion = 3,
  kDomain = 4,
  kModelVersion = 5,
  kDoc = 6,
  kGraph = 7,
  kOpsetImport = 8,
  kMetadata = 14,
  kFunctions = 25,
};
}  // namespace field

struct ModelFields {
  std::vector<Bytes> graphs, functions;
};

Result<OpsetImport> read_opset(ReadContext& context, Bytes message) {
  WireReader reader = context.open(message);
  OpsetImport opset;
  while (TRY(reader.next())) {
    if (reader.field() == 1) opset.domain = canonical_domain(TRY(reader.text()));
    if (reader.field() == 2) opset.version = TRY(reader.number());
  }
  return opset;
}

Status split_model(ReadContext& context, Bytes bytes, Model& model, ModelFields& fields) {
  WireReader reader = context.open(bytes);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case field::kIrVersion:
        model.ir_version = TRY(reader.number());
        break;
      case field::kProducerName:
        model.producer_name = TRY(reader.text());
        break;
      case field::kProducerVersion:
        model.producer_version = TRY(reader.text());
        break;
      case field::kDomain:
        model.domain = TRY(reader.text());
        break;
      case field::kModelVersion:
        model.model_version = TRY(reader.number());
        break;
      case field::kDoc:
        model.doc = TRY(reader.text());
        break;
      case field::kGraph:
        fields.graphs.push_back(TRY(reader.bytes()));
        break;
      case field::kOpsetImport:
        model.opsets.push_back(TRY(read_opset(context, TRY(reader.bytes()))));
        break;
      case field::kMetadata:
        model.metadata.push_back(TRY(read_entry(context, TRY(reader.bytes()))));
        break;
      case field::kFunctions:
        fields.functions.push_back(TRY(reader.bytes()));
        break;
      default:
        break;
    }
  }
  return {};
}

OpsetVersions index_opsets(ReadContext& context, const std::vector<OpsetImport>& opsets,
                           std::string_view where) {
  OpsetVersions versions;
  for (const OpsetImport& opset : opsets) {
    const std::string shown = opset.domain.empty() ? "ai.onnx" : opset.domain;
    if (opset.version < 1 || opset.version > std::numeric_limits<int>::max()) {
      context.problem(where, str("imports version ", opset.version, " of the operator set ", shown),
                      "versions start at 1");
      continue;
    }
    const auto [known, added] = versions.emplace(opset.domain, opset.version);
    if (!added && known->second != opset.version) {
      context.problem(where,
                      str("imports the operator set ", shown, " in versions ", known->second,
                          " and ", opset.version),
                      "import each operator set once");
    }
  }
  return versions;
}

void check_ir_version(ReadContext& context, Model& model) {
  if (model.ir_version < 1) {
    context.problem("model", str("has IR version ", model.ir_version), "versions start at 1");
  } else if (model.ir_version > kNewestIrVersion) {
    context.problem("model",
                    str("has IR version ", model.ir_version, "; the newest this slipway reads is ",
                        kNewestIrVersion),
                    "export it for an older version of ONNX", Code::kUnsupported);
  }
  // Before operator sets existed there was one.
  if (model.opsets.empty() && model.ir_version < 3) model.opsets.push_back({"", 1});
  if (model.opsets.empty()) {
    context.problem("model", "imports no operator set", "export it again, with opset_imports");
  }
}

struct FunctionFields {
  std::vector<std::string_view> inputs, outputs;
  std::vector<Bytes> nodes, value_infos, defaults;
};

Status split_function(ReadContext& context, Bytes message, Function& function,
                      FunctionFields& fields) {
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case 1:
        function.name = TRY(reader.text());
        break;
      case 4:
        fields.inputs.push_back(TRY(reader.text()));
        break;
      case 5:
        fields.outputs.push_back(TRY(reader.text()));
        break;
      case 6:
        function.attributes.emplace_back(TRY(reader.text()));
        break;
      case 7:
        fields.nodes.push_back(TRY(reader.bytes()));
        break;
      case 8:
        function.doc = TRY(reader.text());
        break;
      case 9:
        function.opsets.push_back(TRY(read_opset(context, TRY(reader.bytes()))));
        break;
      case 10:
        function.domain = canonical_domain(TRY(reader.text()));
        break;
      case 11:
        fields.defaults.push_back(TRY(reader.bytes()));
        break;
      case 12:
        fields.value_infos.push_back(TRY(reader.bytes()));
        break;
      case 13:
        function.overload = TRY(reader.text());
        break;
      case 14:
        function.metadata.push_back(TRY(read_entry(context, TRY(reader.bytes()))));
        break;
      default:
        break;
    }
  }
  return {};
}

Status read_function_body(Scope& scope, const FunctionFields& fields) {
  for (const std::string_view input : fields.inputs) {
    if (input.empty()) scope.context.problem(str(scope.place, "inputs"), "one has no name");
    scope.graph.inputs.push_back(scope.define(input, str("input ", input)));
  }
  const std::vector<Bytes> nodes = TRY(define_nodes(scope, fields.nodes));
  for (const Bytes message : fields.value_infos) {
    ValueInfo info = TRY(read_value_info(scope.context, message, str(scope.place, "value")));
    const std::optional<ValueId> id = scope.find_local(info.name);
    if (id.has_value()) describe_value(scope, *id, std::move(info), "value");
  }
  for (const std::string_view output : fields.outputs) {
    scope.graph.outputs.push_back(scope.use(output, "the function's output"));
  }
  return connect_nodes(scope, nodes);
}

Result<Function> read_function(ReadContext& context, Bytes message) {
  Function function;
  FunctionFields fields;
  TRY(split_function(context, message, function, fields));
  const std::string where = str("function ", shorten(function.name));
  if (function.name.empty()) context.problem(where, "has no name");
  const OpsetVersions versions = index_opsets(context, function.opsets, where);
  function.body.name = function.name;
  Scope scope(context, function.body, versions, nullptr, str(where, ", "));
  scope.in_function = true;
  for (const Bytes default_message : fields.defaults) {
    function.default_attributes.push_back(TRY(read_attribute(scope, default_message, "defaults")));
  }
  TRY(read_function_body(scope, fields));
  return function;
}

Status read_functions(ReadContext& context, const ModelFields& fields, Model& model) {
  std::unordered_set<std::string> known;
  for (const Bytes message : fields.functions) {
    Function function = TRY(read_function(context, message));
    const char separator = '\0';
    const std::string key =
        str(function.domain, separator, function.name, separator, function.overload);
    if (!known.insert(key).second) {
      context.problem(str("function ", shorten(function.name)), "is defined twice",
                      "give each its own overload, or remove one");
    }
    model.functions.push_back(std::move(function));
  }
  return {};
}

// Before IR version 4 initializers had to be inputs, too; they are constants nevertheless.
void drop_initialized_inputs(Graph& graph) {
  std::erase_if(graph.inputs, [&](ValueId id) {
    return graph.initializers.contains(id) || graph.sparse_initializers.contains(id);
  });
}

Result<Model> read_message(ReadContext& context, Bytes bytes) {
  Model model;
  ModelFields fields;
  TRY(split_model(context, bytes, model, fields));
  if (fields.graphs.empty()) return Error{Code::kInvalid, "holds no graph"};
  if (fields.graphs.size() > 1) context.problem("model", "holds several graphs");
  check_ir_version(context, model);
  context.ir_version = model.ir_version;
  const OpsetVersions versions = index_opsets(context, model.opsets, "model");
  TRY(read_functions(context, fields, model));
  Scope scope(context, model.graph, versions, nullptr, "");
  TRY(read_graph(scope, fields.graphs[0]));
  if (model.ir_version < 4) drop_initialized_inputs(model.graph);
  return model;
}

}  // namespace

Result<Model> read_model_bytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const std::filesystem::path& folder, Problems* problems) {
  ReadContext context;
  context.file_start = bytes.data();
  context.owner = std::move(owner);
  context.folder = folder;
  Result<Model> model = read_message(context, bytes);
  if (!model.ok()) {
    const std::optional<std::string> other = recognise_other_format(bytes);
    if (other.has_value()) return Error{Code::kInvalid, *other};
    return Error{model.error().code, str("is no complete ONNX model: ", model.error().message)};
  }
  if (problems == nullptr) {
    if (!context.problems.empty()) return to_error(context.problems[0]);
    return model;
  }
  problems->insert(problems->end(), context.problems.begin(), context.problems.end());
  problems->insert(problems->end(), context.remarks.begin(), context.remarks.end());
  return model;
}

Result<Model> read_model(const std::filesystem::path& path, Problems* problems) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  const std::filesystem::path parent = path.parent_path();
  Result<Model> model =
      read_model_bytes(file->bytes(), file, parent.empty() ? "." : parent, problems);
  if (model.ok()) return model;
  return Error{model.error().code, str(path.string(), ": ", model.error().message)};
}

}  // namespace slipway
