// What a run says: the table by operator, the failures, the closing line, JSON and
// docs/operators.md.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "case.h"

namespace slipway {

struct Tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;

  void add(Verdict verdict) {
    ++(verdict == Verdict::kPassed ? passed : verdict == Verdict::kFailed ? failed : skipped);
  }
};

struct OperatorResult {
  Tally tally;
  std::vector<std::string> reasons;  // of its skips and of what is not compared in full, each once
};

// Keyed by domain and operator; the operator "" stands for cases that exercise several.
using OperatorResults = std::map<std::pair<std::string, std::string>, OperatorResult>;

struct Report {
  std::vector<Case> cases;
  std::vector<Outcome> outcomes;  // one a case
  Tally total;
  OperatorResults operators;
};

Report make_report(std::vector<Case> cases, std::vector<Outcome> outcomes);

// "Conv" or "ai.onnx.ml.Scaler".
std::string operator_label(const std::string& domain, const std::string& op);

std::string text_of_operators(const Report& report);  // the table, a line an operator
std::string text_of_skips(const Report& report);      // a line a reason
std::string text_of_failures(const Report& report);   // what differs and how to run that case again
std::string closing_line(const Tally& total);         // "N passed, N failed, N skipped"
std::string json_of(const Report& report);

// docs/operators.md: every operator Slipway has and what its cases gave.
std::string operators_page(const Report& report);

}  // namespace slipway
