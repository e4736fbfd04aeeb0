// The commands of the package: those of the program but for what bundles are packed, signed, sent
// and kept with, which would bring libcurl and OpenSSL into the wheel.
#include <array>

#include "slipway/command.h"

namespace slipway {

std::span<const Command> commands() {
  static const std::array kCommands = {
      kInitCommand,   kBuildCommand,      kChecklistCommand, kInspectCommand,  kCheckCommand,
      kRunCommand,    kCompileCommand,    kOptimizeCommand,  kQuantizeCommand, kPruneCommand,
      kVerifyCommand, kBenchCommand,      kEnginesCommand,   kOpsCommand,      kVersionCommand,
      kHelpCommand,   kCompletionsCommand};
  return kCommands;
}

}  // namespace slipway
