// The element types that conversions and comparisons have kernels for.
#pragma once

#include <optional>

#include "kernels/elementwise/convert.h"
#include "tensor/dtype.h"

namespace slipway::runtime {

inline std::optional<Element> element_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return Element::kF32;
    case DType::kFloat64:
      return Element::kF64;
    case DType::kFloat16:
      return Element::kF16;
    case DType::kBfloat16:
      return Element::kBf16;
    case DType::kInt8:
      return Element::kI8;
    case DType::kUint8:
      return Element::kU8;
    case DType::kInt32:
      return Element::kI32;
    case DType::kInt64:
      return Element::kI64;
    case DType::kBool:
      return Element::kBool;
    default:
      return std::nullopt;
  }
}

}  // namespace slipway::runtime
