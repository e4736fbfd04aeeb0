// Which roles a role of targets trusts with a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trust/metadata.h"

namespace slipway::trust {

// A role that may speak for a path, and who may sign for it.
struct Delegate {
  std::string name;
  RoleKeys keys;
  bool is_terminating = false;
};

// Shell patterns: '*' any text, '?' one character, "[a-z]" and "[!a-z]" one of a set; none of them
// matches a '/'. Case counts.
bool path_matches(std::string_view pattern, std::string_view path);

// In the order in which they are to be asked; none after one that is terminating.
std::vector<Delegate> delegates_of(const Targets& targets, std::string_view path);

}  // namespace slipway::trust
