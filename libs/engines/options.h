// An engine's options as text to values. Each error is kUsage and names the option.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::engines {

class OptionReader {
 public:
  explicit OptionReader(const std::map<std::string, std::string>& options) : options_(options) {}

  bool has(std::string_view name) const { return options_.count(std::string(name)) > 0; }
  // As given, `otherwise` where it is not.
  std::string text(std::string_view name, std::string_view otherwise = "") const;
  // "on" or "off".
  Result<bool> flag(std::string_view name, bool otherwise) const;
  // A whole number from `least` to `most`.
  Result<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most,
                              std::int64_t otherwise) const;
  // One of `words`, by its place among them.
  Result<std::size_t> choice(std::string_view name, std::initializer_list<std::string_view> words,
                             std::size_t otherwise) const;

 private:
  const std::map<std::string, std::string>& options_;
};

}  // namespace slipway::engines
