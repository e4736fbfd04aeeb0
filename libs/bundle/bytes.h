// Bytes that can be read from any place: of a file, later of a server that takes ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/files.h"
#include "base/result.h"

namespace slipway::bundle {

// So many bytes are zeros for certain, as in a hole of a file; or they have to be read.
struct Run {
  std::uint64_t bytes = ~std::uint64_t{0};  // at least 1
  bool is_zeros = false;
};

class Bytes {
 public:
  virtual ~Bytes() = default;

  virtual std::uint64_t size() const = 0;
  // Fills `to` but at the end of the bytes; returns how many there were.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> to) = 0;
  // What is known of the bytes from `offset` on without reading them.
  virtual Run run_at(std::uint64_t /*offset*/) { return {}; }
};

// Of a regular file; what is opened stays open.
Result<std::unique_ptr<Bytes>> open_bytes(const std::filesystem::path& path);
std::unique_ptr<Bytes> bytes_of(OpenFile file, std::string name);

}  // namespace slipway::bundle
