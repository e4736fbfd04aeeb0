// Options of a command: a table of rows from which parsing, help and completions come.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

struct Option {
  std::string_view name;   // "--input"
  std::string_view value;  // what follows it, as help names it: "FILE"; empty: nothing follows
  std::string_view help;
  bool is_repeatable = false;
};

class Arguments {
 public:
  bool has(std::string_view option) const;
  // The value given, "" when the option is absent.
  std::string value(std::string_view option) const;
  std::vector<std::string> values(std::string_view option) const;
  const std::vector<std::string>& positional() const { return positional_; }

 private:
  friend Result<Arguments> parse_options(std::span<const Option>, std::span<const std::string>);
  std::vector<std::pair<std::string, std::string>> given_;
  std::vector<std::string> positional_;
};

// Accepts "--name value", "--name=value", and "--" before words that begin with a dash; "-" alone
// is a word. Errors are kUsage: an unknown option (with the nearest known one), a value that is
// missing or not wanted, an option given twice that is not repeatable.
Result<Arguments> parse_options(std::span<const Option> options,
                                std::span<const std::string> words);

// A whole number from `least` to `most`, else a kUsage error that names the option.
Result<std::int64_t> parse_number(std::string_view option, std::string_view text,
                                  std::int64_t least, std::int64_t most);

// The same of a number that may have decimals.
Result<double> parse_decimal(std::string_view option, std::string_view text, double least,
                             double most);

// Two columns, "  --input FILE   help", as help texts show them.
std::string options_text(std::span<const Option> options);

}  // namespace slipway
