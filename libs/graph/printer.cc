#include <algorithm>
#include <unordered_set>

#include "base/str.h"
#include "graph/literal.h"
#include "graph/text.h"

namespace slipway {
namespace {

constexpr std::size_t kLineWidth = 100;

std::string dim_text(const Dim& dim) {
  if (dim.is_known()) return str(dim.extent());
  return dim.is_symbol() ? bare_or_quoted(dim.symbol()) : "?";
}

std::string tensor_type_text(const Type& type) {
  std::string text(type.dtype == DType::kUndefined ? "any" : name(type.dtype));
  if (!type.dims.has_value()) return text;
  std::vector<std::string> parts;
  for (const Dim& dim : *type.dims) parts.push_back(dim_text(dim));
  return str(text, '[', join(parts, ","), ']');
}

std::string type_text(const Type& type) {
  const auto element = [&] { return type.element.empty() ? "?" : type_text(type.element[0]); };
  switch (type.kind) {
    case Type::Kind::kUnknown:
      return "?";
    case Type::Kind::kTensor:
      return tensor_type_text(type);
    case Type::Kind::kSparseTensor:
      return str("sparse(", tensor_type_text(type), ")");
    case Type::Kind::kSequence:
      return str("seq(", element(), ")");
    case Type::Kind::kOptional:
      return str("optional(", element(), ")");
    case Type::Kind::kMap:
      return str("map(", type.dtype == DType::kUndefined ? "any" : name(type.dtype), ",", element(),
                 ")");
  }
  return "?";
}

std::string shown_domain(std::string_view domain) {
  return domain.empty() ? "ai.onnx" : bare_or_quoted(domain);
}

std::string metadata_text(const Metadata& metadata) {
  std::vector<std::string> entries;
  for (const auto& [key, value] : metadata)
    entries.push_back(str(quoted(key), ": ", quoted(value)));
  return str('{', join(entries), '}');
}

// An attribute's float: with a point or an exponent, so that it is no integer.
std::string marked_float(float value) {
  std::string text = float_text(value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

// 64-bit FNV-1a.
std::uint64_t hash_of(std::span<const std::byte> bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const std::byte byte : bytes) {
    hash = (hash ^ std::to_integer<std::uint64_t>(byte)) * 1099511628211U;
  }
  return hash;
}

class Printer {
 public:
  // `opsets`: what node versions follow from; null: every node states its own.
  Printer(const PrintOptions& options, const std::vector<OpsetImport>* opsets)
      : options_(options), opsets_(opsets) {}

  std::string take() { return std::move(out_); }

  void model(const Model& model) {
    line("slipway-text 1");
    line(str("ir ", model.ir_version));
    opset_lines(model.opsets);
    if (!model.producer_name.empty() || !model.producer_version.empty()) {
      line(str("producer ", quoted(model.producer_name), " ", quoted(model.producer_version)));
    }
    if (!model.domain.empty()) line(str("domain ", quoted(model.domain)));
    if (model.model_version != 0) line(str("model_version ", model.model_version));
    about_lines(model.doc, model.metadata);
    for (const Function& f : model.functions) {
      out_ += '\n';
      function(f);
    }
    out_ += '\n';
    graph(model.graph, nullptr);
    out_ += '\n';
  }

  // From "graph" to the closing brace, at the current indentation.
  void graph(const Graph& graph, const Graph* outer) {
    out_ += str("graph ", bare_or_quoted(graph.name));
    parameters(graph);
    if (!graph.captures.empty()) captures(graph, outer);
    out_ += " {\n";
    ++depth_;
    body(graph);
    --depth_;
    indent();
    out_ += '}';
  }

 private:
  void indent() { out_.append(2 * depth_, ' '); }
  void line(std::string_view text) {
    indent();
    out_ += text;
    out_ += '\n';
  }

  void opset_lines(const std::vector<OpsetImport>& opsets) {
    for (const OpsetImport& opset : opsets) {
      line(str("opset ", shown_domain(opset.domain), " ", opset.version));
    }
  }

  void about_lines(const std::string& doc, const Metadata& metadata) {
    if (!doc.empty()) line(str("doc ", quoted(doc)));
    if (!metadata.empty()) line(str("meta ", metadata_text(metadata)));
  }

  void function(const Function& function) {
    const std::vector<OpsetImport>* const around = std::exchange(opsets_, &function.opsets);
    out_ += str("function ", shown_domain(function.domain), "::", bare_or_quoted(function.name));
    if (!function.overload.empty()) out_ += str(":", bare_or_quoted(function.overload));
    parameters(function.body);
    if (!function.attributes.empty() || !function.default_attributes.empty()) {
      out_ += " attributes(";
      bool first = true;
      for (const std::string& attribute : function.attributes) {
        separate(first);
        out_ += bare_or_quoted(attribute);
      }
      for (const Attribute& attribute : function.default_attributes) {
        separate(first);
        this->attribute(attribute, function.body);
      }
      out_ += ')';
    }
    out_ += " {\n";
    ++depth_;
    opset_lines(function.opsets);
    about_lines(function.doc, function.metadata);
    body(function.body);
    --depth_;
    out_ += "}\n";
    opsets_ = around;
  }

  void separate(bool& first) {
    if (!first) out_ += ", ";
    first = false;
  }

  static std::string value_name(const Graph& graph, ValueId id) {
    if (id == kNoValue) return "_";
    if (index(id) >= graph.values.size()) return "%?";
    const std::string& name = graph.value(id).name;
    const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), is_word_character);
    return str('%', bare ? name : quoted(name));
  }

