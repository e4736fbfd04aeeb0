#include "onnx/tensor_reader.h"

#include <optional>

#include "base/str.h"

namespace slipway {
namespace {

namespace field {
enum : std::uint32_t {
  kDims = 1,
  kDataType = 2,
  kSegment = 3,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUint64Data = 11,
  kDoc = 12,
  kExternalData = 13,
  kDataLocation = 14,
};
}  // namespace field

constexpr std::int64_t kExternal = 1;
constexpr std::size_t kMaxRank = 1024;

// What a TensorProto says, but for the elements in typed fields.
struct Header {
  Shape shape;
  std::int64_t data_type = 0;
  std::optional<Bytes> raw;
  std::int64_t location = 0;
  ExternalLocation external;
  bool segmented = false;
  std::size_t typed_bytes = 0;  // in packed fields and single numbers: no fewer than the elements
  std::size_t string_count = 0;
};

Status read_external_entry(ReadContext& context, Bytes message, ExternalLocation& external) {
  WireReader reader = context.open(message);
  std::string_view key;
  std::string_view value;
  while (TRY(reader.next())) {
    if (reader.field() == 1) key = TRY(reader.text());
    if (reader.field() == 2) value = TRY(reader.text());
  }
  if (key == "location") external.location = value;
  if (key == "offset") external.offset = value;
  if (key == "length") external.length = value;
  return {};
}

Status read_header(ReadContext& context, Bytes message, NamedTensor& named, Header& header) {
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case field::kDims:
        TRY(reader.each_number(
            [&](std::uint64_t dim) { header.shape.push_back(static_cast<std::int64_t>(dim)); }));
        break;
      case field::kDataType:
        header.data_type = TRY(reader.number());
        break;
      case field::kSegment:
        header.segmented = true;
        break;
      case field::kFloatData:
      case field::kInt32Data:
      case field::kInt64Data:
      case field::kDoubleData:
      case field::kUint64Data:
        header.typed_bytes += reader.wire() == Wire::kBytes ? TRY(reader.bytes()).size() : 8;
        break;
      case field::kStringData:
        ++header.string_count;
        break;
      case field::kName:
        named.name = TRY(reader.text());
        break;
      case field::kRawData:
        header.raw = TRY(reader.bytes());
        break;
      case field::kDoc:
        named.doc = TRY(reader.text());
        break;
      case field::kExternalData:
        TRY(read_external_entry(context, TRY(reader.bytes()), header.external));
        break;
      case field::kDataLocation:
        header.location = TRY(reader.number());
        break;
      default:
        break;
    }
  }
  return {};
}

// The field that ONNX prescribes for the elements of a type.
std::uint32_t typed_field(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kComplex64:
      return field::kFloatData;
    case DType::kFloat64:
    case DType::kComplex128:
      return field::kDoubleData;
    case DType::kInt64:
      return field::kInt64Data;
    case DType::kUint32:
    case DType::kUint64:
      return field::kUint64Data;
    case DType::kString:
      return field::kStringData;
    default:
      return field::kInt32Data;
  }
}

// Elements as they arrive in typed fields. Those beyond the tensor's are counted and dropped.
struct Elements {
  Tensor tensor;
  std::size_t count = 0;
  bool out_of_range = false;

  template <typename T>
  void add_word(T word) {
    const std::span<T> out = words<T>();
    if (count < out.size()) out[count] = word;
    ++count;
  }

  // A number for an element of sizeof(T) bytes, read as signed or as unsigned.
  template <typename T>
  void add_number(std::uint64_t number) {
    const auto value = static_cast<std::int64_t>(number);
    constexpr unsigned kBits = sizeof(T) * 8;
    if constexpr (kBits < 64) {
      out_of_range = out_of_range || value < -(std::int64_t{1} << (kBits - 1)) ||
                     value >= std::int64_t{1} << kBits;
    }
    add_word(static_cast<T>(number));
  }

