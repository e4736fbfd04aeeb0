// A file's bytes, mapped read-only: pages are read when touched and never copied to the heap.
// The file must not be shortened while it is mapped.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "base/result.h"

namespace slipway {

class MappedFile {
 public:
  // kNotFound when there is no such file, kUsage when it is not a regular file, kIo otherwise.
  static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace slipway
