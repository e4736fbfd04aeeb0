// What the extents of operands say, for steps that see a tensor as [outer, length, inner].
#pragma once

#include <algorithm>

#include "runtime/step.h"

namespace slipway::runtime {

// The product of the extents of axes first .. end. Extents of a tensor with elements cannot
// overflow; without elements the product is 0 or meaningless.
inline std::size_t extent_between(const Operand& operand, std::size_t first, std::size_t end) {
  std::size_t product = 1;
  for (std::size_t axis = first; axis < end; ++axis) {
    product *= static_cast<std::size_t>(operand.dim(axis));
  }
  return product;
}

struct Extents {
  std::size_t outer;
  std::size_t length;
  std::size_t inner;
};

// first <= end <= rank, and the operand has elements.
inline Extents extents_around(const Operand& operand, std::size_t first, std::size_t end) {
  return {extent_between(operand, 0, first), extent_between(operand, first, end),
          extent_between(operand, end, operand.rank())};
}

inline bool has_same_dims(const Operand& a, const Operand& b) {
  return std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end());
}

// A step over tensors without elements.
inline void use_nothing(Binder& binder) {
  binder.use([](const void*, const Call&) { return RunCode::kOk; }, nullptr, 0);
}

// Units of work over [outer, inner]: a piece of the inner elements each.
struct ColumnUnits {
  std::size_t outer = 0;
  std::size_t inner = 0;
  std::size_t step = 1;    // columns of a unit
  std::size_t pieces = 1;  // of inner

  ColumnUnits() = default;
  ColumnUnits(std::size_t outers, std::size_t inners, std::size_t columns)
      : outer(outers), inner(inners), step(columns), pieces((inners + columns - 1) / columns) {}

  std::size_t units() const { return outer * pieces; }

  // Calls f(outer, first column, end), once for a run of units of one outer index.
  template <typename F>
  void for_each(std::size_t begin, std::size_t end, F f) const {
    if (pieces == 1) {
      for (std::size_t at = begin; at < end; ++at) f(at, std::size_t{0}, inner);
      return;
    }
    while (begin < end) {
      const std::size_t at = begin / pieces;
      const std::size_t stop = std::min(end, (at + 1) * pieces);
      f(at, begin % pieces * step, std::min((stop - at * pieces) * step, inner));
      begin = stop;
    }
  }
};

}  // namespace slipway::runtime
