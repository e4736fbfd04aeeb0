#include "trust/fields.h"

#include <set>

#include "base/str.h"

namespace slipway::trust {

Result<Fields> Fields::of(const Json& json, std::string where) {
  if (!json.is_object()) return Error{Code::kInvalid, str(where, " is no object")};
  return Fields(json, std::move(where));
}

Error Fields::fault(std::string_view key, std::string_view what) const {
  return {Code::kInvalid, str(where_, ": ", shorten(key, 80), " ", what)};
}

Result<const Json*> Fields::member(std::string_view key, std::string_view type,
                                   bool (*is)(const Json&)) const {
  const auto found = json_->find(key);
  if (found == json_->end()) return fault(key, "is missing");
  if (!is(*found)) return fault(key, str("is no ", type));
  return &*found;
}

Result<Fields> Fields::object(std::string_view key) const {
  const Json* json = TRY(member(key, "object", [](const Json& j) { return j.is_object(); }));
  return Fields(*json, str(where_, ": ", shorten(key, 80)));
}

Result<const Json*> Fields::array(std::string_view key) const {
  return member(key, "list", [](const Json& j) { return j.is_array(); });
}

Result<std::string> Fields::text(std::string_view key) const {
  const Json* json = TRY(member(key, "text", [](const Json& j) { return j.is_string(); }));
  return json->get_ref<const std::string&>();
}

Result<std::uint64_t> Fields::number(std::string_view key, std::uint64_t least) const {
  const Json* json =
      TRY(member(key, "whole number", [](const Json& j) { return j.is_number_integer(); }));
  if (!json->is_number_unsigned() || json->get<std::uint64_t>() < least)
    return fault(key, str("is below ", least));
  return json->get<std::uint64_t>();
}

Result<bool> Fields::flag(std::string_view key) const {
  const Json* json =
      TRY(member(key, "true or false", [](const Json& j) { return j.is_boolean(); }));
  return json->get<bool>();
}

Result<std::vector<std::string>> Fields::texts(std::string_view key, std::size_t most) const {
  const Json* json = TRY(array(key));
  if (json->size() > most) return fault(key, str("has more than ", most, " elements"));
  std::vector<std::string> all;
  std::set<std::string> met;
  for (const Json& element : *json) {
    if (!element.is_string()) return fault(key, "has an element that is no text");
    all.push_back(element.get<std::string>());
    if (!met.insert(all.back()).second)
      return fault(key, str("has '", shorten(all.back(), 80), "' twice"));
  }
  return all;
}

}  // namespace slipway::trust
