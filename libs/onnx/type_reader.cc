#include "onnx/type_reader.h"

#include "base/str.h"

namespace slipway {
namespace {

namespace field {
enum : std::uint32_t {
  kTensor = 1,
  kSequence = 4,
  kMap = 5,
  kOpaque = 7,
  kSparse = 8,
  kOptional = 9
};
}  // namespace field

// Exporters write -1 for an extent they do not know; ONNX itself leaves it out.
constexpr std::int64_t kUnknownExtent = -1;

Result<Dim> read_dim(ReadContext& context, Bytes message, std::string_view where) {
  WireReader reader = context.open(message);
  Dim dim;
  while (TRY(reader.next())) {
    if (reader.field() == 1) {
      const std::int64_t extent = TRY(reader.number());
      if (extent < kUnknownExtent) {
        context.problem(where, str("has the negative dimension ", extent),
                        "leave an unknown dimension out or name it");
      }
      dim = extent < 0 ? Dim() : Dim(extent);
    } else if (reader.field() == 2) {
      dim = Dim::symbol(std::string(TRY(reader.text())));
    }
  }
  return dim;
}

Result<Dims> read_shape(ReadContext& context, Bytes message, std::string_view where) {
  WireReader reader = context.open(message);
  Dims dims;
  while (TRY(reader.next())) {
    if (reader.field() == 1) dims.push_back(TRY(read_dim(context, TRY(reader.bytes()), where)));
  }
  return dims;
}

DType read_dtype(ReadContext& context, std::int64_t number, std::string_view where) {
  const std::optional<DType> dtype = dtype_from_number(number);
  if (!dtype.has_value() && number != 0) {
    context.problem(where, str("has element type number ", number, ", which ONNX does not define"));
  }
  return dtype.value_or(DType::kUndefined);
}

Result<Type> read_tensor_type(ReadContext& context, Bytes message, Type::Kind kind,
                              std::string_view where) {
  WireReader reader = context.open(message);
  Type type;
  type.kind = kind;
  while (TRY(reader.next())) {
    if (reader.field() == 1) type.dtype = read_dtype(context, TRY(reader.number()), where);
    if (reader.field() == 2) type.dims = TRY(read_shape(context, TRY(reader.bytes()), where));
  }
  return type;
}

// A sequence or an optional (element in field 1), or a map (key in field 1, value in field 2).
Result<Type> read_container_type(ReadContext& context, Bytes message, Type::Kind kind,
                                 std::string_view where, int depth) {
  const std::uint32_t element_field = kind == Type::Kind::kMap ? 2 : 1;
  WireReader reader = context.open(message);
  Type type;
  type.kind = kind;
  type.element.emplace_back();
  while (TRY(reader.next())) {
    if (reader.field() == element_field) {
      type.element[0] = TRY(read_type(context, TRY(reader.bytes()), where, depth + 1));
    } else if (kind == Type::Kind::kMap && reader.field() == 1) {
      type.dtype = read_dtype(context, TRY(reader.number()), where);
    }
  }
  return type;
}

}  // namespace

Result<Type> read_type(ReadContext& context, Bytes message, std::string_view where, int depth) {
  if (depth > kMaxDepth) {
    return Error{Code::kTooLarge, str(where, ": a type nested deeper than ", kMaxDepth, " levels")};
  }
  WireReader reader = context.open(message);
  Type type;
  while (TRY(reader.next())) {
    using enum Type::Kind;
    switch (reader.field()) {
      case field::kTensor:
        type = TRY(read_tensor_type(context, TRY(reader.bytes()), kTensor, where));
        break;
      case field::kSparse:
        type = TRY(read_tensor_type(context, TRY(reader.bytes()), kSparseTensor, where));
        break;
      case field::kSequence:
        type = TRY(read_container_type(context, TRY(reader.bytes()), kSequence, where, depth));
        break;
      case field::kOptional:
        type = TRY(read_container_type(context, TRY(reader.bytes()), kOptional, where, depth));
        break;
      case field::kMap:
        type = TRY(read_container_type(context, TRY(reader.bytes()), kMap, where, depth));
        break;
      case field::kOpaque:
        context.problem(where, "has an opaque type", "export it with tensors", Code::kUnsupported);
        break;
      default:
        break;
    }
  }
  return type;
}

Result<std::pair<std::string, std::string>> read_entry(ReadContext& context, Bytes message) {
  WireReader reader = context.open(message);
  std::pair<std::string, std::string> entry;
  while (TRY(reader.next())) {
    if (reader.field() == 1) entry.first = TRY(reader.text());
    if (reader.field() == 2) entry.second = TRY(reader.text());
  }
  return entry;
}

Result<ValueInfo> read_value_info(ReadContext& context, Bytes message, std::string_view role) {
  WireReader reader = context.open(message);
  ValueInfo info;
  Bytes type;
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case 1:
        info.name = TRY(reader.text());
        break;
      case 2:
        type = TRY(reader.bytes());
        break;
      case 3:
        info.doc = TRY(reader.text());
        break;
      case 4:
        info.metadata.push_back(TRY(read_entry(context, TRY(reader.bytes()))));
        break;
      default:
        break;
    }
  }
  info.type = TRY(read_type(context, type, str(role, " ", info.name)));
  return info;
}

}  // namespace slipway
