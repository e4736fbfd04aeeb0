#include "json/parse.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/str.h"

namespace slipway::json {
namespace {

// A plain char is signed on some processors and unsigned on others: it is never compared as one.
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

// Sees everything before anything is made of it.
class Watch final : public nlohmann::json_sax<Json> {
 public:
  explicit Watch(const Limits& limits) : limits_(limits) {}

  bool null() override { return count(); }
  bool boolean(bool /*value*/) override { return count(); }
  bool number_integer(number_integer_t /*value*/) override { return count(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return count(); }
  // Whole numbers of more than 64 bits come here as well.
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    if (limits_.has_whole_numbers_alone)
      return refuse("holds a number that is not whole, or has more than 64 bits");
    return count();
  }
  bool string(string_t& text) override { return count() && check(text); }
  bool binary(binary_t& /*value*/) override { return refuse("is not JSON"); }
  bool start_object(std::size_t /*elements*/) override {
    keys_.emplace_back();
    return deeper();
  }
  bool key(string_t& name) override {
    if (!check(name)) return false;
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
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    constexpr int kOutOfRange = 406;
    if (error.id == kOutOfRange) return refuse("holds a number beyond all bounds");
    return refuse(str("is not JSON, from byte ", position, " on"));
  }

  const std::string& reason() const { return reason_; }

 private:
  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  bool count() {
    if (++values_ <= limits_.most_values) return true;
    return refuse(str("holds more than ", limits_.most_values, " values"));
  }
  bool deeper() {
    if (++depth_ <= limits_.most_depth) return count();
    return refuse(str("is nested deeper than ", limits_.most_depth, " levels: nothing honest is"));
  }
  bool check(std::string_view text) {
    if (!limits_.has_plain_text_alone || std::ranges::none_of(text, is_control)) return true;
    return refuse("holds a text with a control character");
  }

  const Limits& limits_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  int depth_ = 0;
  std::size_t values_ = 0;
  std::string reason_ = "is not JSON";
};

}  // namespace

Result<Json> parse(std::string_view text, const Limits& limits) {
  const auto invalid = [](std::string reason) { return Error{Code::kInvalid, std::move(reason)}; };
  if (text.size() > limits.most_bytes)
    return invalid(str("has more than ", limits.most_bytes, " bytes"));
  // To the parser a zero byte is the end of the text, which would hide what follows.
  const std::size_t zero = text.find('\0');
  if (zero != std::string_view::npos)
    return invalid(str("is not JSON, from byte ", zero + 1, " on"));
  Watch watch(limits);
  if (!Json::sax_parse(text, &watch)) return invalid(watch.reason());
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace slipway::json
