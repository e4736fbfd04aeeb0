// Bytes of a file from one place on, one after the other, as they stand or inflated. Nothing is
// mapped, so that what was read leaves no trace in the process's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/files.h"
#include "base/result.h"
#include "tensor/zip.h"

namespace slipway::samples {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills all of `to`; fewer bytes than that are an error.
  virtual Status read(std::span<std::byte> to) = 0;
  // To be called once every byte was read: do they match the checksum that came with them?
  virtual Status finish() = 0;
};

// `file` outlives the source.
std::unique_ptr<ByteSource> plain_source(const OpenFile& file);
// Of an entry whose bytes start at `offset` of the file.
Result<std::unique_ptr<ByteSource>> entry_source(const OpenFile& file, const ZipEntry& entry,
                                                 std::uint64_t offset);

}  // namespace slipway::samples