  static std::string with_type(const Graph& graph, ValueId id) {
    std::string text = value_name(graph, id);
    if (id == kNoValue || index(id) >= graph.values.size()) return text;
    const Type& type = graph.value(id).type;
    if (type.kind != Type::Kind::kUnknown) text += str(": ", type_text(type));
    return text;
  }

  void parameters(const Graph& graph) {
    std::vector<std::string> inputs;
    std::size_t width = out_.size() - out_.find_last_of('\n');
    for (const ValueId id : graph.inputs) {
      inputs.push_back(with_type(graph, id));
      width += inputs.back().size() + 2;
    }
    if (width <= kLineWidth) {
      out_ += str('(', join(inputs), ')');
      return;
    }
    const std::string separator = str(",\n", std::string(2 * depth_ + 4, ' '));
    out_ += str('(', separator.substr(1), join(inputs, separator), ')');
  }

  void captures(const Graph& graph, const Graph* outer) {
    std::vector<std::string> parts;
    for (const Capture& capture : graph.captures) {
      std::string text = value_name(graph, capture.inner);
      const bool known = outer != nullptr && index(capture.outer) < outer->values.size() &&
                         index(capture.inner) < graph.values.size();
      if (known) {
        const Type& type = graph.value(capture.inner).type;
        if (type_text(type) != type_text(outer->value(capture.outer).type)) {
          text += str(": ", type_text(type));
        }
        const std::string outside = value_name(*outer, capture.outer);
        if (outside != value_name(graph, capture.inner)) text += str(" = ", outside);
      }
      parts.push_back(std::move(text));
    }
    out_ += str(" captures(", join(parts), ')');
  }

  void body(const Graph& graph) {
    about_lines(graph.doc, graph.metadata);
    for (const ValueId id : initialized_values(graph)) initializer(graph, id);
    for (const Node& node : graph.nodes) this->node(graph, node);
    for (const ValueId id : defined_values(graph)) about_value(graph, id);
    std::vector<std::string> outputs;
    for (const ValueId id : graph.outputs) outputs.push_back(value_name(graph, id));
    line(outputs.empty() ? "return" : str("return ", join(outputs)));
  }

  // In the order of the parser's ids, so that a second print is the same: inputs first.
  static std::vector<ValueId> initialized_values(const Graph& graph) {
    std::vector<ValueId> ids;
    std::unordered_set<std::uint32_t> inputs;
    for (const ValueId id : graph.inputs) {
      const bool first = inputs.insert(static_cast<std::uint32_t>(id)).second;
      if (first && (graph.initializers.contains(id) || graph.sparse_initializers.contains(id))) {
        ids.push_back(id);
      }
    }
    const auto add_others = [&](const auto& initializers) {
      for (const auto& [id, tensor] : initializers) {
        if (!inputs.contains(static_cast<std::uint32_t>(id))) ids.push_back(id);
      }
    };
    add_others(graph.initializers);
    add_others(graph.sparse_initializers);
    return ids;
  }

