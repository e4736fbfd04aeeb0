// Putting elements where indices say: ONNX ScatterElements and ScatterND without a reduction. Of
// several that go to one place the last stays, so updates are taken in order. Indices come from the
// model's user: each is checked, negative ones count from the end, and a bad one stops the kernel,
// which tells where it stands (kAllGood: nowhere).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/move/gather.h"

namespace slipway {

// to[i with indices[i] along `axis`] = updates[i]. indices and updates have the extents given, `to`
// the strides in elements and to_extent along the axis.
struct ScatterElements {
  std::size_t rank = 0;
  std::size_t axis = 0;
  std::size_t element_bytes = 0;  // 1, 2, 4, 8 or 16
  std::size_t extent[kMoveDims] = {};
  std::size_t to_stride[kMoveDims] = {};
  std::size_t to_extent = 0;
};
std::size_t scatter_elements(const ScatterElements& shape, Indices indices, const void* updates,
                             void* to);

// Blocks of block_bytes; indices [rows, depth] name one each, by its place along the axes of the
// extents given.
struct ScatterBlocks {
  std::size_t depth = 0;
  std::size_t extent[kMoveDims] = {};
  std::size_t rows = 0;
  std::size_t block_bytes = 0;
};
std::size_t scatter_blocks(const ScatterBlocks& shape, const std::int64_t* indices,
                           const void* updates, void* to);

}  // namespace slipway
