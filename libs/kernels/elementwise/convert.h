// Conversions between element types, by the rules of ONNX Cast and docs/numerics.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class Element : std::uint8_t { kF32, kF64, kF16, kBf16, kI8, kU8, kI32, kI64, kBool, kCount };

// y[i] = x[i] in the other type, for i < count. x and y must not overlap.
using ConvertKernel = void (*)(const void* x, void* y, std::size_t count);

// Null for pairs that no model has in its hot path: those have only their reference.
ConvertKernel convert_kernel(Isa isa, Element from, Element to);

struct HalfKernels {
  ConvertKernel f32_from_f16, f32_from_bf16, f16_from_f32, bf16_from_f32;
};
const HalfKernels& half_kernels(Isa isa);

}  // namespace slipway
