#include <cstdio>
#include <filesystem>
#include <string>

#include "base/files.h"
#include "base/str.h"
#include "choose/build.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "progress_line.h"
#include "report/checklist.h"
#include "report/html.h"
#include "report/json.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--for", "NAME", "the recipe's target that is built for: its engines, threads, budget"},
    {"-o", "FOLDER", "where the artifacts go: artifacts beside the recipe"},
    {"--seconds", "N", "how long each of the last candidates is timed (3)"},
    {"--report", "FILE", "write the page there too, also when nothing keeps the budget"},
    {"--json", "", "print the report as JSON"},
};
constexpr double kLeastSeconds = 0.1;
constexpr double kMostSeconds = 3600;

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", percent);
  return text;
}

std::string candidates_text(const report::Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const report::Candidate& c : report.candidates) {
    rows.push_back({report::label(c), std::string(report::name(c.outcome)),
                    c.latency ? seconds_text(c.latency->p50_us * 1e-6) : "-",
                    c.latency ? seconds_text(c.latency->p99_us * 1e-6) : "-",
                    c.accuracy ? percent_text(c.accuracy->drop_percent) : "-",
                    c.memory_bytes ? bytes_text(static_cast<std::int64_t>(*c.memory_bytes)) : "-"});
  }
  return table_text({{"candidate", false, true},
                     {"outcome"},
                     {"median", true},
                     {"p99", true},
                     {"lost", true},
                     {"memory", true}},
                    rows, width_columns(stdout));
}

std::string report_text(const report::Report& report) {
  std::string text = candidates_text(report) + "\n" + printable(report.verdict) + "\n";
  for (const std::string& reason : report.reasons) text += str("  ", printable(reason), "\n");
  return text;
}

Result<int> run_build(const Arguments& arguments) {
  if (arguments.positional().size() > 1)
    TRY(expect_operands("build", arguments.positional().size(), 1, "[slipway.toml]"));
  choose::BuildRequest request;
  request.recipe = arguments.positional().empty() ? "slipway.toml" : arguments.positional()[0];
  if (request.recipe.extension() == ".onnx") {
    const std::string model = shell_word(request.recipe.string());
    return Error{Code::kUsage, str(request.recipe.string(),
                                   " is a model, and build takes a recipe: "
                                   "slipway init ",
                                   model, " writes one")};
  }
  request.target = arguments.value("--for");
  if (arguments.has("--for") && request.target.empty())
    return Error{Code::kUsage, "--for needs the name of a target of the recipe"};
  request.out = arguments.has("-o") ? std::filesystem::path(arguments.value("-o"))
                                    : request.recipe.parent_path() / "artifacts";
  if (arguments.has("--seconds")) {
    request.seconds =
        TRY(parse_decimal("--seconds", arguments.value("--seconds"), kLeastSeconds, kMostSeconds));
  }
  request.slipway_version = SLIPWAY_VERSION;
  std::error_code error;
  if (arguments.positional().empty() && !std::filesystem::exists(request.recipe, error)) {
    return Error{Code::kUsage,
                 "there is no slipway.toml here: slipway init MODEL writes one, or name a recipe"};
  }
  ProgressLine progress;
  request.progress = [&](std::string_view what, double share) { progress.show(what, share); };
  const Result<report::Report> built = choose::build(request);
  progress.clear();
  if (!built.ok()) return built.error();
  if (arguments.has("--report"))
    TRY(write_file(arguments.value("--report"), report::to_html(*built)));
  TRY(print_data(arguments.has("--json") ? report::to_json(*built) : report_text(*built)));
  if (!built->chosen) return kExitBad;
  say(str("wrote ", request.out.string(), "/: ", (request.out / "report.html").string(),
          " shows the evidence"));
  return kExitOk;
}

}  // namespace

const Command kBuildCommand = {
    .name = "build",
    .summary =
        "find the fastest form of a model that keeps its budget, and write it with the evidence",
    .operands = "[slipway.toml]",
    .options = kOptions,
    .about =
        "Optimises the model, tries every engine, precision and number of threads that a recipe "
        "allows, windows\n"
        "that slide and fewer channels where it states them, measures each on this machine, and "
        "writes artifacts/:\n"
        "what runs, the ONNX behind it, golden inputs and outputs, and a report. When nothing "
        "keeps the budget it\n"
        "says what comes closest, leaves artifacts/ as it was, and ends with exit code 1.",
    .example = "slipway build --for pi5",
    .run = run_build,
};

}  // namespace slipway
