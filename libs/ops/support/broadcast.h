// BroadcastLoop: the loops that walk several tensors at once under NumPy broadcasting, with
// neighbouring dimensions merged wherever every tensor's strides allow.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/function_ref.h"
#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway {

struct BroadcastLoop {
  Shape shape;                                    // of the result
  std::vector<std::size_t> extents;               // merged loops, outermost first; never empty
  std::vector<std::vector<std::size_t>> strides;  // [tensor][loop], in elements; 0 repeats
};

// Fails, without a node's name, when two extents clash.
Result<BroadcastLoop> plan_broadcast(std::span<const Shape> shapes);

// What for_each_run calls for every innermost run: `count` result elements from `out` on, each of
// the tensors from its offset on in steps of its stride.
using OnRun = FunctionRef<void(std::size_t out, std::span<const std::size_t> offsets,
                               std::span<const std::size_t> steps, std::size_t count)>;

void for_each_run(const BroadcastLoop& loop, OnRun on_run);

}  // namespace slipway
