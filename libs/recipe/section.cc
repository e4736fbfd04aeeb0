#include "recipe/section.h"

#include <cmath>

#include "base/nearest.h"
#include "base/str.h"
#include "recipe/keys.h"

namespace slipway::recipe {
namespace {

constexpr std::size_t kMostElements = 4096;

std::string_view kind_of(const TomlNode& node) {
  constexpr std::string_view kKinds[] = {"a date or a time", "true or false", "a whole number",
                                         "a number",         "text",          "a list",
                                         "a table"};
  return kKinds[node.value.index()];
}

std::vector<std::string> keys_of(std::string_view pattern) {
  std::vector<std::string> keys;
  for (const KeyRow& row : all_keys()) {
    if (row.section == pattern) keys.emplace_back(row.key);
  }
  return keys;
}

// The section, if there is but one, that has this key.
std::string section_with(std::string_view key) {
  std::string found;
  for (const KeyRow& row : all_keys()) {
    if (row.key != key || row.section.empty()) continue;
    if (!found.empty()) return "";
    found = row.section;
  }
  return found;
}

std::string unknown_key_text(std::string_view pattern, std::string_view name,
                             const std::string& key) {
  const std::vector<std::string> known = keys_of(pattern);
  const std::string place = name.empty() ? "a recipe" : str("[", name, "]");
  std::string text = str(place, " has no key '", shorten(key), "'");
  const std::string near = nearest(key, known);
  if (!near.empty()) return str(text, ": did you mean '", near, "'?");
  const std::string elsewhere = section_with(key);
  if (!elsewhere.empty()) return str(text, ": it belongs into [", elsewhere, "]");
  return str(text, ": it has ", join(known));
}

// How a bound is written in a message: without an exponent where that is readable.
std::string range_text(Range range) {
  const auto bound = [](double number) {
    return std::abs(number) < 1e15 && number == std::floor(number)
               ? str(static_cast<std::int64_t>(number))
               : str(number);
  };
  if (range.least == -HUGE_VAL && range.most == HUGE_VAL) return "a number";
  if (range.most == HUGE_VAL) return str("a number from ", bound(range.least));
  return str("a number from ", bound(range.least), " to ", bound(range.most));
}

std::optional<double> number_in(const TomlNode& node, Range range) {
  double value = 0;
  if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
    value = static_cast<double>(*integer);
  } else if (const auto* real = std::get_if<double>(&node.value)) {
    value = *real;
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(value) || value < range.least || value > range.most) return std::nullopt;
  return value;
}

std::optional<std::int64_t> integer_in(const TomlNode& node, Range range) {
  const auto* value = std::get_if<std::int64_t>(&node.value);
  if (value == nullptr || !number_in(node, range)) return std::nullopt;
  return *value;
}

std::optional<std::string> text_in(const TomlNode& node) {
  const auto* value = std::get_if<std::string>(&node.value);
  // A NUL would end a path or a name in the middle.
  if (value == nullptr || value->find('\0') != std::string::npos) return std::nullopt;
  return *value;
}

}  // namespace

Error Section::error_at(std::string_view origin, Place place, std::string_view what) {
  return {Code::kInvalid, str(origin, ":", place.line, ":", place.column, ": ", what)};
}

Error Section::error_at(std::string_view key, std::string_view what) const {
  const TomlEntry* entry = find(key);
  const Place place = entry == nullptr ? place_ : entry->node.place;
  const std::string where = name_.empty() ? std::string(key) : str(name_, ".", key);
  return error_at(origin_, place, str(where, ": ", what));
}

Result<Section> Section::open(const TomlTable& table, Place place, std::string_view pattern,
                              std::string name, std::string_view origin) {
  for (const TomlEntry& entry : table.entries) {
    bool is_known = false;
    for (const KeyRow& row : all_keys()) {
      is_known = is_known || (row.section == pattern && row.key == entry.key);
    }
    if (!is_known) return error_at(origin, entry.place, unknown_key_text(pattern, name, entry.key));
  }
  Section section;
  section.table_ = &table;
  section.place_ = place;
  section.name_ = std::move(name);
  section.origin_ = std::string(origin);
  return section;
}

