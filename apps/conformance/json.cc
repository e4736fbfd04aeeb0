// All JSON that this program reads or writes.
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "compare.h"
#include "report.h"

namespace slipway {
namespace {

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kFailed:
      return "failed";
    case Verdict::kSkipped:
      return "skipped";
  }
  return "";
}

nlohmann::ordered_json tally_json(const Tally& tally) {
  return {{"passed", tally.passed}, {"failed", tally.failed}, {"skipped", tally.skipped}};
}

}  // namespace

Result<Tolerance> read_tolerance(const std::filesystem::path& folder) {
  Tolerance tolerance;
  std::ifstream file(folder / "tolerance.json");
  if (!file) return tolerance;
  const nlohmann::json root = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  for (const auto& [key, number] :
       {std::pair{"rtol", &tolerance.relative}, {"atol", &tolerance.absolute}}) {
    if (!root.is_object() || !root.contains(key) || !root[key].is_number()) {
      return Error{Code::kInvalid, str("tolerance.json needs the numbers \"rtol\" and \"atol\"")};
    }
    *number = root[key].get<double>();
  }
  return tolerance;
}

std::string json_of(const Report& report) {
  using Json = nlohmann::ordered_json;
  Json root = tally_json(report.total);
  Json& operators = root["operators"] = Json::array();
  for (const auto& [key, result] : report.operators) {
    Json row = {{"domain", key.first}, {"operator", key.second}};
    row.update(tally_json(result.tally));
    row["reasons"] = result.reasons;
    operators.push_back(std::move(row));
  }
  Json& cases = root["cases"] = Json::array();
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const Case& c = report.cases[i];
    const Outcome& outcome = report.outcomes[i];
    Json row = {{"suite", c.suite},
                {"name", c.name},
                {"folder", c.folder.string()},
                {"operator", operator_label(outcome.domain, outcome.op)},
                {"verdict", verdict_name(outcome.verdict)}};
    if (!outcome.reason.empty()) row["reason"] = outcome.reason;
    cases.push_back(std::move(row));
  }
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace slipway
