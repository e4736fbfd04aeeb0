#include "measure/result.h"

#include <cstdio>
#include <limits>

#include "base/str.h"

namespace slipway::measure {
namespace {

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", 100 * share);
  return text;
}

}  // namespace

std::string_view name(Scenario scenario) {
  switch (scenario) {
    case Scenario::kSingle:
      return "single";
    case Scenario::kRate:
      return "rate";
    case Scenario::kMulti:
      return "multi";
    case Scenario::kOffline:
      return "offline";
  }
  return "";
}

double OutputError::relative_error() const {
  if (mean_error == 0) return 0;
  return mean_size == 0 ? std::numeric_limits<double>::infinity() : mean_error / mean_size;
}

std::vector<std::string> budget_breaches(const CompareResult& result, const CompareBudget& budget) {
  std::vector<std::string> breaches;
  bool has_agreement = false;
  for (const OutputError& output : result.outputs) {
    if (output.mismatched > 0) {
      breaches.push_back(str("output ", output.name, ": ", output.mismatched, " of ",
                             output.elements,
                             " elements are NaN or infinite on one side and not on the other"));
    }
    const double error = output.relative_error();
    if (budget.most_relative_error.has_value() && !(error <= *budget.most_relative_error)) {
      breaches.push_back(str("output ", output.name, ": the mean error is ", percent(error),
                             " of the mean value, the budget ",
                             percent(*budget.most_relative_error)));
    }
    has_agreement = has_agreement || output.top1_agreement.has_value();
    if (!budget.most_drop.has_value() || result.accuracy.has_value()) continue;
    if (output.top1_agreement.has_value() && 1 - *output.top1_agreement > *budget.most_drop) {
      breaches.push_back(str("output ", output.name, ": another class comes first in ",
                             percent(1 - *output.top1_agreement), " of the samples, the budget is ",
                             percent(*budget.most_drop)));
    }
  }
  if (!budget.most_drop.has_value()) return breaches;
  if (result.accuracy.has_value() && result.accuracy->drop() > *budget.most_drop) {
    breaches.push_back(str("accuracy drops from ", percent(result.accuracy->reference), " to ",
                           percent(result.accuracy->candidate), ", by ",
                           percent(result.accuracy->drop()), "; the budget is ",
                           percent(*budget.most_drop)));
  }
  if (!result.accuracy.has_value() && !has_agreement)
    breaches.emplace_back("no output looks like classes, so no drop of accuracy can be measured");
  return breaches;
}

}  // namespace slipway::measure
