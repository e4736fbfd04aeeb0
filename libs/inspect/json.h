// JSON of what the commands print. Keys are stable: programs read them.
#pragma once

#include <string>
#include <vector>

#include "graph/problem.h"
#include "inspect/summary.h"
#include "tensor/value.h"

namespace slipway {

std::string summary_json(const Summary& summary);

// {"ok": false, "problems": [{"kind": "invalid", "unsupported" or "warning", "where", "what",
// "fix"}]}
std::string problems_json(const Problems& problems);

struct RunOutput {
  std::string name;
  Value value;
};
// {"seconds", "outputs": [{"name", "type", "shape", "values"}]}. Values are flat, in row-major
// order; what JSON has no number for (NaN, infinities) and complex numbers are text.
std::string run_json(const std::vector<RunOutput>& outputs, double seconds);

}  // namespace slipway
