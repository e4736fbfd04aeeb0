// Every key that a recipe may have.
#pragma once

#include <span>
#include <string_view>

namespace slipway::recipe {

struct KeyRow {
  std::string_view section;  // "model"; "targets.NAME" where the middle is the writer's to choose
  std::string_view key;
};

std::span<const KeyRow> all_keys();

}  // namespace slipway::recipe
