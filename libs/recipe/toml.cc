#include "recipe/toml.h"

// What toml++ 3.3 asserts of a text is not always so ("[~"), and a clang that believes it leaves
// out the checks that come after. Those checks are to decide, in every build.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>

#include "base/str.h"

namespace slipway::recipe {
namespace {

Place place_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

TomlTable table_of(const toml::table& table);

TomlNode node_of(const toml::node& node) {
  TomlNode out{place_of(node.source()), {}};
  if (const toml::table* table = node.as_table()) {
    out.value = table_of(*table);
  } else if (const toml::array* array = node.as_array()) {
    std::vector<TomlNode> elements;
    for (const toml::node& element : *array) elements.push_back(node_of(element));
    out.value = std::move(elements);
  } else if (node.is_boolean()) {
    out.value = node.as_boolean()->get();
  } else if (node.is_integer()) {
    out.value = node.as_integer()->get();
  } else if (node.is_floating_point()) {
    out.value = node.as_floating_point()->get();
  } else if (node.is_string()) {
    out.value = node.as_string()->get();
  }
  return out;
}

TomlTable table_of(const toml::table& table) {
  TomlTable out;
  for (auto&& [key, node] : table) {
    out.entries.push_back({std::string(key.str()), place_of(key.source()), node_of(node)});
  }
  std::stable_sort(
      out.entries.begin(), out.entries.end(), [](const TomlEntry& a, const TomlEntry& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
      });
  return out;
}

}  // namespace

Result<TomlTable> parse_toml(std::string_view text, std::string_view origin) {
  try {
    return table_of(toml::parse(text, origin));
  } catch (const toml::parse_error& error) {
    const Place place = place_of(error.source());
    return Error{Code::kInvalid, str(origin, ":", place.line, ":", place.column, ": ",
                                     shorten(error.description(), 300))};
  }
}

}  // namespace slipway::recipe
