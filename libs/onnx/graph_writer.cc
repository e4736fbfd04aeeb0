#include "onnx/graph_writer.h"

#include <unordered_set>

#include "base/str.h"

namespace slipway {
namespace {

struct SplitMetadata {
  Metadata plain;
  Metadata annotations;
};

SplitMetadata split(const Metadata& metadata) {
  SplitMetadata parts;
  for (const auto& [key, value] : metadata) {
    if (key.starts_with(kAnnotationPrefix)) {
      parts.annotations.emplace_back(key.substr(kAnnotationPrefix.size()), value);
    } else {
      parts.plain.emplace_back(key, value);
    }
  }
  return parts;
}

WireWriter value_info(const ValueDef& value, std::string_view name, bool with_doc) {
  WireWriter out;
  out.text(1, name);
  if (value.type.kind != Type::Kind::kUnknown) out.message(2, type_message(value.type));
  if (!with_doc) return out;
  out.text_unless_empty(3, value.doc);
  add_metadata(out, 4, split(value.metadata).plain);
  return out;
}

void add_annotations(WireWriter& out, const Graph& graph, const Naming& names) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const Metadata annotations = split(graph.values[i].metadata).annotations;
    if (annotations.empty()) continue;
    WireWriter annotation;
    annotation.text(1, names[ValueId{static_cast<std::uint32_t>(i)}]);
    add_metadata(annotation, 2, annotations);
    out.message(14, std::move(annotation));
  }
}

// Types, docs and metadata of the values that are neither inputs nor outputs. An initializer's type
// and doc stand in its tensor.
void add_value_infos(WireWriter& out, std::uint32_t field, const Graph& graph,
                     const Naming& names) {
  std::unordered_set<ValueId> described(graph.inputs.begin(), graph.inputs.end());
  described.insert(graph.outputs.begin(), graph.outputs.end());
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const ValueId id{static_cast<std::uint32_t>(i)};
    const ValueDef& value = graph.values[i];
    if (described.contains(id) || names.is_captured(id)) continue;
    const Tensor* constant = graph.initializer(id);
    const bool plain_constant =
        constant != nullptr && split(value.metadata).plain.empty() &&
        to_text(value.type) == to_text(Type::tensor(constant->dtype(), to_dims(constant->shape())));
    const bool nothing_known = value.type.kind == Type::Kind::kUnknown && value.doc.empty() &&
                               split(value.metadata).plain.empty();
    if (!plain_constant && !nothing_known) out.message(field, value_info(value, names[id], true));
  }
}

void add_initializers(WireWriter& out, const Graph& graph, const Naming& names,
                      ExternalData* external) {
  const std::unordered_set<ValueId> inputs(graph.inputs.begin(), graph.inputs.end());
  for (const auto& [id, tensor] : graph.initializers) {
    const std::string_view doc = inputs.contains(id) ? std::string_view() : graph.value(id).doc;
    out.message(5, tensor_message(tensor, names[id], doc, external));
  }
  for (const auto& [id, sparse] : graph.sparse_initializers) {
    out.message(15, sparse_tensor_message(sparse, names[id]));
  }
}

std::int64_t version_of(const std::vector<OpsetImport>& opsets, std::string_view domain) {
  for (const OpsetImport& opset : opsets) {
    if (canonical_domain(opset.domain) == domain) return opset.version;
  }
  return 0;
}

template <typename T, typename F>
Status each(const Attribute& attribute, F&& f) {
  for (const T& item : *std::get_if<std::vector<T>>(&attribute.value)) TRY(f(item));
  return {};
}

}  // namespace

Result<WireWriter> GraphWriter::attribute(const Attribute& attribute, const Naming& names) const {
  WireWriter out;
  out.text(1, attribute.name);
  if (attribute.kind != AttrKind::kUndefined) out.number(20, static_cast<int>(attribute.kind));
  out.text_unless_empty(21, attribute.reference);
  out.text_unless_empty(13, attribute.doc);
  const auto subgraph = [&](std::uint32_t field, const std::unique_ptr<Graph>& inner) -> Status {
    if (inner == nullptr) return Error{Code::kInternal, "an attribute holds no graph"};
    GraphWriter writer = *this;
    writer.initializers_are_inputs = false;
    out.message(field, TRY(writer.graph(*inner, &names)));
    return {};
  };
  const auto put = [&](auto&& write) {
    return [&, write](const auto& item) -> Status {
      write(item);
      return {};
    };
  };
  switch (static_cast<AttrKind>(attribute.value.index())) {
    case AttrKind::kUndefined:
      break;
    case AttrKind::kFloat:
      out.real(2, *std::get_if<float>(&attribute.value));
      break;
    case AttrKind::kInt:
      out.number(3, *std::get_if<std::int64_t>(&attribute.value));
      break;
    case AttrKind::kString:
      out.text(4, *std::get_if<std::string>(&attribute.value));
      break;
    case AttrKind::kTensor:
      out.message(5, tensor_message(*std::get_if<Tensor>(&attribute.value), {}, {}, external));
      break;
    case AttrKind::kGraph:
      TRY(subgraph(6, *std::get_if<std::unique_ptr<Graph>>(&attribute.value)));
      break;
    case AttrKind::kFloats:
      TRY(each<float>(attribute, put([&](float item) { out.real(7, item); })));
      break;
    case AttrKind::kInts:
      TRY(each<std::int64_t>(attribute, put([&](std::int64_t item) { out.number(8, item); })));
      break;
    case AttrKind::kStrings:
      TRY(each<std::string>(attribute, put([&](const std::string& item) { out.text(9, item); })));
      break;
    case AttrKind::kTensors:
      TRY(each<Tensor>(attribute, put([&](const Tensor& item) {
                         out.message(10, tensor_message(item, {}, {}, external));
                       })));
      break;
    case AttrKind::kGraphs:
      TRY(each<std::unique_ptr<Graph>>(attribute,
                                       [&](const auto& item) { return subgraph(11, item); }));
      break;
    case AttrKind::kSparseTensor:
      out.message(22, sparse_tensor_message(*std::get_if<SparseTensor>(&attribute.value), {}));
      break;
    case AttrKind::kSparseTensors:
      TRY(each<SparseTensor>(attribute, put([&](const SparseTensor& item) {
                               out.message(23, sparse_tensor_message(item, {}));
                             })));
      break;
    case AttrKind::kType:
      out.message(14, type_message(*std::get_if<Type>(&attribute.value)));
      break;
    case AttrKind::kTypes:
      TRY(each<Type>(attribute,
                     put([&](const Type& item) { out.message(15, type_message(item)); })));
      break;
  }
  return out;
}

