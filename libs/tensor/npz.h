// NumPy's .npz files, both ways: zip archives of .npy arrays, stored or deflated, zip64 included.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/npy.h"
#include "tensor/tensor.h"

namespace slipway {

struct NamedArray {
  std::string name;  // without ".npy"
  Tensor tensor;
};

// In the order of the archive's directory. A small file cannot make this allocate much: what the
// arrays decompress to is limited to 256 MiB, or to 100 times the file where that is more.
Result<std::vector<NamedArray>> read_npz(const std::filesystem::path& path,
                                         const NpyOptions& options = {});
Result<std::vector<NamedArray>> read_npz_bytes(std::span<const std::byte> bytes,
                                               const NpyOptions& options = {});

enum class NpzCompression : std::uint8_t { kStored, kDeflated };

// Written atomically. Names must differ and may not be empty.
Status write_npz(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                 NpzCompression compression = NpzCompression::kStored);

}  // namespace slipway
