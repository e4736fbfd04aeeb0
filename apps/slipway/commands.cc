#include <algorithm>
#include <array>

#include "command.h"

namespace slipway {

std::span<const Command> commands() {
  static const std::array kCommands = {
      kInitCommand,    kBuildCommand,      kChecklistCommand, kPackCommand,  kShowCommand,
      kUnpackCommand,  kStoreCommand,      kInspectCommand,   kCheckCommand, kRunCommand,
      kCompileCommand, kOptimizeCommand,   kQuantizeCommand,  kPruneCommand, kVerifyCommand,
      kFetchCommand,   kBenchCommand,      kEnginesCommand,   kOpsCommand,   kVersionCommand,
      kHelpCommand,    kCompletionsCommand};
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const std::span<const Command> all = commands();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Command& c) { return c.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace slipway
