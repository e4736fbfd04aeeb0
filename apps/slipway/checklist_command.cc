#include <filesystem>

#include "base/str.h"
#include "cli/terminal.h"
#include "command.h"
#include "console.h"
#include "report/checklist.h"
#include "report/json.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--json", "", "the list as JSON"},
};

Result<int> run_checklist(const Arguments& arguments) {
  if (arguments.positional().size() > 1)
    TRY(expect_operands("checklist", arguments.positional().size(), 1, "[ARTIFACTS]"));
  const bool is_named = !arguments.positional().empty();
  const std::filesystem::path folder = is_named ? arguments.positional()[0] : "artifacts";
  std::error_code error;
  std::vector<report::Check> checks = report::checklist();
  if (is_named || std::filesystem::exists(folder, error)) {
    checks = TRY(report::read_report(folder / "report.json")).checks;
  } else {
    say("there is no artifacts/ here: nothing of this has been found out yet (slipway build does)");
  }
  TRY(print_data(arguments.has("--json") ? report::checklist_json(checks)
                                         : report::checklist_text(checks, wants_colour(stdout))));
  for (const report::Check& check : checks) {
    if (check.state == report::State::kFailed) return kExitBad;
  }
  return kExitOk;
}

}  // namespace

const Command kChecklistCommand = {
    .name = "checklist",
    .summary = "what has to be true before a model goes onto a robot, and what is known of it",
    .operands = "[ARTIFACTS]",
    .options = kOptions,
    .about =
        "Prints the validation list of a build's report: each line passed, failed or not run, with "
        "its\n"
        "evidence and the command that finds out. Exit code 1 when a line failed.",
    .example = "slipway checklist artifacts",
    .run = run_checklist,
};

}  // namespace slipway
