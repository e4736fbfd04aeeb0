// Runs one case in this process.
#pragma once

#include <optional>

#include "case.h"
#include "graph/graph.h"

namespace slipway {

struct Subject {
  std::string domain;
  std::string op;  // empty: several operators
};

// The operator that a case is about. In the suite "node": the one its name begins with, else the
// first (Constant aside); an `_expanded` case is about what the case beside it, without that
// ending, is about. Elsewhere: the model's only operator, or several.
Subject subject_of(const Case& c, const Model& model);
// The same where the model has not been read.
Subject subject_of(const Case& c);
// The operator with the longest name that the case's name begins with, among those Slipway has.
Subject subject_by_name(const Case& c);

// Reads, checks, infers, runs and compares. Skips by the table in exceptions.h.
Outcome run_case(const Case& c);

// Compiles the case's model for its data and demands that the plan give the reference's bits, on
// every instruction set and with several threads. Skips what no plan can hold.
Outcome run_case_compiled(const Case& c);

struct OptimizedOptions {
  std::optional<int> opset;  // converted as well
};

// Optimises the case's model, as it is and with all inputs but the first as constants, writes and
// reads it back, and demands the case's results. Skips what has no form in the operator set wanted.
Outcome run_case_optimized(const Case& c, const OptimizedOptions& options);

}  // namespace slipway
