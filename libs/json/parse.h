// JSON from outside: bounded, and without what readers disagree about.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace slipway::json {

using Json = nlohmann::json;  // keys of an object are sorted by their bytes

// What a format allows beside being JSON.
struct Limits {
  std::size_t most_bytes = 0;
  int most_depth = 32;  // objects and lists within one another
  std::size_t most_values = std::size_t{1} << 20;
  bool has_whole_numbers_alone = false;  // 1.5, 1e3 and 10^20 are refused
  bool has_plain_text_alone = false;     // texts and keys with characters below U+0020 are refused
};

// One JSON value, of UTF-8, within its limits, in which no object has a key twice. kInvalid for
// anything else, before anything is made of it. The message is what there is to say of the text,
// without naming it: "is not JSON, from byte 17 on".
Result<Json> parse(std::string_view text, const Limits& limits);

}  // namespace slipway::json
