#include "base/str.h"
#include "command.h"
#include "console.h"

namespace slipway {
namespace {

// In single quotes for a shell, where the quote itself is written as `quote_escape`.
std::string quoted(std::string_view text, std::string_view quote_escape) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += quote_escape;
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.emplace_back(command.name);
  return join(names, " ");
}

std::string option_names(const Command& command) {
  std::vector<std::string> names;
  for (const Option& option : command.options) names.emplace_back(option.name);
  names.emplace_back("--help");
  return join(names, " ");
}

// Words that are operands of a command, apart from files.
std::string operand_words(const Command& command) {
  if (command.name == "help") return command_names();
  if (command.name == "keys") return "new list rotate renew root targets snapshot timestamp";
  return command.name == "completions" ? "bash zsh fish" : "";
}

std::string bash_script() {
  std::string cases;
  for (const Command& command : commands()) {
    cases += str("    ", command.name, ") options='", option_names(command), "' operands='",
                 operand_words(command), "' ;;\n");
  }
  return str(
      "# bash completion for slipway: eval \"$(slipway completions bash)\"\n"
      "_slipway() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} options='' operands=''\n"
      "  case ${COMP_WORDS[1]} in\n",
      cases,
      "  esac\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '",
      command_names(),
      "' -- \"$word\")\n"
      "  elif [[ $word == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
      "  elif [[ -n $operands ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$operands\" -- \"$word\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _slipway slipway\n");
}

// A row for zsh's _arguments, whose help stands in brackets and ends at a colon.
std::string zsh_option(const Option& option) {
  std::string help;
  for (const char c : option.help) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') help += '\\';
    help += c;
  }
  std::string value;
  for (const char c : option.value) {
    if (c == ':' || c == '\\') value += '\\';
    value += c;
  }
  std::string spec = str(option.is_repeatable ? "*" : "", option.name, "[", help, "]");
  if (!option.value.empty()) spec += str(":", value, ":_files");
  return quoted(spec, "'\\''");
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += str("    ", quoted(str(command.name, ":", command.summary), "'\\''"), "\n");
    cases += str("    ", command.name, ") _arguments");
    for (const Option& option : command.options) cases += str(" \\\n        ", zsh_option(option));
    const std::string operands = operand_words(command);
    cases += operands.empty() ? " \\\n        '*:file:_files' ;;\n"
                              : str(" \\\n        '*:word:(", operands, ")' ;;\n");
  }
  return str(
      "#compdef slipway\n"
      "# zsh completion for slipway: source <(slipway completions zsh)\n"
      "_slipway() {\n"
      "  local -a names=(\n",
      names,
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command names\n"
      "    return\n"
      "  fi\n"
      "  local name=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $name in\n",
      cases,
      "  esac\n"
      "}\n"
      "compdef _slipway slipway\n");
}

std::string fish_script() {
  std::string text = "# fish completion for slipway: slipway completions fish | source\n";
  for (const Command& command : commands()) {
    text += str("complete -c slipway -n __fish_use_subcommand -f -a ", command.name, " -d ",
                quoted(command.summary, "\\'"), "\n");
    const std::string condition = str("'__fish_seen_subcommand_from ", command.name, "'");
    for (const Option& option : command.options) {
      text += str("complete -c slipway -n ", condition, " -l ", option.name.substr(2),
                  option.value.empty() ? "" : " -r", " -d ", quoted(option.help, "\\'"), "\n");
    }
    const std::string operands = operand_words(command);
    if (!operands.empty())
      text += str("complete -c slipway -n ", condition, " -f -a '", operands, "'\n");
  }
  return text;
}

Result<int> run_completions(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.positional();
  const std::string shell = words.size() == 1 ? words[0] : "";
  std::string script;
  if (shell == "bash") script = bash_script();
  if (shell == "zsh") script = zsh_script();
  if (shell == "fish") script = fish_script();
  if (script.empty())
    return Error{Code::kUsage, "name one shell: slipway completions bash, zsh or fish"};
  TRY(print_data(script));
  return kExitOk;
}

}  // namespace

const Command kCompletionsCommand = {
    .name = "completions",
    .summary = "print a script that completes commands and options in a shell",
    .operands = "bash|zsh|fish",
    .about = "Prints a script that teaches a shell slipway's commands and options.",
    .example = "eval \"$(slipway completions bash)\"",
    .run = run_completions,
};

}  // namespace slipway
