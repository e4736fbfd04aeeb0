#include "ops/support/broadcast.h"

#include <algorithm>

#include "base/str.h"

namespace slipway {
namespace {

Result<Shape> common_shape(std::span<const Shape> shapes) {
  std::size_t rank = 0;
  for (const Shape& shape : shapes) rank = std::max(rank, shape.size());
  Shape result(rank, 1);
  for (const Shape& shape : shapes) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      std::int64_t& extent = result[rank - shape.size() + i];
      if (shape[i] == 1 || shape[i] == extent) continue;
      if (extent != 1) {
        return Error{Code::kInvalid,
                     str("shape ", shape_text(shape), " does not broadcast with the other inputs: ",
                         "dimension ", i, " is ", shape[i], " where theirs is ", extent,
                         ": make the two equal, or one of them 1")};
      }
      extent = shape[i];
    }
  }
  return result;
}

// Row-major strides in the result's dimensions; 0 where the tensor has extent 1 or no dimension.
std::vector<std::size_t> broadcast_strides(const Shape& shape, std::size_t rank) {
  std::vector<std::size_t> strides(rank, 0);
  std::size_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (shape[i] != 1) strides[rank - shape.size() + i] = stride;
    stride *= static_cast<std::size_t>(shape[i]);
  }
  return strides;
}

}  // namespace

Result<BroadcastLoop> plan_broadcast(std::span<const Shape> shapes) {
  BroadcastLoop loop;
  loop.shape = TRY(common_shape(shapes));
  const std::size_t rank = loop.shape.size();
  std::vector<std::vector<std::size_t>> strides;
  for (const Shape& shape : shapes) strides.push_back(broadcast_strides(shape, rank));
  loop.strides.resize(shapes.size());
  for (std::size_t d = 0; d < rank; ++d) {
    const auto extent = static_cast<std::size_t>(loop.shape[d]);
    if (extent == 1) continue;
    bool merges = !loop.extents.empty();
    for (std::size_t n = 0; merges && n < shapes.size(); ++n) {
      merges = loop.strides[n].back() == strides[n][d] * extent;
    }
    if (merges) {
      loop.extents.back() *= extent;
    } else {
      loop.extents.push_back(extent);
    }
    for (std::size_t n = 0; n < shapes.size(); ++n) {
      if (merges) {
        loop.strides[n].back() = strides[n][d];
      } else {
        loop.strides[n].push_back(strides[n][d]);
      }
    }
  }
  if (loop.extents.empty()) {
    loop.extents.push_back(1);
    for (std::vector<std::size_t>& s : loop.strides) s.push_back(0);
  }
  return loop;
}

void for_each_run(const BroadcastLoop& loop, OnRun on_run) {
  const std::size_t inner = loop.extents.size() - 1;
  const std::size_t count = loop.extents[inner];
  const std::size_t tensors = loop.strides.size();
  std::vector<std::size_t> offsets(tensors, 0);
  std::vector<std::size_t> steps(tensors);
  for (std::size_t n = 0; n < tensors; ++n) steps[n] = loop.strides[n][inner];
  std::vector<std::size_t> at(inner, 0);
  std::size_t runs = 1;
  for (std::size_t d = 0; d < inner; ++d) runs *= loop.extents[d];
  if (count == 0) return;
  for (std::size_t run = 0; run < runs; ++run) {
    on_run(run * count, offsets, steps, count);
    for (std::size_t d = inner; d-- > 0;) {
      for (std::size_t n = 0; n < tensors; ++n) offsets[n] += loop.strides[n][d];
      if (++at[d] < loop.extents[d]) break;
      for (std::size_t n = 0; n < tensors; ++n) offsets[n] -= loop.strides[n][d] * at[d];
      at[d] = 0;
    }
  }
}

}  // namespace slipway
