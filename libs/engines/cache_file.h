// A built engine as a file: its key, golden inputs and outputs, and the engine itself.
// docs/formats/engine.md gives every byte. Whatever the bytes are, reading ends with an entry or an
// error, and allocates no more than the file has.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "engines/cache_key.h"
#include "ops/interpreter.h"

namespace slipway::engines {

// What the engine was given once it was built, and what it gave.
struct Golden {
  std::vector<NamedValue> inputs;
  std::vector<NamedValue> outputs;
};

struct CacheEntry {
  std::vector<KeyPart> key;
  Golden golden;
  std::span<const std::byte> payload;  // at a multiple of 64, in the file's map
  std::shared_ptr<const void> owner;   // of the payload
};

Result<CacheEntry> read_entry(const std::filesystem::path& file);
// The same of bytes at a multiple of 64 that `owner` keeps.
Result<CacheEntry> parse_entry(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

// Atomic: after a crash at any moment there is the old file or all of the new one.
Status write_entry(const std::filesystem::path& file, const CacheKey& key, const Golden& golden,
                   std::span<const std::byte> payload);

}  // namespace slipway::engines