Result<WireWriter> GraphWriter::node(const Graph& graph, std::size_t position,
                                     const Naming& names) const {
  const Node& node = graph.nodes[position];
  if (node.version != version_of(opsets, node.domain)) {
    return Error{Code::kUnsupported,
                 str(describe(graph, position), " is of version ", node.version,
                     " of its operator set and the model imports ", version_of(opsets, node.domain),
                     ": ONNX has one version for all nodes")};
  }
  WireWriter out;
  for (const ValueId id : node.inputs) out.text(1, names[id]);
  for (const ValueId id : node.outputs) out.text(2, names[id]);
  out.text_unless_empty(3, node.name);
  out.text(4, node.op);
  out.text_unless_empty(7, node.domain);
  out.text_unless_empty(8, node.overload);
  for (const Attribute& attribute : node.attributes) {
    out.message(5, TRY(this->attribute(attribute, names)));
  }
  out.text_unless_empty(6, node.doc);
  add_metadata(out, 9, node.metadata);
  return out;
}

Result<WireWriter> GraphWriter::graph(const Graph& graph, const Naming* outer) const {
  const Naming names(graph, outer);
  WireWriter out;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    out.message(1, TRY(node(graph, i, names)));
  }
  out.text(2, graph.name);
  add_initializers(out, graph, names, external);
  out.text_unless_empty(10, graph.doc);
  for (const ValueId id : graph.inputs) {
    out.message(11, value_info(graph.value(id), names[id], true));
  }
  if (initializers_are_inputs) {
    const std::unordered_set<ValueId> inputs(graph.inputs.begin(), graph.inputs.end());
    for (const auto& [id, tensor] : graph.initializers) {
      if (!inputs.contains(id)) out.message(11, value_info(graph.value(id), names[id], false));
    }
  }
  for (const ValueId id : graph.outputs) {
    out.message(12, value_info(graph.value(id), names[id], !names.is_captured(id)));
  }
  add_value_infos(out, 13, graph, names);
  add_annotations(out, graph, names);
  add_metadata(out, 16, graph.metadata);
  return out;
}

namespace {

// A function has no initializers: constants take their place.
Result<WireWriter> constant_node(const GraphWriter& writer, const Naming& names, ValueId id,
                                 Attribute value) {
  WireWriter out;
  out.text(2, names[id]);
  out.text(4, "Constant");
  out.message(5, TRY(writer.attribute(value, names)));
  return out;
}

}  // namespace

Result<WireWriter> function_message(const Function& function, ExternalData* external) {
  const GraphWriter writer{function.opsets, external};
  const Naming names(function.body, nullptr);
  WireWriter out;
  out.text(1, function.name);
  for (const ValueId id : function.body.inputs) out.text(4, names[id]);
  for (const ValueId id : function.body.outputs) out.text(5, names[id]);
  for (const std::string& attribute : function.attributes) out.text(6, attribute);
  for (const auto& [id, tensor] : function.body.initializers) {
    out.message(7, TRY(constant_node(writer, names, id, Attribute("value", tensor))));
  }
  for (const auto& [id, sparse] : function.body.sparse_initializers) {
    out.message(7, TRY(constant_node(writer, names, id, Attribute("sparse_value", sparse))));
  }
  for (std::size_t i = 0; i < function.body.nodes.size(); ++i) {
    out.message(7, TRY(writer.node(function.body, i, names)));
  }
  out.text_unless_empty(8, function.doc);
  for (const OpsetImport& opset : function.opsets) {
    WireWriter import;
    import.text(1, opset.domain);
    import.number(2, opset.version);
    out.message(9, std::move(import));
  }
  out.text(10, function.domain);
  for (const Attribute& attribute : function.default_attributes) {
    out.message(11, TRY(writer.attribute(attribute, names)));
  }
  Graph all_described;  // a function's inputs and outputs have their types in value_info, too
  all_described.values = function.body.values;
  add_value_infos(out, 12, all_described, names);
  out.text_unless_empty(13, function.overload);
  add_metadata(out, 14, function.metadata);
  return out;
}

}  // namespace slipway
