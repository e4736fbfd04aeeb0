#include "tensor/npy.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tensor/npy_header.h"

namespace slipway {
namespace {

static_assert(std::endian::native == std::endian::little, "elements are copied as they stand");

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 32;

std::string type_text(const NpyHeader& header) {
  return str(header.kind, header.width == 0 ? std::string() : str(header.width));
}

Error unsupported_type(const NpyHeader& header) {
  switch (header.kind) {
    case 'O':
      return Error{
          Code::kUnsupported,
          "is an array of Python objects, which NumPy itself reads only with allow_pickle: "
          "save numbers or text, with .astype(...)"};
    case 'M':
    case 'm':
      return Error{Code::kUnsupported, "is an array of dates or times: save them as int64"};
    case 'V':
      return Error{Code::kUnsupported, str("is an array of opaque elements (", type_text(header),
                                           "): their type is not in the file; state it")};
    default:
      return Error{Code::kUnsupported, str("has elements of NumPy type ", type_text(header),
                                           ": convert them with .astype(...)")};
  }
}

// The type of the elements; nullopt for text.
Result<std::optional<DType>> element_type(const NpyHeader& header, const NpyOptions& options) {
  if (header.kind == 'U' || header.kind == 'S' || header.kind == 'a') return std::optional<DType>();
  const std::string text = type_text(header);
  if (!header.field.empty()) {
    const std::optional<DType> named = dtype_from_name(header.field);
    if (named.has_value() && element_bytes(*named) == header.width && info(*named).numpy.empty() &&
        (header.kind == 'u' || header.kind == 'i')) {
      return named;
    }
    return Error{Code::kUnsupported, str("is an array of structures with the field ",
                                         shorten(header.field, 40), ": save the field alone")};
  }
  for (const DTypeInfo& row : all_dtypes()) {
    if (row.numpy == text) return std::optional(row.dtype);
  }
  if (text == "f1") return std::optional(DType::kFloat8e5m2);  // as ml_dtypes saves it
  if (header.kind == 'V') {
    if (options.void_type != DType::kUndefined &&
        element_bytes(options.void_type) == header.width) {
      return std::optional(options.void_type);
    }
    if (header.width == 2) return std::optional(DType::kBfloat16);
  }
  return unsupported_type(header);
}

std::size_t stored_width(const NpyHeader& header) {
  return header.kind == 'U' && header.width < kMaxTextBytes ? header.width * 4 : header.width;
}

// The position in Fortran order of each element in C order, one after the other.
class FortranOrder {
 public:
  explicit FortranOrder(const Shape& shape) : shape_(shape), at_(shape.size(), 0) {
    std::size_t step = 1;
    for (const std::int64_t dim : shape) {
      steps_.push_back(step);
      step *= static_cast<std::size_t>(dim);
    }
  }
  std::size_t next() {
    const std::size_t position = position_;
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
      position_ += steps_[axis];
      if (++at_[axis] < shape_[axis]) break;
      position_ -= steps_[axis] * static_cast<std::size_t>(shape_[axis]);
      at_[axis] = 0;
    }
    return position;
  }

 private:
  const Shape& shape_;
  std::vector<std::int64_t> at_;
  std::vector<std::size_t> steps_;
  std::size_t position_ = 0;
};

// Trailing NULs are NumPy's padding.
std::string bytes_text(std::span<const std::byte> element) {
  const std::string text(reinterpret_cast<const char*>(element.data()), element.size());
  return text.substr(0, text.find_last_not_of('\0') + 1);
}

Result<std::string> utf32_text(std::span<const std::byte> element, bool big_endian) {
  std::string text;
  std::size_t used = 0;
  for (std::size_t at = 0; at < element.size(); at += 4) {
    std::uint32_t code_point = 0;
    std::memcpy(&code_point, element.data() + at, 4);
    if (big_endian) code_point = __builtin_bswap32(code_point);
    if (!append_utf8(text, code_point)) {
      return Error{Code::kInvalid, str("text holds the number ", code_point, ", no character")};
    }
    if (code_point != 0) used = text.size();
  }
  text.resize(used);
  return text;
}

Result<Tensor> read_text(const NpyHeader& header, std::span<const std::byte> data,
                         const NpyOptions& options) {
  const std::size_t width = stored_width(header);
  const std::size_t count = width == 0 ? TRY(element_count(header.shape)) : data.size() / width;
  if (width == 0 && count > 0) return Error{Code::kInvalid, "text elements of no width"};
  if (count > options.max_strings) {
    return Error{Code::kTooLarge,
                 str(count, " texts, at most ", options.max_strings, " are accepted")};
  }
  Tensor tensor = TRY(Tensor::create(DType::kString, header.shape));
  FortranOrder fortran(tensor.shape());
  std::size_t index = 0;
  for (std::string& text : tensor.mutable_data<std::string>()) {
    const std::size_t position = header.fortran_order ? fortran.next() : index++;
    const std::span<const std::byte> element = data.subspan(position * width, width);
    text = header.kind == 'U' ? TRY(utf32_text(element, header.byte_order == '>'))
                              : bytes_text(element);
  }
  return tensor;
}

void swap_bytes(std::span<std::byte> data, std::size_t unit_bytes) {
  for (std::size_t at = 0; at < data.size(); at += unit_bytes) {
    std::reverse(data.begin() + static_cast<std::ptrdiff_t>(at),
                 data.begin() + static_cast<std::ptrdiff_t>(at + unit_bytes));
  }
}

// Bits that the type does not have go; signed codes are sign-extended, as direct tensors want them.
void normalise(Tensor& tensor) {
  const DTypeInfo& type = info(tensor.dtype());
  if (type.dtype == DType::kBool) {
    for (std::byte& element : tensor.mutable_bytes()) {
      element = static_cast<std::byte>(element != std::byte{0});
    }
  }
  if (!is_sub_byte(type.dtype)) return;
  const unsigned mask = (1U << type.bits) - 1;
  const bool is_signed = type.kind == DTypeKind::kSigned;
  for (std::byte& element : tensor.mutable_bytes()) {
    unsigned code = std::to_integer<unsigned>(element) & mask;
    if (is_signed && (code >> (type.bits - 1U)) != 0) code |= ~mask;
    element = static_cast<std::byte>(code);
  }
}

Result<Tensor> read_numbers(const NpyHeader& header, DType dtype, std::span<const std::byte> data) {
  Tensor tensor = TRY(Tensor::create(dtype, header.shape));
  const std::span<std::byte> out = tensor.mutable_bytes();
  const std::size_t width = element_bytes(dtype);
  if (header.fortran_order && tensor.rank() > 1) {
    FortranOrder fortran(tensor.shape());
    for (std::size_t at = 0; at < out.size(); at += width) {
      std::memcpy(out.data() + at, data.data() + fortran.next() * width, width);
    }
  } else if (!out.empty()) {
    std::memcpy(out.data(), data.data(), out.size());
  }
  if (header.byte_order == '>') swap_bytes(out, header.kind == 'c' ? width / 2 : width);
  normalise(tensor);
  return tensor;
}

// Code points; nullopt when the text is not UTF-8.
std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    if (!take_utf8(text).has_value()) return std::nullopt;
  }
  return count;
}

