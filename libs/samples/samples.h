// Samples of a model's inputs, one after the other, in bounded memory.
//
// Accepted: an .npz with an array per input, a .npy for a model of one input, or a folder of such
// files, in the order of their names (2 before 10). The first axis of an array counts samples; a
// file may also hold one sample alone. Arrays are named as the inputs; one array for one input
// needs no name. An array `labels` that is no input is passed over (labels.h reads it).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"
#include "samples/array_stream.h"
#include "tensor/tensor.h"

namespace slipway::samples {

inline constexpr std::string_view kLabels = "labels";

class Samples {
 public:
  // Looks at every file's headers, reads no elements. There is at least one sample. Errors name the
  // file, the array, what it holds and what is wanted.
  static Result<Samples> open(const std::filesystem::path& path, std::vector<Wanted> inputs);

  std::size_t count() const { return count_; }
  const std::vector<Wanted>& inputs() const { return inputs_; }

  // The next sample: a tensor for each input, in their order. False when there is none left.
  // Damage of a file shows at the latest with its last sample.
  Result<bool> next(std::vector<Tensor>& sample);
  // The first sample comes next.
  void rewind();

 private:
  struct Shard {  // one file
    OpenFile file;
    std::vector<ArrayStream> streams;  // as the inputs
    std::size_t left = 0;
  };

  Result<Shard> open_shard(const std::filesystem::path& path) const;
  Result<Shard> open_array(const std::filesystem::path& path) const;
  Result<Shard> open_archive(const std::filesystem::path& path) const;

  std::vector<Wanted> inputs_;
  std::vector<std::filesystem::path> files_;
  std::size_t count_ = 0;
  Shard shard_;
  std::size_t next_file_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace slipway::samples
