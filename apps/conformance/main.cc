// slipway-conformance: runs folders of ONNX backend cases.
// Exit codes: 0 all passed or skipped, 1 a case failed or could not be read, 2 bad usage.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <regex>
#include <thread>

#include "base/str.h"
#include "case.h"
#include "cli/options.h"
#include "report.h"
#include "run_case.h"
#include "workers.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--only", "REGEX", "run the cases whose suite/name the regular expression is found in"},
    {"--op", "NAME", "run the cases whose model has this operator under test"},
    {"--compiled", "", "run each case as a plan: it must give the reference's bits"},
    {"--optimized", "", "optimise each case's model first: its results must stay"},
    {"--opset", "N", "with --optimized: convert it to this operator set, too"},
    {"--verbose", "", "print a line for every case"},
    {"--json", "FILE", "write the outcome of every case as JSON"},
    {"--docs", "FILE", "write the page of operators (docs/operators.md)"},
    {"--jobs", "N", "cases run at the same time (as many as there are processors)"},
    {"--limit", "SECONDS", "time for one case (60)"},
    {"--help", "", "show this"},
};

void print_help() {
  std::printf(
      "usage: slipway-conformance [OPTION...] FOLDER...\n\n"
      "Runs every ONNX case at or below the folders: model.onnx and "
      "test_data_set_*/{input,output}_*.pb.\n\n"
      "%s\n"
      "example: slipway-conformance --op Conv --verbose /usr/share/libonnx-testdata/data/node\n"
      "exit codes: 0 nothing failed, 1 something failed, 2 bad usage\n",
      options_text(kOptions).c_str());
}

int fail(const Error& error) {
  std::fprintf(stderr, "slipway-conformance: %s\n", error.message.c_str());
  return error.code == Code::kUsage ? 2 : 1;
}

Result<std::vector<Case>> collect_cases(const Arguments& arguments) {
  std::regex only;
  try {
    only = std::regex(arguments.value("--only"));
  } catch (const std::regex_error& error) {
    return Error{Code::kUsage, str("--only is not a regular expression: ", error.what())};
  }
  std::vector<Case> chosen;
  for (const std::string& folder : arguments.positional()) {
    for (Case& c : TRY(find_cases(folder))) {
      if (!arguments.has("--only") || std::regex_search(str(c.suite, "/", c.name), only)) {
        chosen.push_back(std::move(c));
      }
    }
  }
  if (!arguments.has("--op")) return chosen;
  std::vector<Case> of_op;
  for (Case& c : chosen) {
    if (subject_of(c).op == arguments.value("--op")) of_op.push_back(std::move(c));
  }
  return of_op;
}

Status write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    return Error{Code::kIo, str(path, ": cannot be written: check that its folder exists")};
  return {};
}

void show_progress(std::size_t done, std::size_t all) {
  static const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  if (is_terminal && (done % 16 == 0 || done == all)) {
    std::fprintf(stderr, "\r%zu of %zu cases%s", done, all, done == all ? "\r\033[K" : "");
  }
}

void print_cases(const Report& report) {
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const Outcome& outcome = report.outcomes[i];
    const char* word = outcome.verdict == Verdict::kPassed    ? "passed "
                       : outcome.verdict == Verdict::kSkipped ? "skipped"
                                                              : "FAILED ";
    std::printf("%s %s/%s (%s)\n", word, report.cases[i].suite.c_str(),
                report.cases[i].name.c_str(), operator_label(outcome.domain, outcome.op).c_str());
  }
}

Result<std::function<Outcome(const Case&)>> way_to_run(const Arguments& arguments) {
  if (arguments.has("--compiled")) return std::function(run_case_compiled);
  if (!arguments.has("--optimized")) return std::function(run_case);
  OptimizedOptions options;
  if (arguments.has("--opset")) {
    options.opset =
        static_cast<int>(TRY(parse_number("--opset", arguments.value("--opset"), 7, 1000)));
  }
  return std::function([options](const Case& c) { return run_case_optimized(c, options); });
}

Result<int> run(const Arguments& arguments) {
  WorkerOptions options;
  options.workers = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  if (arguments.has("--jobs")) {
    options.workers =
        static_cast<int>(TRY(parse_number("--jobs", arguments.value("--jobs"), 1, 256)));
  }
  if (arguments.has("--limit")) {
    options.limit_ms =
        static_cast<int>(TRY(parse_number("--limit", arguments.value("--limit"), 1, 3600))) * 1000;
  }
  std::vector<Case> cases = TRY(collect_cases(arguments));
  if (cases.empty())
    return Error{Code::kInvalid, "no such case below the folders: nothing was run"};

  const std::size_t count = cases.size();
  std::vector<Outcome> outcomes =
      TRY(run_in_workers(cases, options, TRY(way_to_run(arguments)),
                         [&](std::size_t done) { show_progress(done, count); }));
  for (std::size_t i = 0; i < count; ++i) {
    if (outcomes[i].op.empty() && outcomes[i].verdict == Verdict::kFailed) {
      const Subject subject = subject_by_name(cases[i]);  // the worker did not live to tell
      outcomes[i].domain = subject.domain;
      outcomes[i].op = subject.op;
    }
  }
  const Report report = make_report(std::move(cases), std::move(outcomes));

  if (arguments.has("--verbose")) print_cases(report);
  std::printf("%s", text_of_operators(report).c_str());
  std::printf("%s%s", text_of_skips(report).c_str(), text_of_failures(report).c_str());
  if (arguments.has("--json")) TRY(write_file(arguments.value("--json"), json_of(report)));
  if (arguments.has("--docs")) TRY(write_file(arguments.value("--docs"), operators_page(report)));
  std::printf("%s\n", closing_line(report.total).c_str());
  return report.total.failed == 0 ? 0 : 1;
}

int main_with(std::span<const std::string> words) {
  const Result<Arguments> arguments = parse_options(kOptions, words);
  if (!arguments.ok()) return fail(arguments.error());
  if (arguments->has("--help")) return print_help(), 0;
  if (arguments->positional().empty()) {
    return fail({Code::kUsage, "name at least one folder of cases; --help shows how"});
  }
  const Result<int> code = run(*arguments);
  return code.ok() ? *code : fail(code.error());
}

}  // namespace
}  // namespace slipway

int main(int argc, char** argv) {
  return slipway::main_with(std::vector<std::string>(argv + 1, argv + argc));
}
