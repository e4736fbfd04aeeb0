// NumPy's .npy files, both ways. docs/formats/npy.md has the details.
//
// Read: versions 1 to 3, C and Fortran order, either byte order, numbers, bool, text (<U, |S) and
// the types NumPy lacks, in the form that write_npy gives them. Object arrays are pickles and
// refused.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway {

struct NpyOptions {
  // The type of arrays whose file says only how wide an element is ("|V1", as ml_dtypes' float8 and
  // int4 arrays are saved). Such a file is an error when this does not fit.
  DType void_type = DType::kUndefined;
  // Text elements take more memory than file: no more of them than this.
  std::size_t max_strings = std::size_t{1} << 26;
  // Of an .npz: what its arrays may decompress to in all, where that is more than 100 times the
  // file.
  std::size_t max_expanded_bytes = std::size_t{256} << 20;
};

// The tensor is direct. Nothing is allocated for elements that the bytes do not hold.
Result<Tensor> read_npy(const std::filesystem::path& path, const NpyOptions& options = {});
Result<Tensor> read_npy_bytes(std::span<const std::byte> bytes, const NpyOptions& options = {});

// The header and the element bytes that follow it. Types NumPy lacks become a structure of one
// field named after the type, [('bfloat16', '<u2')], one element per byte or two bytes; ml_dtypes'
// types can view() it. Text becomes <U, or |S when it is not UTF-8.
Result<std::string> npy_bytes(const Tensor& tensor);

// The same as a file, written atomically.
Status write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace slipway
