// What AveragePool, LpPool and MaxPool share: windows over the spatial axes of [N, C, spatial...].
#pragma once

#include <vector>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/support/window.h"

namespace slipway {

struct Pooling {
  std::vector<WindowAxis> axes;
  Shape output_shape;
  std::int64_t planes = 0;        // N * C
  std::int64_t plane_inputs = 0;  // elements of one input plane
};

Result<Pooling> plan_pooling(const NodeView& view, const Shape& input);

// [N, C, spatial...] to [N, C, 1...]; the spatial axes must not be empty.
Result<Shape> global_pooled_shape(const NodeView& view, const Shape& input);

// Output 0, and output 1 where there is one, pooled; the second holds int64 indices.
Status infer_pooling(InferContext& ctx);

// [N, C, spatial...] to [N, C, 1...].
Status infer_global_pooling(InferContext& ctx);

// Fills every output with reduce(plane, window), from the elements of its input plane.
template <typename T, typename Reduce>
void pool_planes(const Pooling& pooling, std::span<const T> in, std::span<T> out, Reduce reduce) {
  std::size_t next = 0;
  for (std::int64_t plane = 0; plane < pooling.planes; ++plane) {
    const T* elements = in.data() + plane * pooling.plane_inputs;
    for_each_window(pooling.axes,
                    [&](const Window& window) { out[next++] = reduce(elements, window); });
  }
}

}  // namespace slipway
