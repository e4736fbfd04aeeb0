#include "trust/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/str.h"

namespace slipway::trust {
namespace {

// Sees everything before anything is made of it: keys met twice, how deep it goes, how much it is.
class Watch final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return count(); }
  bool boolean(bool /*value*/) override { return count(); }
  bool number_integer(number_integer_t /*value*/) override { return count(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return count(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return count(); }
  bool string(string_t& /*text*/) override { return count(); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override {
    keys_.emplace_back();
    return deeper();
  }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    return refuse(str("has the key '", shorten(name), "' twice"));
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override { return deeper(); }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

  const std::string& reason() const { return reason_; }

 private:
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  bool count() {
    if (++values_ <= kMostJsonValues) return true;
    return refuse(str("holds more than ", kMostJsonValues, " values"));
  }
  bool deeper() {
    if (++depth_ <= kMostJsonDepth) return count();
    return refuse(str("is nested deeper than ", kMostJsonDepth, " levels: nothing honest is"));
  }

  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  int depth_ = 0;
  std::size_t values_ = 0;
  std::string reason_ = "is not JSON";
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

// A zero byte would end the text for the parser, and hide what follows.
Result<Json> parse_json(std::string_view text, std::string_view what) {
  Watch watch;
  if (text.find('\0') != std::string_view::npos || !Json::sax_parse(text, &watch))
    return Error{Code::kInvalid, str(what, " ", watch.reason())};
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

Result<std::string> canonical_json(const Json& json) {
  std::string text;
  TRY(append(json, text));
  return text;
}

}  // namespace slipway::trust
