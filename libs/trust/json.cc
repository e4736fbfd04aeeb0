#include "trust/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/str.h"

namespace slipway::trust {
namespace {

// Watches what the parser meets: keys met twice, and how deep it goes.
class Watch {
 public:
  bool see(int depth, Json::parse_event_t event, const Json& met) {
    using Event = Json::parse_event_t;
    if (depth > kMostJsonDepth) is_too_deep_ = true;
    if (event == Event::object_start) {
      keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key &&
               !keys_.back().insert(met.get_ref<const std::string&>()).second) {
      if (twice_.empty()) twice_ = met.get_ref<const std::string&>();
      has_twice_ = true;
    }
    return !is_too_deep_ && !has_twice_;
  }

  bool is_too_deep() const { return is_too_deep_; }
  bool has_twice() const { return has_twice_; }
  const std::string& twice() const { return twice_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::string twice_;
  bool has_twice_ = false;
  bool is_too_deep_ = false;
};

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
  Watch watch;
  Json json = Json::parse(
      text,
      [&](int depth, Json::parse_event_t event, Json& met) { return watch.see(depth, event, met); },
      false);
  if (watch.is_too_deep()) {
    return Error{Code::kInvalid, str(what, " is nested deeper than ", kMostJsonDepth,
                                     " levels: nothing honest is")};
  }
  if (watch.has_twice())
    return Error{Code::kInvalid, str(what, " has the key '", shorten(watch.twice()), "' twice")};
  if (json.is_discarded()) return Error{Code::kInvalid, str(what, " is not JSON")};
  return json;
}

Result<std::string> canonical_json(const Json& json) {
  std::string text;
  TRY(append(json, text));
  return text;
}

}  // namespace slipway::trust
