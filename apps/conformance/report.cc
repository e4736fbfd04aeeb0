#include "report.h"

#include <algorithm>

#include "base/str.h"
#include "exceptions.h"

namespace slipway {
namespace {

constexpr std::string_view kWholeModels = "(several operators)";

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string padded_left(std::size_t number, std::size_t width) {
  std::string text = str(number);
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

}  // namespace

Report make_report(std::vector<Case> cases, std::vector<Outcome> outcomes) {
  Report report{std::move(cases), std::move(outcomes), {}, {}};
  for (std::size_t i = 0; i < report.outcomes.size(); ++i) {
    const Outcome& outcome = report.outcomes[i];
    OperatorResult& result = report.operators[{outcome.domain, outcome.op}];
    result.tally.add(outcome.verdict);
    report.total.add(outcome.verdict);
    if (outcome.verdict == Verdict::kSkipped) add_once(result.reasons, outcome.reason);
    for (const auto table : {random_cases(), open_shape_cases(), noisy_cases(), half_cases()}) {
      const Exception* row = find_exception(table, report.cases[i].folder);
      if (row != nullptr) add_once(result.reasons, std::string(row->reason));
    }
  }
  return report;
}

std::string operator_label(const std::string& domain, const std::string& op) {
  if (op.empty()) return std::string(kWholeModels);
  return domain.empty() ? op : str(domain, ".", op);
}

std::string text_of_operators(const Report& report) {
  std::size_t width = 8;
  for (const auto& [key, result] : report.operators) {
    width = std::max(width, operator_label(key.first, key.second).size());
  }
  std::string text = str(padded("operator", width), "  passed  failed  skipped\n");
  for (const auto& [key, result] : report.operators) {
    text +=
        str(padded(operator_label(key.first, key.second), width), "  ",
            padded_left(result.tally.passed, 6), "  ", padded_left(result.tally.failed, 6), "  ",
            padded_left(result.tally.skipped, 7), result.tally.failed > 0 ? "  FAILED" : "", "\n");
  }
  return text;
}

std::string text_of_skips(const Report& report) {
  std::map<std::string, std::vector<std::string>> names_of_reason;
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    if (report.outcomes[i].verdict != Verdict::kSkipped) continue;
    add_once(names_of_reason[report.outcomes[i].reason], report.cases[i].name);
  }
  std::string text;
  for (const auto& [reason, names] : names_of_reason) {
    text += str("skipped: ", join(names), "\n  ", reason, "\n");
  }
  return text;
}

std::string text_of_failures(const Report& report) {
  std::string text;
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const Outcome& outcome = report.outcomes[i];
    if (outcome.verdict != Verdict::kFailed) continue;
    text += str("FAILED ", report.cases[i].suite, "/", report.cases[i].name, " (",
                operator_label(outcome.domain, outcome.op), "): ", outcome.reason,
                "\n  again: build/bin/slipway-conformance --verbose ",
                report.cases[i].folder.string(), "\n");
  }
  return text;
}

std::string closing_line(const Tally& total) {
  return str(total.passed, " passed, ", total.failed, " failed, ", total.skipped, " skipped");
}

}  // namespace slipway