 private:
  template <typename T>
  std::span<T> words() {
    if (cached_ == nullptr) {
      const std::span<std::byte> bytes = tensor.mutable_bytes();
      cached_ = bytes.data();
      cached_bytes_ = bytes.size();
    }
    return {reinterpret_cast<T*>(cached_), cached_bytes_ / sizeof(T)};
  }
  std::byte* cached_ = nullptr;
  std::size_t cached_bytes_ = 0;
};

Status add_field(const WireReader& reader, DType dtype, Elements& elements) {
  switch (typed_field(dtype)) {
    case field::kFloatData:
      return reader.each_word<std::uint32_t>([&](std::uint32_t word) { elements.add_word(word); });
    case field::kDoubleData:
      return reader.each_word<std::uint64_t>([&](std::uint64_t word) { elements.add_word(word); });
    default:
      break;
  }
  return reader.each_number([&](std::uint64_t number) {
    if (dtype == DType::kBool) number = number != 0 ? 1 : 0;
    switch (element_bytes(dtype)) {
      case 1:
        elements.add_number<std::uint8_t>(number);
        break;
      case 2:
        elements.add_number<std::uint16_t>(number);
        break;
      case 4:
        elements.add_number<std::uint32_t>(number);
        break;
      default:
        elements.add_number<std::uint64_t>(number);
        break;
    }
  });
}

Error wrong_count(DType dtype, const Shape& shape, std::size_t wanted, std::size_t found) {
  return Error{Code::kInvalid, str(name(dtype), shape_text(shape), " needs ", wanted,
                                   " elements and the file holds ", found)};
}

Result<Tensor> read_typed(ReadContext& context, Bytes message, DType dtype, const Shape& shape) {
  // Four- and two-bit elements come several to a number, as raw data has them to a byte.
  const bool packed = is_sub_byte(dtype) && 8 % info(dtype).bits == 0;
  const std::size_t count = TRY(element_count(shape));
  const std::size_t stored = packed ? packed_bytes(dtype, count) : count;
  Elements elements;
  elements.tensor = packed ? TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(stored)}))
                           : TRY(Tensor::create(dtype, shape));
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() == typed_field(dtype)) TRY(add_field(reader, dtype, elements));
  }
  const std::size_t words_each = info(dtype).kind == DTypeKind::kComplex ? 2 : 1;
  if (elements.count != stored * words_each) {
    return wrong_count(dtype, shape, stored, elements.count / words_each);
  }
  if (elements.out_of_range) {
    return Error{Code::kInvalid, str("an element does not fit the type ", name(dtype))};
  }
  if (!packed) {
    if (info(dtype).bits == 6) {
      for (std::byte& code : elements.tensor.mutable_bytes()) code &= std::byte{0x3F};
    }
    return std::move(elements.tensor);
  }
  const auto bytes = std::make_shared<Tensor>(std::move(elements.tensor));
  return TRY(Tensor::mapped(dtype, shape, bytes->bytes(), bytes)).direct();
}

Result<Tensor> read_strings(ReadContext& context, Bytes message, const Shape& shape) {
  Tensor tensor = TRY(Tensor::create(DType::kString, shape));
  const std::span<std::string> out = tensor.mutable_data<std::string>();
  std::size_t count = 0;
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    if (reader.field() == field::kStringData) out[count++] = TRY(reader.text());
  }
  return tensor;
}

Result<Tensor> read_external(ReadContext& context, const Header& header, DType dtype) {
  if (dtype == DType::kString) {
    return Error{Code::kInvalid, "strings cannot be external data: store them in the model"};
  }
  const std::size_t needed = packed_bytes(dtype, TRY(element_count(header.shape)));
  std::shared_ptr<const void> owner;
  const Bytes bytes = TRY(external_bytes(context, header.external, needed, owner));
  return Tensor::mapped(dtype, header.shape, bytes, std::move(owner));
}

