#include <map>

#include "base/str.h"
#include "exceptions.h"
#include "ops/op.h"
#include "report.h"

namespace slipway {
namespace {

constexpr std::string_view kIntroduction =
    "# Operators\n"
    "\n"
    "Every operator that Slipway runs, the opset versions at which its form changed (all of them "
    "are\n"
    "accepted), and what the ONNX conformance cases gave. `./dev conformance` writes this page "
    "from the\n"
    "run it makes; do not edit it.\n"
    "\n"
    "The cases are those of Debian's `libonnx-testdata` and those that the Python package `onnx` "
    "generates\n"
    "and carries. A case in which an operator is replaced by its own definition (`_expanded`) "
    "counts for the\n"
    "operator. Outputs agree when type, shape, text and integers are equal and floating point "
    "elements are\n"
    "within 1e-7 + 1e-3 * |expected|, or the tolerance that the case states.\n";

std::string versions_text(const Op& op) {
  std::vector<int> versions;
  for (const OpVersion& version : op.versions) versions.push_back(version.since);
  std::string text = join(versions);
  if (op.removed > 0) text += str(" (until ", op.removed - 1, ")");
  return text;
}

std::string notes_text(const OperatorResult& result) { return join(result.reasons, "; "); }

std::string domain_title(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

std::string row(const std::string& op, const std::string& versions, const OperatorResult& result) {
  const Tally& tally = result.tally;
  return str("| ", op, " | ", versions, " | ", tally.passed, " | ", tally.failed, " | ",
             tally.skipped, " | ", notes_text(result), " |\n");
}

}  // namespace

std::string operators_page(const Report& report) {
  std::map<std::string, std::map<std::string, std::string>> versions;  // by domain, by operator
  for (const Op* op : all_ops())
    versions[std::string(op->domain)][std::string(op->name)] = versions_text(*op);
  for (const auto& [key, result] : report.operators) {
    if (!key.second.empty()) versions[key.first].try_emplace(key.second, "none");
  }

  std::string page = str(kIntroduction, "\nIn all: ", closing_line(report.total), ".\n");
  const std::map<std::string, std::map<std::string, std::string>>& domains = versions;
  for (const auto& [domain, operators] : domains) {
    page += str("\n## ", domain_title(domain), ": ", operators.size(), " operators\n\n",
                "| Operator | Versions | Passed | Failed | Skipped | Reason |\n",
                "|---|---|---:|---:|---:|---|\n");
    for (const auto& [op, text] : operators) {
      const auto found = report.operators.find({domain, op});
      page += row(op, text, found == report.operators.end() ? OperatorResult{} : found->second);
    }
  }
  const auto several = report.operators.find({"", ""});
  if (several != report.operators.end()) {
    page += str("\n## Whole models\n\nCases of several operators: ",
                closing_line(several->second.tally), ".\n");
  }
  return page;
}

}  // namespace slipway
