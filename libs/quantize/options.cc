#include "quantize/options.h"

#include <array>

#include "base/nearest.h"
#include "base/str.h"

namespace slipway::quantize {
namespace {

constexpr std::array<std::string_view, 5> kPrecisions = {"int8", "uint8", "fp16", "bf16",
                                                         "int8-weights"};
constexpr std::array<std::string_view, 4> kMethods = {"minmax", "entropy", "percentile", "mse"};

template <std::size_t N>
Result<std::size_t> find_word(std::string_view what, std::string_view text,
                              const std::array<std::string_view, N>& words) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == text) return i;
  }
  const std::vector<std::string> known(words.begin(), words.end());
  const std::string near = nearest(text, known);
  return Error{Code::kUsage, str("there is no ", what, " '", shorten(text), "'",
                                 near.empty() ? str(": choose one of ", join(known))
                                              : str(", did you mean ", near, "?"))};
}

}  // namespace

std::string_view name(Precision precision) {
  return kPrecisions[static_cast<std::size_t>(precision)];
}

std::string_view name(Method method) { return kMethods[static_cast<std::size_t>(method)]; }

Result<Precision> parse_precision(std::string_view text) {
  return static_cast<Precision>(TRY(find_word("precision", text, kPrecisions)));
}

Result<Method> parse_method(std::string_view text) {
  return static_cast<Method>(TRY(find_word("way to calibrate", text, kMethods)));
}

}  // namespace slipway::quantize
