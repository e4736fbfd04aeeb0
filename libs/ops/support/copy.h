// Moving elements between two tensors of one element type, whatever that type is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace slipway {

using Strides = std::vector<std::int64_t>;

// In elements: the last axis has stride 1.
Strides row_major_strides(const Shape& shape);

// Where a block of elements lies in a tensor: its first element, and the step along each axis.
struct Placement {
  std::int64_t offset = 0;
  Strides strides;
};

// to[i] = from[i] for every index i below `shape`. Both placements have the rank of `shape` and
// must stay inside their tensors; strides may be zero or negative.
void copy_strided(const Tensor& source, const Placement& from, Tensor& target, const Placement& to,
                  const Shape& shape);

// How elements of shape `data` are read when they are broadcast to `wide`: stride 0 along repeated
// axes. `data` must broadcast to `wide`.
Placement broadcast_placement(const Shape& data, const Shape& wide);

// Fills `target`, in order, with elements of `source` read along the given placement.
void copy_from(const Tensor& source, const Placement& from, Tensor& target);

// Block i of `target` (block_elements each) = block sources[i] of `source`; a negative source
// leaves the block as it is.
void copy_blocks(const Tensor& source, std::span<const std::int64_t> sources,
                 std::size_t block_elements, Tensor& target);

// target[i0, i1, ...] = source[maps[0][i0], maps[1][i1], ...]: one map an axis, as long as the axis
// of the target. An element for which any map is negative stays as it is.
void copy_mapped(const Tensor& source, const std::vector<std::vector<std::int64_t>>& maps,
                 Tensor& target);

// Every element of `target` = element `at` of `source`.
void fill_with(Tensor& target, const Tensor& source, std::size_t at = 0);

}  // namespace slipway
