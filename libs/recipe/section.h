// One table of a recipe: its keys checked against the list, its values taken as what they must be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "recipe/toml.h"

namespace slipway::recipe {

struct Range {
  double least;
  double most;
};

// Everything fails with kInvalid, "origin:line:column: what, why and what to write".
class Section {
 public:
  // `pattern` names the rows of keys.h ("targets.NAME"), `name` is what messages say
  // ("targets.pi5"). Fails on a key that has no row.
  static Result<Section> open(const TomlTable& table, Place place, std::string_view pattern,
                              std::string name, std::string_view origin);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  // Of the key; of the section where it is absent.
  Place place_of(std::string_view key) const;

  Result<std::string> required_text(std::string_view key) const;
  Result<std::string> text(std::string_view key) const;  // "" where it is absent
  Result<std::optional<bool>> flag(std::string_view key) const;
  Result<std::optional<double>> number(std::string_view key, Range range) const;
  Result<std::optional<std::int64_t>> integer(std::string_view key, Range range) const;
  // One value or a list; empty where it is absent, and nowhere else.
  Result<std::vector<std::string>> texts(std::string_view key) const;
  Result<std::vector<double>> numbers(std::string_view key, Range range) const;
  Result<std::vector<std::int64_t>> integers(std::string_view key, Range range) const;
  // The table below `key`; null where it is absent.
  Result<const TomlTable*> table(std::string_view key) const;

  Error error_at(std::string_view key, std::string_view what) const;
  static Error error_at(std::string_view origin, Place place, std::string_view what);

 private:
  Section() = default;
  const TomlEntry* find(std::string_view key) const;

  const TomlTable* table_ = nullptr;
  Place place_;
  std::string name_;
  std::string origin_;
};

}  // namespace slipway::recipe
