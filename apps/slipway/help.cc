#include "help.h"

#include <algorithm>

#include "base/nearest.h"
#include "base/str.h"
#include "console.h"

namespace slipway {
namespace {

constexpr std::string_view kExitCodes =
    "exit codes: 0 done, 1 the model or a file is not what it should be, 2 bad usage\n";

Result<int> run_help(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  if (words.empty()) {
    TRY(print_data(overview()));
    return kExitOk;
  }
  TRY(expect_operands("help", words.size(), 1, "[COMMAND]"));
  const Command* command = find_command(words[0]);
  if (command == nullptr) {
    return Error{Code::kUsage,
                 str("there is no command '", words[0], "': slipway help lists them")};
  }
  TRY(print_data(command_help(*command)));
  return kExitOk;
}

// One behind the word, several below it.
std::string examples_text(std::string_view example) {
  if (example.find('\n') == std::string_view::npos) return str("example: ", example, "\n");
  std::string text = "examples:\n";
  for (std::size_t at = 0; at < example.size();) {
    const std::size_t end = std::min(example.find('\n', at), example.size());
    text += str("  ", example.substr(at, end - at), "\n");
    at = end + 1;
  }
  return text;
}

}  // namespace

std::string overview() {
  std::size_t width = 0;
  for (const Command& command : commands()) width = std::max(width, command.name.size());
  std::string text = "usage: slipway COMMAND [OPTION...]\n\n";
  for (const Command& command : commands()) {
    text += str("  ", command.name, std::string(width - command.name.size(), ' '), "  ",
                command.summary, "\n");
  }
  return str(text, "\nslipway COMMAND --help tells more, with an example.\n", kExitCodes);
}

std::string command_help(const Command& command) {
  std::string text = str("usage: slipway ", command.name);
  if (!command.operands.empty()) text += str(" ", command.operands);
  if (!command.options.empty()) text += " [OPTION...]";
  text += str("\n\n", command.about, "\n");
  if (!command.options.empty()) text += str("\n", options_text(command.options));
  return str(text, "\n", examples_text(command.example), kExitCodes);
}

const Command kHelpCommand = {
    .name = "help",
    .summary = "list the commands, or tell about one",
    .operands = "[COMMAND]",
    .about = "Lists the commands. With the name of one, tells what it does and takes.",
    .example = "slipway help run",
    .run = run_help,
};

}  // namespace slipway
