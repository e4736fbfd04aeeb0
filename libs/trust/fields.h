// Members of JSON objects, each checked for its type: errors say where in the metadata it is.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/json.h"

namespace slipway::trust {

// An object and how messages call it: "root: roles: timestamp". It refers to the JSON.
class Fields {
 public:
  static Result<Fields> of(const Json& json, std::string where);

  bool has(std::string_view key) const { return json_->contains(key); }
  const Json& json() const { return *json_; }
  const std::string& where() const { return where_; }

  // kInvalid where the key is absent or of another type.
  Result<Fields> object(std::string_view key) const;
  Result<const Json*> array(std::string_view key) const;
  Result<std::string> text(std::string_view key) const;
  Result<std::uint64_t> number(std::string_view key, std::uint64_t least) const;
  Result<bool> flag(std::string_view key) const;
  // Texts, at most `most`, no two the same.
  Result<std::vector<std::string>> texts(std::string_view key, std::size_t most) const;

  Error fault(std::string_view key, std::string_view what) const;

 private:
  Fields(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {}
  Result<const Json*> member(std::string_view key, std::string_view type,
                             bool (*is)(const Json&)) const;

  const Json* json_;
  std::string where_;
};

}  // namespace slipway::trust
