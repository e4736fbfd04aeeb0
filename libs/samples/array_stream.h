// A .npy array, slice by slice along its first axis.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "samples/byte_source.h"
#include "tensor/npy_header.h"
#include "tensor/tensor.h"

namespace slipway::samples {

// What one sample of an input must be.
struct Wanted {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;  // what a run takes, its batch of 1 included; -1: any extent
};

class ArrayStream {
 public:
  // `total_bytes`: header and elements. The array's slices must be `wanted`, a leading extent of 1
  // of which the array need not have; an array that is one such sample itself counts as one.
  static Result<ArrayStream> open(std::unique_ptr<ByteSource> source, std::uint64_t total_bytes,
                                  const Wanted& wanted);

  std::size_t count() const { return count_; }
  // The next sample, in the wanted shape; there must be one left.
  Result<Tensor> next();

 private:
  std::unique_ptr<ByteSource> source_;
  std::string slice_;  // a .npy file of one slice: its header, then room for the elements
  std::size_t header_bytes_ = 0;
  std::size_t slice_bytes_ = 0;
  Shape shape_;
  DType dtype_ = DType::kFloat32;
  std::size_t count_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace slipway::samples
