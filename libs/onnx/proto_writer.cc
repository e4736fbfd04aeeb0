#include "onnx/proto_writer.h"

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::uint64_t kPageBytes = 4096;

void add_shape(WireWriter& out, const Type& type) {
  if (type.dtype != DType::kUndefined) out.number(1, static_cast<std::int64_t>(type.dtype));
  if (!type.dims.has_value()) return;
  WireWriter shape;
  for (const Dim& dim : *type.dims) {
    WireWriter one;
    if (dim.is_known()) one.number(1, dim.extent());
    if (dim.is_symbol()) one.text(2, dim.symbol());
    shape.message(1, std::move(one));
  }
  out.message(2, std::move(shape));
}

WireWriter element_message(const Type& type) {
  return type.element.empty() ? WireWriter() : type_message(type.element[0]);
}

void add_external(WireWriter& out, const Tensor& tensor, std::uint64_t bytes,
                  ExternalData& external) {
  out.message(13, entry_message("location", external.file_name()));
  out.message(13, entry_message("offset", str(external.add(tensor, bytes))));
  out.message(13, entry_message("length", str(bytes)));
  out.number(14, 1);
}

}  // namespace

std::uint64_t ExternalData::add(const Tensor& tensor, std::uint64_t bytes) {
  const std::uint64_t offset = (end_ + kPageBytes - 1) / kPageBytes * kPageBytes;
  entries_.push_back({tensor, offset});
  end_ = offset + bytes;
  return offset;
}

WireWriter tensor_message(const Tensor& tensor, std::string_view name, std::string_view doc,
                          ExternalData* external) {
  WireWriter out;
  for (const std::int64_t dim : tensor.shape()) out.number(1, dim);
  out.number(2, static_cast<std::int64_t>(tensor.dtype()));
  out.text_unless_empty(8, name);
  out.text_unless_empty(12, doc);
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.data<std::string>()) out.text(6, text);
    return out;
  }
  const std::uint64_t bytes = packed_bytes(tensor.dtype(), tensor.size());
  if (external != nullptr && external->takes(bytes)) {
    add_external(out, tensor, bytes, *external);
  } else if (is_sub_byte(tensor.dtype()) && tensor.is_direct()) {
    out.owned(9, tensor.file_bytes());
  } else {
    out.borrowed(9, tensor.bytes());
  }
  return out;
}

WireWriter sparse_tensor_message(const SparseTensor& sparse, std::string_view name) {
  WireWriter out;
  out.message(1, tensor_message(sparse.values, name, {}, nullptr));
  out.message(2, tensor_message(sparse.indices, {}, {}, nullptr));
  for (const std::int64_t dim : sparse.shape) out.number(3, dim);
  return out;
}

WireWriter type_message(const Type& type) {
  WireWriter out;
  WireWriter inner;
  switch (type.kind) {
    case Type::Kind::kUnknown:
      break;
    case Type::Kind::kTensor:
      add_shape(inner, type);
      out.message(1, std::move(inner));
      break;
    case Type::Kind::kSparseTensor:
      add_shape(inner, type);
      out.message(8, std::move(inner));
      break;
    case Type::Kind::kSequence:
      inner.message(1, element_message(type));
      out.message(4, std::move(inner));
      break;
    case Type::Kind::kOptional:
      inner.message(1, element_message(type));
      out.message(9, std::move(inner));
      break;
    case Type::Kind::kMap:
      inner.number(1, static_cast<std::int64_t>(type.dtype));
      inner.message(2, element_message(type));
      out.message(5, std::move(inner));
      break;
  }
  return out;
}

WireWriter entry_message(std::string_view key, std::string_view value) {
  WireWriter out;
  out.text(1, key);
  out.text(2, value);
  return out;
}

void add_metadata(WireWriter& out, std::uint32_t field, const Metadata& metadata) {
  for (const auto& [key, value] : metadata) out.message(field, entry_message(key, value));
}

}  // namespace slipway
