// The commands: one row each. To add one, write its file and name its row in commands.cc, and in
// python/src/commands.cc where it needs no library that a wheel would have to bring.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "cli/options.h"

namespace slipway {

// What every command may end with, documented by `slipway help`.
inline constexpr int kExitOk = 0;
inline constexpr int kExitBad = 1;    // the model or a file is not what it should be
inline constexpr int kExitUsage = 2;  // the command line makes no sense

struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view operands;  // "MODEL"
  std::span<const Option> options;
  std::string_view about;    // a paragraph for --help
  std::string_view example;  // a line, or one for each verb, without the prompt
  Result<int> (*run)(const Arguments& arguments);
};

// Of the program: commands.cc. The Python package has a list of its own.
std::span<const Command> commands();
const Command* find_command(std::string_view name);

extern const Command kInspectCommand;
extern const Command kCheckCommand;
extern const Command kRunCommand;
extern const Command kCompileCommand;
extern const Command kQuantizeCommand;
extern const Command kPruneCommand;
extern const Command kOptimizeCommand;
extern const Command kBenchCommand;
extern const Command kEnginesCommand;
extern const Command kVerifyCommand;
extern const Command kFetchCommand;
extern const Command kOpsCommand;
extern const Command kInitCommand;
extern const Command kBuildCommand;
extern const Command kChecklistCommand;
extern const Command kPackCommand;
extern const Command kShowCommand;
extern const Command kUnpackCommand;
extern const Command kStoreCommand;
extern const Command kKeysCommand;
extern const Command kPublishCommand;
extern const Command kRefreshTimestampCommand;
extern const Command kSignCommand;
extern const Command kDeltaCommand;
extern const Command kPatchCommand;
extern const Command kVersionCommand;
extern const Command kHelpCommand;
extern const Command kCompletionsCommand;

}  // namespace slipway
