#include "onnx/writer.h"

#include <algorithm>

#include "base/files.h"
#include "base/str.h"
#include "onnx/graph_writer.h"

namespace slipway {
namespace {

constexpr std::size_t kAlwaysInlineBytes = 1024;

Result<WireWriter> model_message(const Model& model, ExternalData* external) {
  WireWriter out;
  out.number(1, model.ir_version);
  out.text_unless_empty(2, model.producer_name);
  out.text_unless_empty(3, model.producer_version);
  out.text_unless_empty(4, model.domain);
  if (model.model_version != 0) out.number(5, model.model_version);
  out.text_unless_empty(6, model.doc);
  const GraphWriter writer{model.opsets, external, model.ir_version < 4};
  out.message(7, TRY(writer.graph(model.graph, nullptr)));
  for (const OpsetImport& opset : model.opsets) {
    WireWriter import;
    import.text(1, opset.domain);
    import.number(2, opset.version);
    out.message(8, std::move(import));
  }
  add_metadata(out, 14, model.metadata);
  for (const Function& function : model.functions) {
    out.message(25, TRY(function_message(function, external)));
  }
  return out;
}

Error too_large(std::uint64_t bytes, std::uint64_t max_bytes) {
  return Error{Code::kTooLarge,
               str("the model takes ", bytes, " bytes, and the limit for one file is ", max_bytes,
                   ": write it with external data")};
}

template <typename Message>
Result<AtomicFile> written(const Message& message, const std::filesystem::path& path) {
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(message.emit([&](std::string_view bytes) { return file.write(bytes); }));
  return file;
}

Status write_message(const WireWriter& message, const std::filesystem::path& path) {
  return TRY(written(message, path)).commit();
}

}  // namespace

Status write_model(const Model& model, const std::filesystem::path& path,
                   const WriteOptions& options) {
  const std::string data_name = path.filename().string() + ".data";
  ExternalData external(data_name, std::max(options.external_from_bytes, kAlwaysInlineBytes));
  WireWriter message = TRY(model_message(model, &external));
  if (message.size_bytes() > options.max_model_bytes) {
    external = ExternalData(data_name, kAlwaysInlineBytes);
    message = TRY(model_message(model, &external));
  }
  if (message.size_bytes() > options.max_model_bytes) {
    return too_large(message.size_bytes(), options.max_model_bytes);
  }
  if (external.is_empty()) return write_message(message, path);
  // Neither takes its place before both are complete.
  AtomicFile data_file = TRY(written(external, path.parent_path() / data_name));
  AtomicFile model_file = TRY(written(message, path));
  TRY(data_file.commit());
  return model_file.commit();
}

Result<std::string> model_bytes(const Model& model) {
  const WireWriter message = TRY(model_message(model, nullptr));
  const std::size_t max_bytes = WriteOptions().max_model_bytes;
  if (message.size_bytes() > max_bytes) return too_large(message.size_bytes(), max_bytes);
  std::string out;
  out.reserve(message.size_bytes());
  TRY(message.emit([&](std::string_view bytes) -> Status {
    out += bytes;
    return {};
  }));
  return out;
}

namespace {

// SequenceProto.DataType and the field of its elements.
struct ElementKind {
  std::int64_t number;
  std::uint32_t field;
};

ElementKind element_kind(const Value& value) {
  if (value.is_sequence()) return {3, 5};
  if (value.is_map()) return {4, 6};
  if (value.is_optional()) return {5, 7};
  return {1, 3};
}

Result<WireWriter> value_message(const Value& value);

Result<WireWriter> elements_message(const std::vector<Value>& items) {
  WireWriter out;
  out.number(2, items.empty() ? 0 : element_kind(items[0]).number);
  for (const Value& item : items) {
    out.message(element_kind(item).field, TRY(value_message(item)));
  }
  return out;
}

Result<WireWriter> map_message(const Map& map) {
  WireWriter out;
  out.number(2, static_cast<std::int64_t>(map.keys.dtype()));
  const Tensor keys = TRY(map.keys.direct());
  if (keys.dtype() == DType::kString) {
    for (const std::string& key : keys.data<std::string>()) out.text(4, key);
  } else if (keys.dtype() == DType::kInt64) {
    for (const std::int64_t key : keys.data<std::int64_t>()) out.number(3, key);
  } else {
    return Error{Code::kUnsupported, str("a map with keys of type ", name(keys.dtype()))};
  }
  WireWriter values;
  values.number(2, 1);
  values.message(3, tensor_message(map.values, {}, {}, nullptr));
  out.message(5, std::move(values));
  return out;
}

Result<WireWriter> value_message(const Value& value) {
  if (value.is_sequence()) return elements_message(value.sequence().items);
  if (value.is_optional()) return elements_message(value.optional().held);
  if (value.is_map()) return map_message(value.map());
  if (value.is_tensor()) return tensor_message(value.tensor(), {}, {}, nullptr);
  return Error{Code::kUsage, "an absent value cannot be saved"};
}

}  // namespace

Result<std::string> value_bytes(const Value& value) {
  const WireWriter message = TRY(value_message(value));
  std::string out;
  TRY(message.emit([&](std::string_view bytes) -> Status {
    out += bytes;
    return {};
  }));
  return out;
}

Status write_value(const Value& value, const std::filesystem::path& path) {
  return write_message(TRY(value_message(value)), path);
}

}  // namespace slipway