const TomlEntry* Section::find(std::string_view key) const {
  for (const TomlEntry& entry : table_->entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

Place Section::place_of(std::string_view key) const {
  const TomlEntry* entry = find(key);
  return entry == nullptr ? place_ : entry->place;
}

Result<std::string> Section::required_text(std::string_view key) const {
  if (!has(key)) {
    return error_at(origin_, place_,
                    str(name_.empty() ? "the recipe" : str("[", name_, "]"), " lacks '", key,
                        "': add ", key, " = \"...\""));
  }
  std::string value = TRY(text(key));
  if (value.empty()) return error_at(key, "is empty");
  return value;
}

Result<std::string> Section::text(std::string_view key) const {
  const TomlEntry* entry = find(key);
  if (entry == nullptr) return std::string();
  std::optional<std::string> value = text_in(entry->node);
  if (!value) return error_at(key, str("is ", kind_of(entry->node), ", write text in quotes"));
  return *std::move(value);
}

Result<std::optional<bool>> Section::flag(std::string_view key) const {
  const TomlEntry* entry = find(key);
  if (entry == nullptr) return std::optional<bool>();
  const auto* value = std::get_if<bool>(&entry->node.value);
  if (value == nullptr)
    return error_at(key, str("is ", kind_of(entry->node), ", write true or false"));
  return std::optional(*value);
}

Result<std::optional<double>> Section::number(std::string_view key, Range range) const {
  const TomlEntry* entry = find(key);
  if (entry == nullptr) return std::optional<double>();
  const std::optional<double> value = number_in(entry->node, range);
  if (!value) return error_at(key, str("must be ", range_text(range)));
  return value;
}

Result<std::optional<std::int64_t>> Section::integer(std::string_view key, Range range) const {
  const TomlEntry* entry = find(key);
  if (entry == nullptr) return std::optional<std::int64_t>();
  const std::optional<std::int64_t> value = integer_in(entry->node, range);
  if (!value) return error_at(key, str("must be a whole number: ", range_text(range)));
  return value;
}

namespace {

// The elements of a list, or the one value that stands for a list of one.
Result<std::vector<const TomlNode*>> elements_of(const Section& section, const TomlEntry& entry) {
  std::vector<const TomlNode*> out;
  const auto* list = std::get_if<std::vector<TomlNode>>(&entry.node.value);
  if (list == nullptr) {
    out.push_back(&entry.node);
    return out;
  }
  if (list->empty()) return section.error_at(entry.key, "is an empty list: take it out");
  if (list->size() > kMostElements)
    return section.error_at(entry.key, str("has more than ", kMostElements, " elements"));
  for (const TomlNode& node : *list) out.push_back(&node);
  return out;
}

template <typename T, typename Read>
Result<std::vector<T>> list_of(const Section& section, const TomlEntry* entry, const Read& read,
                               const std::string& wanted) {
  std::vector<T> out;
  if (entry == nullptr) return out;
  for (const TomlNode* node : TRY(elements_of(section, *entry))) {
    std::optional<T> value = read(*node);
    if (!value)
      return section.error_at(entry->key,
                              str("holds ", kind_of(*node), " where ", wanted, " is expected"));
    out.push_back(*std::move(value));
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> Section::texts(std::string_view key) const {
  return list_of<std::string>(*this, find(key), text_in, "text");
}

Result<std::vector<double>> Section::numbers(std::string_view key, Range range) const {
  return list_of<double>(
      *this, find(key), [&](const TomlNode& node) { return number_in(node, range); },
      range_text(range));
}

Result<std::vector<std::int64_t>> Section::integers(std::string_view key, Range range) const {
  return list_of<std::int64_t>(
      *this, find(key), [&](const TomlNode& node) { return integer_in(node, range); },
      str("a whole number, ", range_text(range), ","));
}

Result<const TomlTable*> Section::table(std::string_view key) const {
  const TomlEntry* entry = find(key);
  if (entry == nullptr) return static_cast<const TomlTable*>(nullptr);
  const auto* table = std::get_if<TomlTable>(&entry->node.value);
  if (table == nullptr)
    return error_at(key,
                    str("is ", kind_of(entry->node), " where a table, [", key, "], is expected"));
  return table;
}

}  // namespace slipway::recipe
