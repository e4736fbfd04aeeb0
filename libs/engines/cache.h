// Engines that take long to build, kept in a folder: built once, used again for as long as
// everything they depend on is the same and they give what they gave when they were built.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engines/cache_key.h"
#include "engines/engine.h"

namespace slipway::engines {

// How many built engines a folder keeps; those not used for longest go first.
inline constexpr std::size_t kMostKept = 64;

struct Cached {
  std::filesystem::path folder;  // made where it is not there
  std::string stem;              // of the files' names: the model's
  CacheKey key;
  // Of each output's largest magnitude; 0: to the last bit.
  double tolerance = 0;
  // The engine's bytes. `own` is a folder for what a library keeps beside them: empty when this is
  // called, there when the engine is opened; its name depends on the key.
  std::function<Result<std::vector<std::byte>>(const std::filesystem::path& own)> build;
  // From those bytes, at a multiple of 64, for which `owner` must be kept.
  std::function<Result<std::unique_ptr<Session>>(std::span<const std::byte> bytes,
                                                 std::shared_ptr<const void> owner,
                                                 const std::filesystem::path& own)>
      open;
};

// Opens the kept engine, or builds and keeps it. `progress` hears why one is built, and what of
// keeping it failed, which is no error. Any number of processes may use a folder: one builds, the
// others wait for it.
Result<std::unique_ptr<Session>> open_cached(const Cached& cached, const Progress& progress);

}  // namespace slipway::engines