// Values [nnz]; indices [nnz], linear, or [nnz, rank]; every index inside the shape.
Status check_sparse(const SparseTensor& sparse) {
  const std::size_t count = TRY(element_count(sparse.shape));
  const std::size_t rank = sparse.shape.size();
  const Shape& indices = sparse.indices.shape();
  if (sparse.values.rank() != 1 || sparse.indices.dtype() != DType::kInt64 || indices.empty() ||
      indices[0] != sparse.values.dim(0) ||
      (indices.size() == 2 && indices[1] != static_cast<std::int64_t>(rank)) ||
      indices.size() > 2) {
    return Error{
        Code::kInvalid,
        str("sparse tensor with values ", shape_text(sparse.values.shape()), " and indices ",
            shape_text(indices), ": indices must be int64 [n] or [n,", rank, "]")};
  }
  const Tensor direct = TRY(sparse.indices.direct());
  const std::span<const std::int64_t> numbers = direct.data<std::int64_t>();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto limit =
        indices.size() == 1 ? static_cast<std::int64_t>(count) : sparse.shape[i % rank];
    if (numbers[i] < 0 || numbers[i] >= limit) {
      return Error{Code::kInvalid, str("sparse tensor ", shape_text(sparse.shape), ": index ",
                                       numbers[i], " is outside")};
    }
  }
  return {};
}

Result<Tensor> read_content(ReadContext& context, Bytes message, const Header& header) {
  if (header.segmented) {
    return Error{Code::kUnsupported, "is stored in segments: save it as one tensor"};
  }
  const std::optional<DType> dtype = dtype_from_number(header.data_type);
  if (!dtype.has_value()) {
    return Error{header.data_type == 0 ? Code::kInvalid : Code::kUnsupported,
                 str("has element type number ", header.data_type, ", which ",
                     header.data_type == 0 ? "means none" : "ONNX does not define")};
  }
  if (header.shape.size() > kMaxRank) {
    return Error{Code::kTooLarge, str("has ", header.shape.size(), " dimensions, at most ",
                                      kMaxRank, " are accepted")};
  }
  const std::size_t count = TRY(element_count(header.shape));
  if (header.location == kExternal) return read_external(context, header, *dtype);
  if (header.raw.has_value() && *dtype != DType::kString) {
    Tensor borrowed = TRY(Tensor::mapped(*dtype, header.shape, *header.raw, context.owner));
    return context.owner == nullptr ? borrowed.direct() : std::move(borrowed);
  }
  if (*dtype == DType::kString) {
    if (header.string_count != count) {
      return wrong_count(*dtype, header.shape, count, header.string_count);
    }
    return read_strings(context, message, header.shape);
  }
  // Each typed byte holds four elements at most: no allocation beyond what the file can fill.
  if (count / 4 > header.typed_bytes) {
    return Error{Code::kInvalid,
                 str(name(*dtype), shape_text(header.shape), " needs ", count,
                     " elements and the file holds ", header.typed_bytes, " bytes")};
  }
  return read_typed(context, message, *dtype, header.shape);
}

}  // namespace

Result<NamedTensor> read_tensor(ReadContext& context, Bytes message) {
  NamedTensor named;
  Header header;
  TRY(read_header(context, message, named, header));
  Result<Tensor> content = read_content(context, message, header);
  if (!content.ok()) {
    if (named.name.empty()) return std::move(content).error();
    return Error{content.error().code, str("tensor ", named.name, ": ", content.error().message)};
  }
  named.tensor = *std::move(content);
  return named;
}

Result<NamedSparseTensor> read_sparse_tensor(ReadContext& context, Bytes message) {
  NamedSparseTensor named;
  WireReader reader = context.open(message);
  while (TRY(reader.next())) {
    switch (reader.field()) {
      case 1: {
        NamedTensor values = TRY(read_tensor(context, TRY(reader.bytes())));
        named.name = values.name;
        named.tensor.values = std::move(values.tensor);
        break;
      }
      case 2:
        named.tensor.indices = TRY(read_tensor(context, TRY(reader.bytes()))).tensor;
        break;
      case 3:
        TRY(reader.each_number([&](std::uint64_t dim) {
          named.tensor.shape.push_back(static_cast<std::int64_t>(dim));
        }));
        break;
      default:
        break;
    }
  }
  TRY(check_sparse(named.tensor));
  return named;
}

}  // namespace slipway
