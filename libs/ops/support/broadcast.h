// BroadcastLoop: the loops that walk several tensors at once under NumPy broadcasting, with
// neighbouring dimensions merged wherever every tensor's strides allow.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

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

// Calls f(out, offsets, strides, count) for every innermost run: `count` result elements from `out`
// on, each of the N tensors from its offset on in steps of its stride.
template <std::size_t N, typename F>
void for_each_run(const BroadcastLoop& loop, F&& f) {
  const std::size_t inner = loop.extents.size() - 1;
  const std::size_t count = loop.extents[inner];
  std::array<std::size_t, N> offsets{};
  std::array<std::size_t, N> steps{};
  for (std::size_t n = 0; n < N; ++n) steps[n] = loop.strides[n][inner];
  std::vector<std::size_t> at(inner, 0);
  std::size_t runs = 1;
  for (std::size_t d = 0; d < inner; ++d) runs *= loop.extents[d];
  if (count == 0) return;
  for (std::size_t run = 0; run < runs; ++run) {
    f(run * count, offsets, steps, count);
    for (std::size_t d = inner; d-- > 0;) {
      for (std::size_t n = 0; n < N; ++n) offsets[n] += loop.strides[n][d];
      if (++at[d] < loop.extents[d]) break;
      for (std::size_t n = 0; n < N; ++n) offsets[n] -= loop.strides[n][d] * at[d];
      at[d] = 0;
    }
  }
}

}  // namespace slipway
