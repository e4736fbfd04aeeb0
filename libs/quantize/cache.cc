#include "quantize/cache.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/str.h"
#include "plan/plan.h"

namespace slipway::quantize {
namespace {

constexpr std::string_view kFirstLine = "slipway calibration 1";
constexpr std::size_t kMostNumbers = std::size_t{1} << 20;  // of one value's channels

std::string hex(std::uint64_t number, int digits) {
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    text += "0123456789abcdef"[(number >> shift) & 15];
  return text;
}

std::string hex(float number) { return hex(std::bit_cast<std::uint32_t>(number), 8); }

std::optional<std::uint64_t> number_of(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<float> float_of(std::string_view text) {
  const auto bits = text.size() == 8 ? number_of(text, 16) : std::nullopt;
  if (!bits) return std::nullopt;
  const float number = std::bit_cast<float>(static_cast<std::uint32_t>(*bits));
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// Names as one word without tabs and line breaks: such bytes, and '%', as %XX.
std::string word(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte <= 32 || c == '%' || byte == 127 ? str("%", hex(byte, 2)) : std::string(1, c);
  }
  return text;
}

std::optional<std::string> name_of(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    const auto byte = i + 2 < text.size() ? number_of(text.substr(i + 1, 2), 16) : std::nullopt;
    if (!byte) return std::nullopt;
    name += static_cast<char>(*byte);
    i += 2;
  }
  return name;
}

std::string options_words(const Options& options) {
  return str(name(options.to), " ", name(options.method), " ", options.percentile, " ",
             options.is_symmetric ? "symmetric" : "asymmetric", " ",
             options.is_per_tensor ? "per-tensor" : "per-channel", " ",
             options.equalizes ? "equalized" : "as-is", " ",
             options.corrects_bias ? "corrected" : "uncorrected");
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string numbers_text(std::string_view kind,
                         const std::map<std::string, std::vector<float>>& all) {
  std::string text;
  for (const auto& [name, numbers] : all) {
    text += str(kind, " ", word(name));
    for (const float number : numbers) text += str(" ", hex(number));
    text += "\n";
  }
  return text;
}

class CacheReader {
 public:
  CacheReader(std::uint64_t hash, const Options& options) : hash_(hash), options_(options) {}

  Result<Learned> read(std::string_view text) {
    const std::vector<std::string_view> lines = split(text, '\n');
    if (lines.empty() || lines[0] != kFirstLine)
      return Error{Code::kInvalid,
                   str("not a calibration cache: its first line is not '", kFirstLine, "'")};
    for (line_ = 1; line_ < lines.size(); ++line_) {
      const std::vector<std::string_view> words = split(lines[line_], ' ');
      if (!words.empty() && words[0].front() != '#') TRY(take(words, lines[line_]));
    }
    if (!has_model_ || !has_options_)
      return Error{Code::kInvalid,
                   "the calibration cache does not say of which model and options it is"};
    return std::move(learned_);
  }

 private:
  Error bad(std::string_view what) const {
    return Error{Code::kInvalid, str("line ", line_ + 1, " of the calibration cache: ", what)};
  }

  Status take(const std::vector<std::string_view>& words, std::string_view line) {
    if (words[0] == "model" && words.size() == 2) {
      has_model_ = true;
      if (words[1] == hex(hash_, 16)) return {};
      return Error{Code::kInvalid,
                   str("the calibration cache is of another model (", shorten(words[1]),
                       ", this one is ", hex(hash_, 16), "): remove the file to calibrate again")};
    }
    if (words[0] == "options") {
      has_options_ = true;
      if (line.substr(std::min<std::size_t>(8, line.size())) == options_words(options_)) return {};
      return Error{Code::kInvalid,
                   str("the calibration cache was made with other options (",
                       shorten(line.substr(std::min<std::size_t>(8, line.size()))), ", these are ",
                       options_words(options_), "): remove the file to calibrate again")};
    }
    if (words[0] == "samples" && words.size() == 2) {
      const auto count = number_of(words[1], 10);
      if (!count) return bad("how many samples is no number");
      learned_.samples = static_cast<std::size_t>(*count);
      return {};
    }
    if (words.size() < 2) return bad("a name is missing");
    const auto name = name_of(words[1]);
    if (!name) return bad("a name has a '%' that two hex digits do not follow");
    if (words.size() - 2 > kMostNumbers) return bad("too many numbers");
    std::vector<float> numbers;
    for (std::size_t i = 2; i < words.size() && words[i] != "#"; ++i) {
      const auto number = float_of(words[i]);
      if (!number) return bad("a number is not eight hex digits of a finite float");
      numbers.push_back(*number);
    }
    if (words[0] == "factors") {
      if (std::ranges::any_of(numbers, [](float f) { return !(f > 0); }))
        return bad("a factor is not above 0");
      learned_.factors[*name] = std::move(numbers);
    } else if (words[0] == "shifts") {
      learned_.shifts[*name] = std::move(numbers);
    } else if (words[0] == "range" && numbers.size() == 2 && numbers[0] <= 0 && numbers[1] >= 0) {
      learned_.ranges[*name] = {numbers[0], numbers[1]};
    } else {
      return bad("neither a range that holds zero, nor factors, nor shifts");
    }
    return {};
  }

  std::uint64_t hash_;
  const Options& options_;
  Learned learned_;
  std::size_t line_ = 0;
  bool has_model_ = false;
  bool has_options_ = false;
};

}  // namespace

std::uint64_t model_hash(const Model& model) {
  std::string text;
  const auto add = [&](const Graph& graph, ValueId id) {
    text += id == kNoValue ? "-" : graph.value(id).name;
    text += '\n';
  };
  for (const Node& node : model.graph.nodes) {
    text += str(node.domain, ".", node.op, " ", node.version, "\n");
    for (const ValueId id : node.inputs) add(model.graph, id);
    for (const ValueId id : node.outputs) add(model.graph, id);
    for (const Attribute& attribute : node.attributes) {
      text += attribute.name;
      if (const auto* number = std::get_if<std::int64_t>(&attribute.value))
        text += str("=", *number);
      if (const auto* number = std::get_if<float>(&attribute.value)) text += str("=", *number);
      if (const auto* word = std::get_if<std::string>(&attribute.value)) text += str("=", *word);
      if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&attribute.value))
        text += str("=", join(*ints));
      text += '\n';
    }
  }
  for (const auto& [id, tensor] : model.graph.initializers) {
    add(model.graph, id);
    text += shape_text(tensor.shape());
    if (tensor.dtype() != DType::kString) text += hex(plan::checksum_of(tensor.bytes()), 16);
  }
  return plan::checksum_of(std::as_bytes(std::span(text)));
}

std::string cache_text(const Learned& learned, std::uint64_t hash, const Options& options) {
  std::string text = str(kFirstLine, "\nmodel ", hex(hash, 16), "\noptions ",
                         options_words(options), "\nsamples ", learned.samples, "\n");
  for (const auto& [name, range] : learned.ranges) {
    text += str("range ", word(name), " ", hex(range.low), " ", hex(range.high), " # ", range.low,
                " to ", range.high, "\n");
  }
  return text + numbers_text("factors", learned.factors) + numbers_text("shifts", learned.shifts);
}

Result<Learned> parse_cache(std::string_view text, std::uint64_t hash, const Options& options) {
  return CacheReader(hash, options).read(text);
}

std::string tensorrt_cache_text(const std::map<std::string, Range>& ranges, Method method) {
  const bool is_extremes = method == Method::kMinMax;
  std::string text =
      str("TRT-8601-", is_extremes ? "MinMaxCalibration" : "EntropyCalibration2", "\n");
  for (const auto& [name, range] : ranges)
    text += str(name, ": ", hex(std::max(-range.low, range.high) / 127), "\n");
  return text;
}

}  // namespace slipway::quantize