  static std::vector<ValueId> defined_values(const Graph& graph) {
    std::vector<ValueId> ids = graph.inputs;
    for (const Capture& capture : graph.captures) ids.push_back(capture.inner);
    const std::unordered_set<ValueId> known(ids.begin(), ids.end());
    for (const ValueId id : initialized_values(graph)) {
      if (!known.contains(id)) ids.push_back(id);
    }
    for (const Node& node : graph.nodes) {
      ids.insert(ids.end(), node.outputs.begin(), node.outputs.end());
    }
    std::erase_if(ids, [&](ValueId id) { return index(id) >= graph.values.size(); });
    return ids;
  }

  void initializer(const Graph& graph, ValueId id) {
    const auto dense = graph.initializers.find(id);
    const auto sparse = graph.sparse_initializers.find(id);
    const bool is_dense = dense != graph.initializers.end();
    const Type own =
        is_dense ? Type::tensor(dense->second.dtype(), to_dims(dense->second.shape()))
                 : Type::tensor(sparse->second.values.dtype(), to_dims(sparse->second.shape));
    indent();
    out_ += str("init ", value_name(graph, id));
    const std::string stated =
        index(id) < graph.values.size() ? type_text(graph.value(id).type) : type_text(own);
    if (stated != type_text(own)) out_ += str(": ", stated);
    out_ += " = ";
    is_dense ? tensor(dense->second) : sparse_tensor(sparse->second);
    out_ += '\n';
  }

  void about_value(const Graph& graph, ValueId id) {
    const ValueDef& value = graph.value(id);
    if (value.doc.empty() && value.metadata.empty()) return;
    std::string text = str("about ", value_name(graph, id));
    if (!value.doc.empty()) text += str(" doc ", quoted(value.doc));
    if (!value.metadata.empty()) text += str(" meta ", metadata_text(value.metadata));
    line(text);
  }

  void node(const Graph& graph, const Node& node) {
    indent();
    std::vector<std::string> outputs;
    for (const ValueId id : node.outputs) outputs.push_back(with_type(graph, id));
    out_ += outputs.empty() ? "()" : join(outputs);
    out_ += " = ";
    operator_name(node);
    std::vector<std::string> inputs;
    for (const ValueId id : node.inputs) inputs.push_back(value_name(graph, id));
    out_ += str('(', join(inputs), ')');
    if (!node.attributes.empty()) {
      out_ += " {";
      bool first = true;
      for (const Attribute& attribute : node.attributes) {
        separate(first);
        this->attribute(attribute, graph);
      }
      out_ += '}';
    }
    if (!node.name.empty()) out_ += str(" ", quoted(node.name));
    if (!node.doc.empty()) out_ += str(" doc ", quoted(node.doc));
    if (!node.metadata.empty()) out_ += str(" meta ", metadata_text(node.metadata));
    out_ += '\n';
  }

  void operator_name(const Node& node) {
    if (!node.domain.empty()) out_ += str(bare_or_quoted(node.domain), "::");
    out_ += bare_or_quoted(node.op);
    if (!node.overload.empty()) out_ += str(":", bare_or_quoted(node.overload));
    if (opsets_ == nullptr || node.version != version_of(*opsets_, node.domain)) {
      out_ += str("@", node.version);
    }
  }

  void attribute(const Attribute& attribute, const Graph& graph) {
    out_ += str(bare_or_quoted(attribute.name), "=");
    if (!attribute.reference.empty()) {
      out_ += str("@", bare_or_quoted(attribute.reference));
      if (attribute.kind != AttrKind::kUndefined) out_ += str(":", name(attribute.kind));
    } else {
      payload(attribute.value, graph);
    }
    if (!attribute.doc.empty()) out_ += str(" doc ", quoted(attribute.doc));
  }

