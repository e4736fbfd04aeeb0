// SequenceProto, OptionalProto and MapProto.
#include "base/str.h"
#include "onnx/reader.h"
#include "onnx/tensor_reader.h"

namespace slipway {
namespace {

Result<Value> read_any(ReadContext& context, Bytes message, const Type& expected, int depth);

const Type& element_of(const Type& type) {
  static const Type unknown;
  return type.element.empty() ? unknown : type.element[0];
}

// One element of a sequence or optional. The field tells its kind where `expected` does not.
Result<Value> read_element(ReadContext& context, const WireReader& reader,
                           std::uint32_t first_field, Type expected, int depth) {
  // Fields of a SequenceProto from first_field on: tensor, sparse tensor, sequence, map, optional.
  constexpr Type::Kind kSequenceKinds[] = {Type::Kind::kTensor, Type::Kind::kSparseTensor,
                                           Type::Kind::kSequence, Type::Kind::kMap,
                                           Type::Kind::kOptional};
  const Type::Kind kind = kSequenceKinds[reader.field() - first_field];
  if (expected.kind == Type::Kind::kUnknown) expected.kind = kind;
  if (expected.kind != kind) {
    return Error{Code::kInvalid, str("an element is not of the type ", to_text(expected))};
  }
  return read_any(context, TRY(reader.bytes()), expected, depth + 1);
}

constexpr std::uint32_t kFirstElementField = 3;
constexpr std::uint32_t kLastElementField = 7;

Result<Value> read_sequence(ReadContext& context, Bytes message, const Type& expected, int depth) {
  Sequence sequence;
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() < kFirstElementField || reader.field() > kLastElementField) continue;
    sequence.items.push_back(
        TRY(read_element(context, reader, kFirstElementField, element_of(expected), depth)));
  }
  return Value(std::move(sequence));
}

Result<Value> read_optional(ReadContext& context, Bytes message, const Type& expected, int depth) {
  Optional optional;
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() < kFirstElementField || reader.field() > kLastElementField) continue;
    if (!optional.held.empty()) return Error{Code::kInvalid, "an optional holds two values"};
    optional.held.push_back(
        TRY(read_element(context, reader, kFirstElementField, element_of(expected), depth)));
  }
  return Value(std::move(optional));
}

// The elements of several tensors of one type as one tensor of one dimension.
Result<Tensor> concatenate(const std::vector<Value>& items) {
  if (items.empty()) return Tensor::create(DType::kFloat32, {0});
  const DType dtype = items[0].tensor().dtype();
  std::vector<Tensor> parts;
  std::int64_t count = 0;
  for (const Value& item : items) {
    if (!item.is_tensor() || item.tensor().dtype() != dtype) {
      return Error{Code::kUnsupported, "a map whose values are not tensors of one type"};
    }
    parts.push_back(TRY(item.tensor().direct()));
    count += static_cast<std::int64_t>(parts.back().size());
  }
  Tensor joined = TRY(Tensor::create(dtype, {count}));
  std::size_t at = 0;
  for (const Tensor& part : parts) {
    visit_width(dtype, [&]<typename T>() {
      for (const T& element : part.data<T>()) joined.mutable_data<T>()[at++] = element;
    });
  }
  return joined;
}

Result<Value> read_map(ReadContext& context, Bytes message, int depth) {
  std::vector<std::int64_t> keys;
  std::vector<std::string> string_keys;
  std::int64_t key_type = 0;
  Bytes values;
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case 2:
        key_type = TRY(reader.number());
        break;
      case 3:
        TRY(reader.each_number(
            [&](std::uint64_t key) { keys.push_back(static_cast<std::int64_t>(key)); }));
        break;
      case 4:
        string_keys.emplace_back(TRY(reader.text()));
        break;
      case 5:
        values = TRY(reader.bytes());
        break;
      default:
        break;
    }
  }
  const Value items = TRY(
      read_sequence(context, values, Type::sequence(Type::tensor(DType::kUndefined)), depth + 1));
  Map map;
  map.values = TRY(concatenate(items.sequence().items));
  const DType key = dtype_from_number(key_type).value_or(DType::kUndefined);
  if (!is_integer(key) && key != DType::kString) {
    return Error{Code::kInvalid, str("a map with keys of type ", name(key))};
  }
  const bool text_keys = key == DType::kString;
  map.keys = text_keys ? Tensor::of(string_keys) : Tensor::of(keys);
  if (map.keys.size() != map.values.size()) {
    return Error{Code::kInvalid,
                 str("a map of ", map.keys.size(), " keys and ", map.values.size(), " values")};
  }
  return Value(std::move(map));
}

Result<Value> read_any(ReadContext& context, Bytes message, const Type& expected, int depth) {
  if (depth > kMaxDepth) {
    return Error{Code::kTooLarge, str("values nested deeper than ", kMaxDepth, " levels")};
  }
  switch (expected.kind) {
    case Type::Kind::kSequence:
      return read_sequence(context, message, expected, depth);
    case Type::Kind::kOptional:
      return read_optional(context, message, expected, depth);
    case Type::Kind::kMap:
      return read_map(context, message, depth);
    case Type::Kind::kSparseTensor:
      return Error{Code::kUnsupported, "sparse tensors as inputs: make them dense"};
    default:
      return Value(TRY(read_tensor(context, message)).tensor);
  }
}

}  // namespace

Result<Value> read_value_bytes(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                               const Type& expected) {
  ReadContext context;
  context.file_start = bytes.data();
  context.owner = std::move(owner);
  return read_any(context, bytes, expected, 0);
}

Result<Value> read_value(const std::filesystem::path& path, const Type& expected) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  Result<Value> value = read_value_bytes(file->bytes(), file, expected);
  if (value.ok()) return value;
  return Error{value.error().code, str(path.string(), ": ", value.error().message)};
}

}  // namespace slipway
