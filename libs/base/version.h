// Semantic versions of models: MAJOR.MINOR.PATCH, a pre-release after '-', a build after '+'.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway {

struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  std::string pre_release;  // "rc.1"
  std::string build;        // plays no part in comparisons

  // kInvalid unless it is a version as semver.org has it.
  static Result<Version> parse(std::string_view text);
  std::string text() const;

  // By precedence: 1.0.0-rc.1 comes before 1.0.0, "rc.2" before "rc.10".
  std::strong_ordering compare(const Version& other) const;
};

}  // namespace slipway
