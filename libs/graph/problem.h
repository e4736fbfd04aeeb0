// A fault found in a model: where, what is wrong, and the way out. `slipway check` prints them all.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace slipway {

struct Problem {
  Code code = Code::kInvalid;  // kInvalid, kUnsupported or kTooLarge
  std::string where;           // "node conv1 (Conv)", "input image", "model"
  std::string what;            // the reason
  std::string fix;             // what to do; may be empty
  bool is_warning = false;     // the model can be run all the same
};

using Problems = std::vector<Problem>;

// The first problem that is no warning; null when the model can be run.
const Problem* first_fault(const Problems& problems);

// "where: what: fix", and the same as an Error.
std::string to_text(const Problem& problem);
Error to_error(const Problem& problem);

}  // namespace slipway
