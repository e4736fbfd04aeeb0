#include "graph/literal.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

#include "base/float_bits.h"
#include "base/str.h"
#include "base/utf8.h"

namespace slipway {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::uint32_t kUsualNan = 0x7FC00000;
constexpr std::uint64_t kUsualNan64 = 0x7FF8000000000000;

// The value of each code of a float type of at most eight bits.
using CodeTable = std::array<float, 256>;

float narrow_value(DType dtype, std::uint8_t code) {
  switch (dtype) {
    case DType::kFloat8e4m3fn:
      return float_from_e4m3fn_bits(code);
    case DType::kFloat8e4m3fnuz:
      return float_from_e4m3fnuz_bits(code);
    case DType::kFloat8e5m2:
      return float_from_e5m2_bits(code);
    case DType::kFloat8e5m2fnuz:
      return float_from_e5m2fnuz_bits(code);
    case DType::kFloat8e8m0:
      return float_from_e8m0_bits(code);
    case DType::kFloat4e2m1:
      return float_from_e2m1_bits(code);
    case DType::kFloat6e2m3:
      return float_from_e2m3_bits(code);
    default:
      return float_from_e3m2_bits(code);
  }
}

// The bits of an element as an unsigned number.
std::uint64_t element_bits(const Tensor& tensor, std::size_t index) {
  const std::size_t width = element_bytes(tensor.dtype());
  std::uint64_t bits = 0;
  std::memcpy(&bits, tensor.bytes().data() + index * width, width);
  return bits;
}

std::string real_text(DType dtype, std::uint64_t bits) {
  switch (dtype) {
    case DType::kFloat32:
      return float_text(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case DType::kFloat64:
      return double_text(std::bit_cast<double>(bits));
    default:
      break;
  }
  const auto code = static_cast<std::uint16_t>(bits);
  const float value = dtype == DType::kFloat16 ? float_from_half_bits(code)
                      : dtype == DType::kBfloat16
                          ? float_from_bfloat16_bits(code)
                          : narrow_value(dtype, static_cast<std::uint8_t>(code));
  return std::isnan(value) ? str("nan:", hex_text(bits)) : str(value);
}

template <typename Real>
std::optional<Real> parse_decimal(std::string_view word) {
  Real value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (end != word.data() + word.size() || word.empty()) return std::nullopt;
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> narrow_bits(DType dtype, float value) {
  if (dtype == DType::kFloat16 || dtype == DType::kBfloat16) {
    const bool half = dtype == DType::kFloat16;
    const std::uint16_t bits = half ? half_bits_from_float(value) : bfloat16_bits_from_float(value);
    const float back = half ? float_from_half_bits(bits) : float_from_bfloat16_bits(bits);
    if (std::bit_cast<std::uint32_t>(back) != std::bit_cast<std::uint32_t>(value))
      return std::nullopt;
    return bits;
  }
  const unsigned count = 1U << info(dtype).bits;
  for (unsigned code = 0; code < count; ++code) {
    const float candidate = narrow_value(dtype, static_cast<std::uint8_t>(code));
    if (std::bit_cast<std::uint32_t>(candidate) == std::bit_cast<std::uint32_t>(value)) return code;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_float_bits(DType dtype, std::string_view word) {
  if (dtype == DType::kFloat64) {
    const std::optional<double> value = parse_decimal<double>(word);
    if (!value.has_value()) return std::nullopt;
    return std::bit_cast<std::uint64_t>(*value);
  }
  const std::optional<float> value = parse_decimal<float>(word);
  if (!value.has_value() || std::isnan(*value)) return std::nullopt;
  if (dtype == DType::kFloat32) return std::bit_cast<std::uint32_t>(*value);
  return narrow_bits(dtype, *value);
}

std::optional<std::uint64_t> parse_integer_bits(DType dtype, std::string_view word) {
  const unsigned bits = info(dtype).bits;
  if (info(dtype).kind == DTypeKind::kUnsigned) {
    const std::optional<std::uint64_t> value = parse_decimal<std::uint64_t>(word);
    if (!value.has_value() || (bits < 64 && *value >> bits != 0)) return std::nullopt;
    return value;
  }
  const std::optional<std::int64_t> value = parse_decimal<std::int64_t>(word);
  if (!value.has_value()) return std::nullopt;
  if (bits < 64 && (*value >> (bits - 1)) != 0 && (*value >> (bits - 1)) != -1) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

}  // namespace

std::string hex_text(std::uint64_t bits) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, bits, 16);
  return str("0x", std::string_view(digits, static_cast<std::size_t>(end.ptr - digits)));
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '/' || c == '-' || c == '+' || c == '$';
}

bool is_bare_name(std::string_view text) {
  if (text.empty()) return false;
  const char first = text.front();
  if (!is_word_character(first) || (first >= '0' && first <= '9') || first == '-' || first == '+' ||
      first == '.') {
    return false;
  }
  for (const char c : text) {
    if (!is_word_character(c)) return false;
  }
  return text != "_";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::string_view before = text;
    const auto byte = static_cast<unsigned char>(text.front());
    const std::optional<std::uint32_t> code_point = take_utf8(text);
    if (!code_point.has_value() || *code_point < 0x20 || *code_point == 0x7F) {
      text = before.substr(1);
      if (byte == '\n') {
        out += "\\n";
      } else if (byte == '\t') {
        out += "\\t";
      } else {
        out += {'\\', 'x', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
      }
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out + '"';
}

std::string bare_or_quoted(std::string_view name) {
  return is_bare_name(name) ? std::string(name) : quoted(name);
}

std::string float_text(float value) {
  if (!std::isnan(value)) return str(value);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return bits == kUsualNan ? "nan" : str("nan:", hex_text(bits));
}

std::string double_text(double value) {
  if (!std::isnan(value)) return str(value);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return bits == kUsualNan64 ? "nan" : str("nan:", hex_text(bits));
}

std::string element_text(const Tensor& tensor, std::size_t index) {
  const DType dtype = tensor.dtype();
  switch (info(dtype).kind) {
    case DTypeKind::kString:
      return quoted(tensor.data<std::string>()[index]);
    case DTypeKind::kFloat:
      return real_text(dtype, element_bits(tensor, index));
    case DTypeKind::kBool:
      return element_bits(tensor, index) != 0 ? "true" : "false";
    case DTypeKind::kUnsigned:
      return str(element_bits(tensor, index));
    case DTypeKind::kSigned: {
      const auto unused = static_cast<unsigned>(64 - 8 * element_bytes(dtype));
      const std::uint64_t shifted = element_bits(tensor, index) << unused;
      return str(static_cast<std::int64_t>(shifted) >> unused);
    }
    case DTypeKind::kComplex:
      break;
    case DTypeKind::kNone:
      return "?";
  }
  const DType part = dtype == DType::kComplex64 ? DType::kFloat32 : DType::kFloat64;
  const std::size_t width = element_bytes(part);
  std::uint64_t parts[2] = {0, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    std::memcpy(&parts[i], tensor.bytes().data() + (2 * index + i) * width, width);
  }
  return str('(', real_text(part, parts[0]), ", ", real_text(part, parts[1]), ')');
}

std::optional<std::uint64_t> parse_hex(std::string_view word) {
  if (!word.starts_with("0x") || word.size() < 3) return std::nullopt;
  std::uint64_t bits = 0;
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), bits, 16);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return bits;
}

std::optional<std::uint64_t> parse_real(DType dtype, std::string_view word,
                                        std::optional<std::uint64_t> nan_bits) {
  if (info(dtype).kind == DTypeKind::kFloat && word == "nan") {
    if (nan_bits.has_value()) {
      const unsigned bits = info(dtype).bits;
      return bits < 64 && *nan_bits >> bits != 0 ? std::nullopt : nan_bits;
    }
    if (dtype == DType::kFloat32) return kUsualNan;
    if (dtype == DType::kFloat64) return kUsualNan64;
    return std::nullopt;
  }
  if (nan_bits.has_value()) return std::nullopt;
  switch (info(dtype).kind) {
    case DTypeKind::kFloat:
      return parse_float_bits(dtype, word);
    case DTypeKind::kBool:
      if (word == "true") return 1;
      if (word == "false") return 0;
      return std::nullopt;
    case DTypeKind::kSigned:
    case DTypeKind::kUnsigned:
      return parse_integer_bits(dtype, word);
    default:
      return std::nullopt;
  }
}

}  // namespace slipway
