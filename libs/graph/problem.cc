#include "graph/problem.h"

#include "base/str.h"

namespace slipway {

std::string to_text(const Problem& problem) {
  std::string text = str(problem.where, ": ", problem.what);
  if (!problem.fix.empty()) text += str(": ", problem.fix);
  return text;
}

Error to_error(const Problem& problem) { return Error{problem.code, to_text(problem)}; }

}  // namespace slipway
