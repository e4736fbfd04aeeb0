#include <array>

#include "command.h"

namespace slipway {

std::span<const Command> commands() {
  static const std::array kCommands = {kInitCommand,
                                       kBuildCommand,
                                       kChecklistCommand,
                                       kPackCommand,
                                       kShowCommand,
                                       kUnpackCommand,
                                       kDeltaCommand,
                                       kPatchCommand,
                                       kKeysCommand,
                                       kPublishCommand,
                                       kRefreshTimestampCommand,
                                       kSignCommand,
                                       kStoreCommand,
                                       kFetchCommand,
                                       kInspectCommand,
                                       kCheckCommand,
                                       kRunCommand,
                                       kCompileCommand,
                                       kOptimizeCommand,
                                       kQuantizeCommand,
                                       kPruneCommand,
                                       kVerifyCommand,
                                       kBenchCommand,
                                       kEnginesCommand,
                                       kOpsCommand,
                                       kVersionCommand,
                                       kHelpCommand,
                                       kCompletionsCommand};
  return kCommands;
}

}  // namespace slipway
