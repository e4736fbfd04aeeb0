// What holds of every manifest, whoever made it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "bundle/manifest.h"

namespace slipway::bundle {

inline constexpr std::size_t kMostFiles = 4096;
inline constexpr std::size_t kMostTargets = 256;
inline constexpr std::size_t kMostPorts = 1024;
inline constexpr std::size_t kMostDims = 64;
inline constexpr std::size_t kMostEntries = 64;  // of a list or table in a target
inline constexpr std::size_t kMostPathBytes = 512;
inline constexpr std::size_t kMostPartBytes = 200;  // between two '/'
inline constexpr std::size_t kMostNameBytes = 200;
inline constexpr std::uint32_t kMostThreads = 1024;
// Of all files together: the largest number that every reader of JSON takes exactly.
inline constexpr std::uint64_t kMostBytes = (std::uint64_t{1} << 53) - 1;

// A relative path of parts with one '/' between them: letters, digits and . _ - + = @, none empty,
// "." or "..". kInvalid otherwise.
Status check_path(std::string_view path);

// "12.2", "10.3.0.26": one to six numbers with dots between them. "v1", "1.0-rc" are none.
bool is_dotted_version(std::string_view text);

// kInvalid, with what and why, where a manifest breaks a rule of docs/formats/bundle.md.
Status check_rules(const Manifest& manifest);

}  // namespace slipway::bundle
