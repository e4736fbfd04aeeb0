#include "cli/options.h"

#include <algorithm>
#include <charconv>

#include "base/nearest.h"
#include "base/str.h"

namespace slipway {
namespace {

const Option* find_option(std::span<const Option> options, std::string_view name) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

Error unknown_option(std::span<const Option> options, std::string_view name) {
  std::vector<std::string> names;
  for (const Option& option : options) names.emplace_back(option.name);
  const std::string suggestion = nearest(name, names);
  return {Code::kUsage, suggestion.empty()
                            ? str("unknown option '", name, "'")
                            : str("unknown option '", name, "': did you mean '", suggestion, "'?")};
}

}  // namespace

bool Arguments::has(std::string_view option) const { return !values(option).empty(); }

std::string Arguments::value(std::string_view option) const {
  const std::vector<std::string> all = values(option);
  return all.empty() ? "" : all.front();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : given_) {
    if (name == option) found.push_back(value);
  }
  return found;
}

Result<Arguments> parse_options(std::span<const Option> options,
                                std::span<const std::string> words) {
  Arguments arguments;
  bool only_words = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_words || word.size() < 2 || word[0] != '-') {
      arguments.positional_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_words = true;
      continue;
    }
    const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const Option* option = find_option(options, name);
    if (option == nullptr) return unknown_option(options, name);
    if (!option->is_repeatable && arguments.has(name)) {
      return Error{Code::kUsage, str("option ", name, " is given twice: once is enough")};
    }
    std::string value;
    if (option->value.empty()) {
      if (equals != std::string::npos) {
        return Error{Code::kUsage,
                     str("option ", name, " takes no value, but has one: '", word, "'")};
      }
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (i + 1 < words.size()) {
      value = words[++i];
    } else {
      return Error{Code::kUsage,
                   str("option ", name, " needs a value: ", name, " ", option->value)};
    }
    arguments.given_.emplace_back(name, std::move(value));
  }
  return arguments;
}

Result<std::int64_t> parse_number(std::string_view option, std::string_view text,
                                  std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    return Error{Code::kUsage, str(option, " needs a whole number from ", least, " to ", most,
                                   ", not '", text, "'")};
  }
  return number;
}

Result<double> parse_decimal(std::string_view option, std::string_view text, double least,
                             double most) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // What is no number is in no range.
  if (error != std::errc() || end != text.data() + text.size() ||
      !(number >= least && number <= most)) {
    return Error{Code::kUsage,
                 str(option, " needs a number from ", least, " to ", most, ", not '", text, "'")};
  }
  return number;
}

std::string options_text(std::span<const Option> options) {
  const auto left = [](const Option& o) {
    return o.value.empty() ? str(o.name) : str(o.name, " ", o.value);
  };
  std::size_t width = 0;
  for (const Option& option : options) width = std::max(width, left(option).size());
  std::string text;
  for (const Option& option : options) {
    std::string line = left(option);
    line.append(width - line.size(), ' ');
    text += str("  ", line, "  ", option.help, "\n");
  }
  return text;
}

}  // namespace slipway
