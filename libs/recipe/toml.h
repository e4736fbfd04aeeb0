// TOML as a tree of our own, each node with its place: what the rest of this library reads. The one
// place that knows toml++ is toml.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace slipway::recipe {

struct Place {
  std::size_t line = 0;  // from 1
  std::size_t column = 0;
};

struct TomlNode;
struct TomlEntry;

struct TomlTable {
  std::vector<TomlEntry> entries;  // in the order of the file
};

struct TomlNode {
  Place place;
  // monostate: a date or a time, which no key of a recipe takes.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<TomlNode>,
               TomlTable>
      value;
};

struct TomlEntry {
  std::string key;
  Place place;  // of the key
  TomlNode node;
};

// kInvalid, "origin:line:column: why", where the text is not TOML.
Result<TomlTable> parse_toml(std::string_view text, std::string_view origin);

}  // namespace slipway::recipe