  template <typename T, typename F>
  void list(std::string_view prefix, const std::vector<T>& items, F&& item) {
    out_ += prefix;
    out_ += '[';
    bool first = true;
    for (const T& element : items) {
      separate(first);
      item(element);
    }
    out_ += ']';
  }

  void payload(const Attribute::Payload& value, const Graph& around) {
    const auto put = [&](std::string_view text) { out_ += text; };
    const auto put_graph = [&](const std::unique_ptr<Graph>& inner) {
      inner == nullptr ? put("none") : graph(*inner, &around);
    };
    const auto put_tensor = [&](const Tensor& item) { tensor(item); };
    const auto put_sparse = [&](const SparseTensor& item) { sparse_tensor(item); };
    const auto put_type = [&](const Type& type) { put(type_text(type)); };
    const auto lead = [](const auto& items, std::string_view word) {
      return items.empty() ? word : std::string_view();
    };
    switch (static_cast<AttrKind>(value.index())) {
      case AttrKind::kUndefined:
        return put("none");
      case AttrKind::kFloat:
        return put(marked_float(*std::get_if<1>(&value)));
      case AttrKind::kInt:
        return put(str(*std::get_if<2>(&value)));
      case AttrKind::kString:
        return put(quoted(*std::get_if<3>(&value)));
      case AttrKind::kTensor:
        return put_tensor(*std::get_if<4>(&value));
      case AttrKind::kGraph:
        return put_graph(*std::get_if<5>(&value));
      case AttrKind::kFloats: {
        const auto& items = *std::get_if<6>(&value);
        return list(lead(items, "floats"), items, [&](float item) { put(marked_float(item)); });
      }
      case AttrKind::kInts: {
        const auto& items = *std::get_if<7>(&value);
        return list(lead(items, "ints"), items, [&](std::int64_t item) { put(str(item)); });
      }
      case AttrKind::kStrings: {
        const auto& items = *std::get_if<8>(&value);
        return list(lead(items, "strings"), items,
                    [&](const std::string& item) { put(quoted(item)); });
      }
      case AttrKind::kTensors:
        return list("tensors", *std::get_if<9>(&value), put_tensor);
      case AttrKind::kGraphs:
        return list("graphs", *std::get_if<10>(&value), put_graph);
      case AttrKind::kSparseTensor:
        return put_sparse(*std::get_if<11>(&value));
      case AttrKind::kSparseTensors:
        return list("sparse_tensors", *std::get_if<12>(&value), put_sparse);
      case AttrKind::kType:
        return put("type "), put_type(*std::get_if<13>(&value));
      case AttrKind::kTypes:
        return list("types", *std::get_if<14>(&value), put_type);
    }
  }

  void tensor(const Tensor& tensor) {
    out_ += str(name(tensor.dtype()), shape_text(tensor.shape()), " {");
    if (tensor.size() > options_.max_tensor_elements) {
      out_ += tensor.dtype() == DType::kString ? "#" : str("#", hex_text(hash_of(tensor.bytes())));
    } else if (const Result<Tensor> direct = tensor.direct(); direct.ok()) {
      for (std::size_t i = 0; i < direct->size(); ++i) {
        if (i > 0) out_ += ", ";
        out_ += element_text(*direct, i);
      }
    } else {
      out_ += '#';
    }
    out_ += '}';
  }

  void sparse_tensor(const SparseTensor& sparse) {
    out_ += str("sparse", shape_text(sparse.shape), "(");
    tensor(sparse.values);
    out_ += ", ";
    tensor(sparse.indices);
    out_ += ')';
  }

  static std::int64_t version_of(const std::vector<OpsetImport>& opsets, std::string_view domain) {
    for (const OpsetImport& opset : opsets) {
      if (canonical_domain(opset.domain) == domain) return opset.version;
    }
    return 0;
  }

  const PrintOptions& options_;
  const std::vector<OpsetImport>* opsets_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string print(const Model& model, const PrintOptions& options) {
  Printer printer(options, &model.opsets);
  printer.model(model);
  return printer.take();
}

std::string print(const Graph& graph, const PrintOptions& options) {
  Printer printer(options, nullptr);
  printer.graph(graph, nullptr);
  return printer.take();
}

}  // namespace slipway
