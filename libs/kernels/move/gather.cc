#include "kernels/move/gather.h"

#include <cstring>

#include "kernels/move/by_size.h"

namespace slipway {
namespace {

// The index counted from the start, or -1.
std::int64_t in_range(std::int64_t index, std::size_t extent) {
  const auto size = static_cast<std::int64_t>(extent);
  const std::int64_t at = index < 0 ? index + size : index;
  return at >= 0 && at < size ? at : -1;
}

}  // namespace

std::size_t gather(const void* from, Indices indices, void* to, std::size_t extent,
                   std::size_t count, std::size_t block_bytes, std::size_t begin, std::size_t end) {
  const auto* const source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to) + begin * count * block_bytes;
  for (std::size_t o = begin; o < end; ++o) {
    const std::byte* const rows = source + o * extent * block_bytes;
    for (std::size_t i = 0; i < count; ++i, target += block_bytes) {
      const std::int64_t at = in_range(indices[i], extent);
      if (at < 0) return i;
      std::memcpy(target, rows + static_cast<std::size_t>(at) * block_bytes, block_bytes);
    }
  }
  return kAllGood;
}

std::size_t gather_elements(const GatherElements& shape, const void* from, Indices indices,
                            void* to, std::size_t begin, std::size_t end) {
  std::size_t bad = kAllGood;
  by_size(shape.element_bytes, [&]<typename T>(T /*type*/) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::int64_t index = in_range(indices[i], shape.from_extent);
      if (index < 0) {
        bad = i;
        return;
      }
      std::ptrdiff_t at = index * shape.from_stride[shape.axis];
      std::size_t rest = i;
      for (std::size_t d = shape.rank; d-- > 0; rest /= shape.extent[d]) {
        if (d == shape.axis) continue;
        at += static_cast<std::ptrdiff_t>(rest % shape.extent[d]) * shape.from_stride[d];
      }
      std::memcpy(static_cast<T*>(to) + i, static_cast<const T*>(from) + at, sizeof(T));
    }
  });
  return bad;
}

}  // namespace slipway
