// Zip archives as .npz needs them: entries stored or deflated, zip64 included; no encryption, no
// archives in several parts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace slipway {

struct ZipEntry {
  std::string_view name;  // in the archive's bytes
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t size_bytes = 0;       // as declared, decompressed
  std::span<const std::byte> stored;  // as in the archive
};

// The archive's directory. Every entry's bytes lie in the archive; a stored entry has its declared
// size; a deflated one declares no more than deflate can make of its bytes.
Result<std::vector<ZipEntry>> read_zip_directory(std::span<const std::byte> archive);

// The decompressed bytes, checked against declared size and checksum. Allocates the declared size.
Result<std::vector<std::byte>> inflate_entry(const ZipEntry& entry);
// Its first bytes, at most `size_bytes`, unchecked.
Result<std::vector<std::byte>> inflate_start(const ZipEntry& entry, std::size_t size_bytes);
Status check_crc(const ZipEntry& entry, std::span<const std::byte> content);

// Writes entries one after the other, then the directory.
class ZipWriter {
 public:
  explicit ZipWriter(AtomicFile& file) : file_(file) {}
  Status add(std::string_view name, std::string_view content, bool deflate);
  Status finish();

 private:
  struct Written {
    std::string name;
    bool deflated = false;
    std::uint32_t crc = 0;
    std::uint64_t stored_bytes = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t offset = 0;
  };
  Status put(std::string_view bytes);

  AtomicFile& file_;
  std::vector<Written> entries_;
  std::uint64_t offset_ = 0;
};

}  // namespace slipway
