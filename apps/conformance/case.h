// A conformance case: a folder with model.onnx and test_data_set_*/{input,output}_*.pb.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace slipway {

struct Case {
  std::string suite;  // the folder it lies in: "node", "simple"
  std::string name;   // "test_add_bcast"
  std::filesystem::path folder;
};

enum class Verdict : char { kPassed = 'P', kFailed = 'F', kSkipped = 'S' };

struct Outcome {
  Verdict verdict = Verdict::kFailed;
  std::string domain;  // of the operator under test
  std::string op;      // empty: the case exercises several, as whole models do
  std::string reason;  // why it failed or was skipped, one line
};

// Every case at or below the folder, sorted by path. A folder that does not exist or cannot be read
// is an error.
Result<std::vector<Case>> find_cases(const std::filesystem::path& folder);

struct CaseData {
  std::vector<std::filesystem::path> inputs;  // in the order of their numbers
  std::vector<std::filesystem::path> outputs;
};
Result<std::vector<CaseData>> data_sets(const Case& c);

// The name without what marks the variant that replaces the operator by its definition:
// "_expanded",
// "_expanded_ver18".
std::string name_without_expansion(const std::string& name);

}  // namespace slipway
