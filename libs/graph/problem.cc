#include "graph/problem.h"

#include <algorithm>

#include "base/str.h"

namespace slipway {

const Problem* first_fault(const Problems& problems) {
  const auto found = std::find_if(problems.begin(), problems.end(),
                                  [](const Problem& problem) { return !problem.is_warning; });
  return found == problems.end() ? nullptr : &*found;
}

std::string to_text(const Problem& problem) {
  std::string text = str(problem.where, ": ", problem.what);
  if (!problem.fix.empty()) text += str(": ", problem.fix);
  return text;
}

Error to_error(const Problem& problem) { return Error{problem.code, to_text(problem)}; }

}  // namespace slipway
