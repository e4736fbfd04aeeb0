#include "engines/options.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/nearest.h"
#include "base/str.h"
#include "engines/engine.h"

namespace slipway::engines {

std::string OptionReader::text(std::string_view name, std::string_view otherwise) const {
  const auto found = options_.find(std::string(name));
  return found == options_.end() ? std::string(otherwise) : found->second;
}

Result<bool> OptionReader::flag(std::string_view name, bool otherwise) const {
  return TRY(choice(name, {"off", "on"}, otherwise ? 1 : 0)) == 1;
}

Result<std::int64_t> OptionReader::number(std::string_view name, std::int64_t least,
                                          std::int64_t most, std::int64_t otherwise) const {
  if (!has(name)) return otherwise;
  const std::string given = text(name);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (error != std::errc{} || end != given.data() + given.size() || number < least ||
      number > most) {
    return Error{Code::kUsage, str("option ", name, " is a whole number from ", least, " to ", most,
                                   ", not '", shorten(given), "'")};
  }
  return number;
}

Result<std::size_t> OptionReader::choice(std::string_view name,
                                         std::initializer_list<std::string_view> words,
                                         std::size_t otherwise) const {
  if (!has(name)) return otherwise;
  const std::string given = text(name);
  const auto* const found = std::find(words.begin(), words.end(), given);
  if (found == words.end()) {
    return Error{Code::kUsage,
                 str("option ", name, " is one of ", join(words), ", not '", shorten(given), "'")};
  }
  return static_cast<std::size_t>(found - words.begin());
}

Status check_options(const Engine& engine, const std::map<std::string, std::string>& options) {
  std::vector<std::string> known;
  for (const OptionRow& row : engine.options()) known.emplace_back(row.name);
  for (const auto& [name, value] : options) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string suggestion = nearest(name, known);
    return Error{Code::kUsage, suggestion.empty()
                                   ? str("the engine ", engine.name(), " has no option '",
                                         shorten(name), "': it has ", join(known))
                                   : str("the engine ", engine.name(), " has no option '",
                                         shorten(name), "': did you mean '", suggestion, "'?")};
  }
  return {};
}

}  // namespace slipway::engines
