// Picking elements by index. Indices come from the model's user: each is checked, negative ones
// count from the end, and a bad one stops the kernel, which tells where it stands.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/move/copy.h"

namespace slipway {

inline constexpr std::size_t kAllGood = SIZE_MAX;

// int32 or int64.
struct Indices {
  const void* data = nullptr;
  bool is_wide = true;

  std::int64_t operator[](std::size_t i) const {
    return is_wide ? static_cast<const std::int64_t*>(data)[i]
                   : std::int64_t{static_cast<const std::int32_t*>(data)[i]};
  }
};

// ONNX Gather: from [outer, extent, block], to [outer, count, block], both contiguous, a block of
// block_bytes; indices [count]. Outer rows begin .. end. Returns the position of the first index
// out of range, or kAllGood.
std::size_t gather(const void* from, Indices indices, void* to, std::size_t extent,
                   std::size_t count, std::size_t block_bytes, std::size_t begin, std::size_t end);

// ONNX GatherElements: to[i] = from[i with indices[i] along `axis`]. indices and `to` have the
// extents given, `from` the strides in elements and from_extent along the axis.
struct GatherElements {
  std::size_t rank = 0;
  std::size_t axis = 0;
  std::size_t element_bytes = 0;
  std::size_t extent[kMoveDims] = {};
  std::ptrdiff_t from_stride[kMoveDims] = {};
  std::size_t from_extent = 0;
};
// Elements begin .. end of the output.
std::size_t gather_elements(const GatherElements& shape, const void* from, Indices indices,
                            void* to, std::size_t begin, std::size_t end);

// ONNX GatherND: blocks of block_bytes. indices [batches, rows, depth] name one each, by its place
// along the axes of the extents given; each batch has blocks of its own.
struct GatherBlocks {
  std::size_t depth = 0;  // 1 .. kMoveDims
  std::size_t extent[kMoveDims] = {};
  std::size_t rows = 0;
  std::size_t block_bytes = 0;
};
// Rows begin .. end of all batches. Returns the first whose place does not exist, or kAllGood.
std::size_t gather_blocks(const GatherBlocks& shape, const void* from, const std::int64_t* indices,
                          void* to, std::size_t begin, std::size_t end);

}  // namespace slipway
