// A delta applied to a file beside the target, which becomes the target when it is proven right.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace slipway::delta {

struct Patched {
  std::uint64_t new_bytes = 0;
  std::uint64_t resumed_bytes = 0;  // that an earlier, interrupted call had written
};

// `target` may be `old`. Until the end the bytes go to `target` with ".part" behind its name; an
// interrupted call leaves it, and the next goes on from there. It is removed when it cannot become
// right: another old file, a damaged delta.
Result<Patched> patch_file(const std::filesystem::path& old, const std::filesystem::path& delta,
                           const std::filesystem::path& target);

}  // namespace slipway::delta
