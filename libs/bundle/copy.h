// An object's bytes from a source to wherever they go, with the proof that they are the object's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "base/result.h"
#include "bundle/bytes.h"
#include "bundle/source.h"

namespace slipway::bundle {

// Takes the bytes of an object in their order.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status write(std::span<const std::byte> bytes) = 0;
  // So many zeros, which a file may keep as a hole. As it stands here it writes them.
  virtual Status zeros(std::uint64_t count);
};

// Hears of bytes that were dealt with; may be empty.
using Progress = std::function<void(std::uint64_t bytes)>;

// kInvalid unless the source gave file.bytes bytes with the hash file.sha256. What the sink got is
// good for nothing until this has returned OK. Takes 1 MiB of memory, whatever the size.
Status copy_object(Source& source, const FileEntry& file, Sink& sink,
                   const Progress& progress = {});

// The same with nowhere to go: are the bytes there?
Status check_object(Source& source, const FileEntry& file, const Progress& progress = {});

// Every object of the bundle, each once, in the order in which they lie in an archive; then
// Source::check_rest().
Status check_objects(Source& source, const Progress& progress = {});

// The size and hash of bytes, as the manifest states them.
Result<FileEntry> describe(Bytes& bytes, std::string path, const Progress& progress = {});

// Files of the manifest with a hash of their own, in the order of their hashes.
std::vector<FileEntry> distinct_objects(const Manifest& manifest);

}  // namespace slipway::bundle
