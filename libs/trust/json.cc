#include "trust/json.h"

#include <nlohmann/json.hpp>

#include "base/str.h"

namespace slipway::trust {
namespace {

void append_text(const std::string& text, std::string& to) {
  to += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
}

Status append(const Json& json, std::string& to) {
  switch (json.type()) {
    case Json::value_t::object: {
      to += '{';
      bool is_first = true;
      for (const auto& [key, value] : json.items()) {  // sorted by their bytes
        if (!is_first) to += ',';
        is_first = false;
        append_text(key, to);
        to += ':';
        TRY(append(value, to));
      }
      to += '}';
      return {};
    }
    case Json::value_t::array: {
      to += '[';
      for (std::size_t i = 0; i < json.size(); ++i) {
        if (i > 0) to += ',';
        TRY(append(json[i], to));
      }
      to += ']';
      return {};
    }
    case Json::value_t::string:
      append_text(json.get_ref<const std::string&>(), to);
      return {};
    case Json::value_t::boolean:
      to += json.get<bool>() ? "true" : "false";
      return {};
    case Json::value_t::number_integer:
      to += str(json.get<std::int64_t>());
      return {};
    case Json::value_t::number_unsigned:
      to += str(json.get<std::uint64_t>());
      return {};
    case Json::value_t::null:
      to += "null";
      return {};
    case Json::value_t::number_float:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return Error{Code::kInvalid, "a number is no integer of 64 bits: nothing like it can be signed"};
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
  Result<Json> parsed = json::parse(text, kJsonLimits);
  if (parsed.ok()) return parsed;
  return Error{parsed.error().code, str(what, " ", parsed.error().message)};
}

Result<std::string> canonical_json(const Json& json) {
  std::string text;
  TRY(append(json, text));
  return text;
}

}  // namespace slipway::trust