Result<std::string> text_bytes(const Tensor& tensor) {
  const std::span<const std::string> texts = tensor.data<std::string>();
  std::size_t max_bytes = 1;
  std::size_t max_characters = 1;
  bool is_utf8 = true;
  for (const std::string& text : texts) {
    if (text.ends_with('\0')) {
      return Error{Code::kUnsupported,
                   "a text that ends in NUL cannot be told from NumPy's padding"};
    }
    max_bytes = std::max(max_bytes, text.size());
    const std::optional<std::size_t> characters = count_characters(text);
    is_utf8 = is_utf8 && characters.has_value();
    max_characters = std::max(max_characters, characters.value_or(0));
  }
  const std::size_t width = is_utf8 ? max_characters : max_bytes;
  const std::size_t unit_bytes = is_utf8 ? 4 : 1;
  if (width * unit_bytes > kMaxTextBytes / std::max<std::size_t>(texts.size(), 1)) {
    return Error{Code::kTooLarge,
                 str(texts.size(), " texts padded to ", width, " characters: too large for .npy")};
  }
  std::string bytes = npy_header_text(str(is_utf8 ? "'<U" : "'|S", width, "'"), tensor.shape());
  for (const std::string& text : texts) {
    const std::size_t end = bytes.size() + width * unit_bytes;
    std::string_view rest = text;
    while (is_utf8 && !rest.empty()) {
      const std::uint32_t code_point = *take_utf8(rest);
      bytes.append(reinterpret_cast<const char*>(&code_point), 4);
    }
    if (!is_utf8) bytes += text;
    bytes.resize(end, '\0');
  }
  return bytes;
}

// "'<f4'", or "[('bfloat16', '<u2')]" for a type that NumPy lacks.
std::string descr_of(DType dtype) {
  const DTypeInfo& type = info(dtype);
  const char order = element_bytes(dtype) == 1 ? '|' : '<';
  if (!type.numpy.empty()) return str("'", order, type.numpy, "'");
  const char kind = type.kind == DTypeKind::kSigned ? 'i' : 'u';
  return str("[('", type.name, "', '", order, kind, element_bytes(dtype), "')]");
}

}  // namespace

Result<Tensor> read_npy_bytes(std::span<const std::byte> bytes, const NpyOptions& options) {
  const NpyHeader header = TRY(parse_npy_header(bytes));
  const std::optional<DType> dtype = TRY(element_type(header, options));
  const std::span<const std::byte> data = bytes.subspan(header.header_bytes);
  const std::size_t count = TRY(element_count(header.shape));
  std::size_t needed = 0;
  if (__builtin_mul_overflow(count, stored_width(header), &needed) || needed != data.size()) {
    return Error{Code::kInvalid,
                 str("its header states ", type_text(header), shape_text(header.shape), ", and ",
                     data.size(), " bytes of elements follow: the file is incomplete or damaged")};
  }
  return dtype.has_value() ? read_numbers(header, *dtype, data) : read_text(header, data, options);
}

Result<Tensor> read_npy(const std::filesystem::path& path, const NpyOptions& options) {
  const std::shared_ptr<const MappedFile> file = TRY(MappedFile::open(path));
  Result<Tensor> tensor = read_npy_bytes(file->bytes(), options);
  if (tensor.ok()) return tensor;
  return Error{tensor.error().code, str(path.string(), ": ", tensor.error().message)};
}

Result<std::string> npy_bytes(const Tensor& tensor) {
  if (tensor.dtype() == DType::kUndefined) {
    return Error{Code::kUsage, "a tensor without element type cannot be saved"};
  }
  if (tensor.dtype() == DType::kString) return text_bytes(tensor);
  const Tensor direct = TRY(tensor.direct());
  std::string bytes = npy_header_text(descr_of(tensor.dtype()), tensor.shape());
  const std::span<const std::byte> data = direct.bytes();
  bytes.append(reinterpret_cast<const char*>(data.data()), data.size());
  return bytes;
}

Status write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string bytes = TRY(npy_bytes(tensor));
  return write_file(path, bytes);
}

}  // namespace slipway
