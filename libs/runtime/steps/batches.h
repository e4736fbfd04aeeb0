// Products of batches of matrices, whose leading axes broadcast as ONNX has it.
#pragma once

#include <algorithm>

#include "runtime/step.h"

namespace slipway::runtime {

inline constexpr std::size_t kMaxBatchAxes = 6;

struct Batches {
  std::size_t axes = 0;
  std::size_t extent[kMaxBatchAxes] = {};
  // In elements; 0 where the operand repeats.
  std::size_t a_stride[kMaxBatchAxes] = {}, b_stride[kMaxBatchAxes] = {};

  std::size_t count() const {
    std::size_t product = 1;
    for (std::size_t i = 0; i < axes; ++i) product *= extent[i];
    return product;
  }

  struct Offsets {
    std::size_t a = 0, b = 0;
  };
  Offsets offsets(std::size_t batch) const {
    Offsets at;
    for (std::size_t axis = axes; axis-- > 0; batch /= extent[axis]) {
      at.a += batch % extent[axis] * a_stride[axis];
      at.b += batch % extent[axis] * b_stride[axis];
    }
    return at;
  }

  // Of operands of at least two axes, c of at most kMaxBatchAxes more; false where they do not
  // broadcast to c.
  bool plan(const Operand& a, const Operand& b, const Operand& c) {
    axes = c.rank() - 2;
    for (std::size_t i = 0; i < axes; ++i) extent[i] = static_cast<std::size_t>(c.dim(i));
    return find_strides(a, c, a_stride) && find_strides(b, c, b_stride);
  }

 private:
  bool find_strides(const Operand& operand, const Operand& output, std::size_t* strides) const {
    const std::size_t own = operand.rank() - 2;
    if (own > axes) return false;
    std::fill_n(strides, axes, 0);
    auto stride = static_cast<std::size_t>(operand.dim(own) * operand.dim(own + 1));
    for (std::size_t i = 0; i < own; ++i) {
      const std::int64_t size = operand.dim(own - 1 - i);
      const std::size_t axis = axes - 1 - i;
      if (size != 1 && size != output.dim(axis)) return false;
      strides[axis] = size == 1 ? 0 : stride;
      stride *= static_cast<std::size_t>(size);
    }
    return true;
  }
};

}  // namespace slipway::runtime
