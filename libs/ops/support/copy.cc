#include "ops/support/copy.h"

#include <algorithm>

namespace slipway {
namespace {

struct Axis {
  std::int64_t extent;
  std::int64_t from;
  std::int64_t to;
};

// Drops axes of extent 1 and joins neighbours that are contiguous on both sides. At least one is
// left.
std::vector<Axis> coalesce(const Strides& from, const Strides& to, const Shape& shape) {
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    const Axis axis{shape[i], from[i], to[i]};
    if (!axes.empty() && axes.back().from == axis.from * axis.extent &&
        axes.back().to == axis.to * axis.extent) {
      axes.back() = {axes.back().extent * axis.extent, axis.from, axis.to};
    } else {
      axes.push_back(axis);
    }
  }
  if (axes.empty()) axes.push_back({1, 1, 1});
  return axes;
}

template <typename T>
void copy_run(const T* from, T* to, const Axis& axis) {
  if (axis.from == 1 && axis.to == 1) {
    std::copy_n(from, axis.extent, to);
  } else {
    for (std::int64_t i = 0; i < axis.extent; ++i) to[i * axis.to] = from[i * axis.from];
  }
}

template <typename T>
void copy_axes(const T* from, T* to, std::span<const Axis> axes) {
  const Axis inner = axes.back();
  const std::span<const Axis> outer = axes.first(axes.size() - 1);
  std::vector<std::int64_t> index(outer.size(), 0);
  for (;;) {
    copy_run(from, to, inner);
    std::size_t axis = outer.size();
    for (; axis > 0; --axis) {
      const Axis& step = outer[axis - 1];
      from += step.from;
      to += step.to;
      if (++index[axis - 1] < step.extent) break;
      from -= step.from * step.extent;
      to -= step.to * step.extent;
      index[axis - 1] = 0;
    }
    if (axis == 0) return;
  }
}

bool is_identity(const std::vector<std::int64_t>& map, std::int64_t extent) {
  if (static_cast<std::int64_t>(map.size()) != extent) return false;
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (map[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

}  // namespace

Strides row_major_strides(const Shape& shape) {
  Strides strides(shape.size());
  std::uint64_t stride = 1;  // wraps for shapes without elements, which nobody walks
  for (std::size_t i = shape.size(); i > 0; --i) {
    strides[i - 1] = static_cast<std::int64_t>(stride);
    stride *= static_cast<std::uint64_t>(shape[i - 1]);
  }
  return strides;
}

Placement broadcast_placement(const Shape& data, const Shape& wide) {
  const Strides strides = row_major_strides(data);
  const std::size_t shift = wide.size() - data.size();
  Placement placement{0, Strides(wide.size(), 0)};
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] != 1) placement.strides[i + shift] = strides[i];
  }
  return placement;
}

void copy_strided(const Tensor& source, const Placement& from, Tensor& target, const Placement& to,
                  const Shape& shape) {
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return;
  const std::vector<Axis> axes = coalesce(from.strides, to.strides, shape);
  visit_width(source.dtype(), [&]<typename T>() {
    copy_axes(source.data<T>().data() + from.offset, target.mutable_data<T>().data() + to.offset,
              axes);
  });
}

void copy_from(const Tensor& source, const Placement& from, Tensor& target) {
  copy_strided(source, from, target, {0, row_major_strides(target.shape())}, target.shape());
}

void copy_blocks(const Tensor& source, std::span<const std::int64_t> sources,
                 std::size_t block_elements, Tensor& target) {
  visit_width(source.dtype(), [&]<typename T>() {
    const T* from = source.data<T>().data();
    T* to = target.mutable_data<T>().data();
    for (const std::int64_t block : sources) {
      if (block >= 0) {
        std::copy_n(from + static_cast<std::size_t>(block) * block_elements, block_elements, to);
      }
      to += block_elements;
    }
  });
}

void copy_mapped(const Tensor& source, const std::vector<std::vector<std::int64_t>>& maps,
                 Tensor& target) {
  if (target.size() == 0 || source.size() == 0) return;
  std::size_t rank = maps.size();
  std::int64_t block = 1;
  while (rank > 0 && is_identity(maps[rank - 1], source.dim(rank - 1))) {
    block *= source.dim(rank - 1);
    --rank;
  }
  // The source block of each block of the target, built up axis by axis.
  std::vector<std::int64_t> sources{0};
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::vector<std::int64_t> next;
    next.reserve(sources.size() * maps[axis].size());
    for (const std::int64_t base : sources) {
      for (const std::int64_t at : maps[axis]) {
        next.push_back(base < 0 || at < 0 ? -1 : base * source.dim(axis) + at);
      }
    }
    sources = std::move(next);
  }
  copy_blocks(source, sources, static_cast<std::size_t>(block), target);
}

void fill_with(Tensor& target, const Tensor& source, std::size_t at) {
  visit_width(target.dtype(), [&]<typename T>() {
    const T value = source.data<T>()[at];
    for (T& element : target.mutable_data<T>()) element = value;
  });
}

}  // namespace slipway
