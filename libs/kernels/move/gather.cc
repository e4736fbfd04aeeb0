#include "kernels/move/gather.h"

#include <algorithm>
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

// Where row `row` of the output, along its last axis, begins in `from`, its index along `axis` left
// out.
std::ptrdiff_t begin_of_row(const GatherElements& shape, std::size_t row) {
  std::ptrdiff_t begin = 0;
  for (std::size_t d = shape.rank - 1; d-- > 0; row /= shape.extent[d]) {
    if (d == shape.axis) continue;
    begin += static_cast<std::ptrdiff_t>(row % shape.extent[d]) * shape.from_stride[d];
  }
  return begin;
}

template <typename T, typename Index>
std::size_t gather_rows(const GatherElements& shape, const T* from, const Index* indices, T* to,
                        std::size_t begin, std::size_t end) {
  const std::size_t last = shape.rank - 1;
  const std::size_t length = shape.extent[last];
  const std::ptrdiff_t step = shape.axis == last ? 0 : shape.from_stride[last];
  const std::ptrdiff_t stride = shape.from_stride[shape.axis];
  for (std::size_t i = begin; i < end;) {
    const std::size_t row = i / length;
    const std::size_t stop = std::min(end, (row + 1) * length);
    const T* source =
        from + begin_of_row(shape, row) + static_cast<std::ptrdiff_t>(i - row * length) * step;
    for (; i < stop; ++i, source += step) {
      const std::int64_t index = in_range(indices[i], shape.from_extent);
      if (index < 0) return i;
      std::memcpy(to + i, source + index * stride, sizeof(T));
    }
  }
  return kAllGood;
}

}  // namespace

std::size_t gather(const void* from, Indices indices, void* to, std::size_t extent,
                   std::size_t count, std::size_t block_bytes, std::size_t begin, std::size_t end) {
  std::size_t bad = kAllGood;
  const auto gather_by = [&](auto copy) {
    const auto* const source = static_cast<const std::byte*>(from);
    auto* target = static_cast<std::byte*>(to) + begin * count * block_bytes;
    for (std::size_t o = begin; o < end; ++o) {
      const std::byte* const rows = source + o * extent * block_bytes;
      for (std::size_t i = 0; i < count; ++i, target += block_bytes) {
        const std::int64_t at = in_range(indices[i], extent);
        if (at < 0) {
          bad = i;
          return;
        }
        copy(target, rows + static_cast<std::size_t>(at) * block_bytes);
      }
    }
  };
  const bool is_element = by_size(block_bytes, [&]<typename T>(T /*type*/) {
    gather_by([](std::byte* t, const std::byte* f) { std::memcpy(t, f, sizeof(T)); });
  });
  if (!is_element)
    gather_by([&](std::byte* t, const std::byte* f) { std::memcpy(t, f, block_bytes); });
  return bad;
}

std::size_t gather_elements(const GatherElements& shape, const void* from, Indices indices,
                            void* to, std::size_t begin, std::size_t end) {
  std::size_t bad = kAllGood;
  by_size(shape.element_bytes, [&]<typename T>(T /*type*/) {
    const auto* const source = static_cast<const T*>(from);
    auto* const target = static_cast<T*>(to);
    bad = indices.is_wide
              ? gather_rows(shape, source, static_cast<const std::int64_t*>(indices.data), target,
                            begin, end)
              : gather_rows(shape, source, static_cast<const std::int32_t*>(indices.data), target,
                            begin, end);
  });
  return bad;
}

std::size_t gather_blocks(const GatherBlocks& shape, const void* from, const std::int64_t* indices,
                          void* to, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    std::size_t block = row / shape.rows;  // so far the batch
    for (std::size_t k = 0; k < shape.depth; ++k) {
      const std::int64_t index = in_range(indices[row * shape.depth + k], shape.extent[k]);
      if (index < 0) return row;
      block = block * shape.extent[k] + static_cast<std::size_t>(index);
    }
    std::memcpy(static_cast<std::byte*>(to) + row * shape.block_bytes,
                static_cast<const std::byte*>(from) + block * shape.block_bytes, shape.block_bytes);
  }
  return kAllGood;
}

}  // namespace slipway
