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
};

using Problems = std::vector<Problem>;

// "where: what: fix", and the same as an Error.
std::string to_text(const Problem& problem);
Error to_error(const Problem& problem);

}  // namespace slipway
