#include "tensor/convert_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::size_t kQuotedChars = 40;  // of a text that is no number, in the message

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool same_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

// What follows a leading plus sign.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

Error not_a_number(std::string_view text, DType to) {
  return Error{Code::kInvalid, str("the text \"", text.substr(0, kQuotedChars),
                                   text.size() > kQuotedChars ? "..." : "", "\" is no ", name(to),
                                   ": numbers read \"-1.5e-3\", \"INF\" or \"NaN\"")};
}

// Whole numbers keep all their bits: they do not pass through double unless they are written as
// one.
template <typename Wide>
Result<Wide> whole_from_text(std::string_view text, DType to) {
  const std::string_view digits = without_plus(trimmed(text));
  if (const std::optional<Wide> value = parse_whole<Wide>(digits)) return *value;
  const std::optional<double> value = number_from_text(digits);
  const double limit = std::ldexp(1.0, std::numeric_limits<Wide>::digits);
  const double low = std::is_signed_v<Wide> ? -limit : 0.0;
  if (!value.has_value() || !(*value >= low && *value < limit)) return not_a_number(text, to);
  return static_cast<Wide>(*value);
}

template <typename Wide>
Result<Tensor> whole_numbers_from_text(const Tensor& text, DType to, const CastOptions& options) {
  Tensor wide = TRY(Tensor::create(dtype_of<Wide>, text.shape()));
  const std::span<Wide> out = wide.mutable_data<Wide>();
  const std::span<const std::string> in = text.data<std::string>();
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = TRY(whole_from_text<Wide>(in[i], to));
  Tensor result = TRY(cast(wide, to, options));
  const Tensor back = TRY(cast(result, dtype_of<Wide>));
  const std::span<const Wide> kept = back.data<Wide>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (kept[i] != out[i]) return not_a_number(in[i], to);
  }
  return result;
}

Result<Tensor> bools_from_text(const Tensor& text) {
  Tensor result = TRY(Tensor::create(DType::kBool, text.shape()));
  const std::span<bool> out = result.mutable_data<bool>();
  const std::span<const std::string> in = text.data<std::string>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::string_view word = trimmed(in[i]);
    if (same_word(word, "true") || same_word(word, "false")) {
      out[i] = same_word(word, "true");
      continue;
    }
    const std::optional<double> value = number_from_text(word);
    if (!value.has_value()) return not_a_number(in[i], DType::kBool);
    out[i] = *value != 0.0;
  }
  return result;
}

// The fewest significant digits that read back to the same element. Types narrower than float try
// one digit more at a time; nine are enough for any float.
Result<std::string> float_text(double value, DType dtype) {
  if (std::isnan(value)) return std::string("NaN");
  if (std::isinf(value)) return std::string(value < 0 ? "-INF" : "INF");
  const double magnitude = std::fabs(value);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16);
  const auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  char digits[64];
  if (dtype == DType::kFloat64) {
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, value, format).ptr);
  }
  if (dtype == DType::kFloat32) {
    const auto single = static_cast<float>(value);
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, single, format).ptr);
  }
  for (int precision = 1; precision <= 9; ++precision) {
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, value,
                                                   std::chars_format::scientific, precision - 1);
    const std::string_view text(digits, static_cast<std::size_t>(end.ptr - digits));
    const double read = number_from_text(text).value_or(0.0);
    const Tensor narrow = TRY(cast(Tensor::scalar(read), dtype));
    const Tensor back = TRY(cast(narrow, DType::kFloat64));
    if (back.data<double>()[0] != value && precision < 9) continue;
    return std::string(digits, std::to_chars(digits, digits + sizeof digits, read, format).ptr);
  }
  return std::string();
}

}  // namespace

std::optional<double> number_from_text(std::string_view text) {
  text = without_plus(trimmed(text));
  const bool negative = !text.empty() && text[0] == '-';
  const std::string_view word = negative ? text.substr(1) : text;
  const double sign = negative ? -1.0 : 1.0;
  if (same_word(word, "inf") || same_word(word, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (same_word(word, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool digits = !word.empty() && ((word[0] >= '0' && word[0] <= '9') || word[0] == '.');
  if (!digits) return std::nullopt;
  double value = 0;
  const std::from_chars_result end = std::from_chars(word.data(), word.data() + word.size(), value);
  if (end.ptr != word.data() + word.size()) return std::nullopt;
  if (end.ec == std::errc::result_out_of_range) {
    // Too large or too small for a double; the exponent's sign tells which.
    const std::size_t exponent = word.find_first_of("eE");
    const bool tiny = exponent == std::string_view::npos
                          ? word[0] == '0' || word[0] == '.'
                          : word.substr(exponent + 1).starts_with('-');
    value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
  } else if (end.ec != std::errc()) {
    return std::nullopt;
  }
  return sign * value;
}

Result<Tensor> numbers_from_text(const Tensor& text, DType to, const CastOptions& options) {
  switch (info(to).kind) {
    case DTypeKind::kSigned:
      return whole_numbers_from_text<std::int64_t>(text, to, options);
    case DTypeKind::kUnsigned:
      return whole_numbers_from_text<std::uint64_t>(text, to, options);
    case DTypeKind::kBool:
      return bools_from_text(text);
    default:
      break;
  }
  Tensor wide = TRY(Tensor::create(DType::kFloat64, text.shape()));
  const std::span<double> out = wide.mutable_data<double>();
  const std::span<const std::string> in = text.data<std::string>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::optional<double> value = number_from_text(in[i]);
    if (!value.has_value()) return not_a_number(in[i], to);
    out[i] = *value;
  }
  return cast(wide, to, options);
}

Result<Tensor> text_from_numbers(const Tensor& numbers) {
  Tensor text = TRY(Tensor::create(DType::kString, numbers.shape()));
  const std::span<std::string> out = text.mutable_data<std::string>();
  const DTypeKind kind = info(numbers.dtype()).kind;
  if (kind == DTypeKind::kFloat) {
    const Tensor wide = TRY(cast(numbers, DType::kFloat64));
    const std::span<const double> in = wide.data<double>();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = TRY(float_text(in[i], numbers.dtype()));
  } else if (kind == DTypeKind::kSigned) {
    const Tensor wide = TRY(cast(numbers, DType::kInt64));
    const std::span<const std::int64_t> in = wide.data<std::int64_t>();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = str(in[i]);
  } else {
    const Tensor wide = TRY(cast(numbers, DType::kUint64));
    const std::span<const std::uint64_t> in = wide.data<std::uint64_t>();
    for (std::size_t i = 0; i < in.size(); ++i) out[i] = str(in[i]);
  }
  return text;
}

}  // namespace slipway
