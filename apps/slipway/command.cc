#include "command.h"

#include <algorithm>

namespace slipway {

const Command* find_command(std::string_view name) {
  const std::span<const Command> all = commands();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace slipway
