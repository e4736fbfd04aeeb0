#include "program.h"

#include <csignal>
#include <new>

#include "base/nearest.h"
#include "base/str.h"
#include "command.h"
#include "console.h"
#include "help.h"

namespace slipway {
namespace {

Error unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  const std::string suggestion = nearest(word, names);
  return {Code::kUsage,
          suggestion.empty()
              ? str("there is no command '", word, "': slipway help lists them")
              : str("there is no command '", word, "': did you mean '", suggestion, "'?")};
}

Result<int> run_command(const Command& command, std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word == "--help" || word == "-h") {
      TRY(print_data(command_help(command)));
      return kExitOk;
    }
  }
  const Arguments arguments = TRY(parse_options(command.options, words));
  return command.run(arguments);
}

int main_with(const std::vector<std::string>& words) {
  if (words.empty()) {
    say(overview());
    return kExitUsage;
  }
  std::string name = words.front();
  if (name == "--help" || name == "-h") name = "help";
  if (name == "--version") name = "version";
  const Command* command = find_command(name);
  if (command == nullptr) return report_error(unknown_command(name));
  const Result<int> code = run_command(*command, std::span(words).subspan(1));
  return code.ok() ? *code : report_error(code.error());
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write
  try {
    return main_with(words);
  } catch (const std::bad_alloc&) {
    return report_error({Code::kTooLarge, "out of memory: this machine has too little for it"});
  }
}

}  // namespace slipway
