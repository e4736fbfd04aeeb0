#include "kernels/move/scatter.h"

#include <cstring>

#include "kernels/move/by_size.h"

namespace slipway {
namespace {

// Rows along the last axis: where each begins in `to`, its index along `axis` left out.
class Rows {
 public:
  explicit Rows(const ScatterElements& shape) : shape_(shape) {}

  std::size_t begin() const { return begin_; }

  void next() {
    for (std::size_t d = shape_.rank - 1; d-- > 0;) {
      const std::size_t stride = d == shape_.axis ? 0 : shape_.to_stride[d];
      begin_ += stride;
      if (++at_[d] < shape_.extent[d]) return;
      begin_ -= stride * shape_.extent[d];
      at_[d] = 0;
    }
  }

 private:
  const ScatterElements& shape_;
  std::size_t at_[kMoveDims] = {};
  std::size_t begin_ = 0;
};

template <typename T, typename Index>
std::size_t scatter_rows(const ScatterElements& shape, const Index* indices, const void* updates,
                         void* to) {
  const std::size_t last = shape.rank - 1;
  const std::size_t length = shape.extent[last];
  const std::size_t step = shape.axis == last ? 0 : 1;
  const std::size_t stride = shape.to_stride[shape.axis];
  const auto extent = static_cast<std::int64_t>(shape.to_extent);
  std::size_t count = 1;
  for (std::size_t d = 0; d < shape.rank; ++d) count *= shape.extent[d];
  Rows rows(shape);
  const auto* from = static_cast<const std::byte*>(updates);
  for (std::size_t i = 0; i < count; rows.next()) {
    std::size_t base = rows.begin();
    for (const std::size_t end = i + length; i < end; ++i, base += step, from += sizeof(T)) {
      std::int64_t index = indices[i];
      if (index < 0) index += extent;
      if (index < 0 || index >= extent) return i;
      std::memcpy(static_cast<T*>(to) + base + static_cast<std::size_t>(index) * stride, from,
                  sizeof(T));
    }
  }
  return kAllGood;
}

}  // namespace

std::size_t scatter_elements(const ScatterElements& shape, Indices indices, const void* updates,
                             void* to) {
  std::size_t bad = kAllGood;
  by_size(shape.element_bytes, [&]<typename T>(T /*type*/) {
    bad = indices.is_wide
              ? scatter_rows<T>(shape, static_cast<const std::int64_t*>(indices.data), updates, to)
              : scatter_rows<T>(shape, static_cast<const std::int32_t*>(indices.data), updates, to);
  });
  return bad;
}

std::size_t scatter_blocks(const ScatterBlocks& shape, const std::int64_t* indices,
                           const void* updates, void* to) {
  const auto* from = static_cast<const std::byte*>(updates);
  for (std::size_t row = 0; row < shape.rows; ++row, from += shape.block_bytes) {
    std::size_t block = 0;
    for (std::size_t k = 0; k < shape.depth; ++k) {
      const auto extent = static_cast<std::int64_t>(shape.extent[k]);
      std::int64_t index = indices[row * shape.depth + k];
      if (index < 0) index += extent;
      if (index < 0 || index >= extent) return row;
      block = block * shape.extent[k] + static_cast<std::size_t>(index);
    }
    std::memcpy(static_cast<std::byte*>(to) + block * shape.block_bytes, from, shape.block_bytes);
  }
  return kAllGood;
}

}  // namespace slipway
