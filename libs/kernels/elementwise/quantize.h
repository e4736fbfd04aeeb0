// QuantizeLinear and DequantizeLinear, with the bits of numeric/round.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class Quantized : std::uint8_t { kU8, kI8, kU16, kI16, kI32, kCount };  // kI32: only back

// A tensor [outer, length, inner] with a scale for each index of the middle; length 1 is one scale
// for all of it.
struct ScaledAxis {
  std::size_t outer = 1;
  std::size_t length = 1;
  std::size_t inner = 1;
};

struct QuantizeKernels {
  // Of `count` elements with one scale, or with a scale each. zero_point has the type of y; of
  // zero_points null stands for zeros.
  struct Quantize {
    void (*one)(const float* x, void* y, std::size_t count, float scale, std::int32_t zero_point);
    void (*each)(const float* x, void* y, std::size_t count, const float* scale,
                 const void* zero_points);
  };
  struct Dequantize {
    void (*one)(const void* x, float* y, std::size_t count, float scale, std::int32_t zero_point);
    void (*each)(const void* x, float* y, std::size_t count, const float* scale,
                 const void* zero_points);
  };
  Quantize quantize[static_cast<std::size_t>(Quantized::kI32)];
  Dequantize dequantize[static_cast<std::size_t>(Quantized::kCount)];
};

const QuantizeKernels& quantize_kernels(Isa isa);

// Outer indices begin .. end. scale [length]; zero_points [length] of the quantised type, or null.
void quantize_linear(Isa isa, Quantized type, const ScaledAxis& axis, const float* x, void* y,
                     const float* scale, const void* zero_points, std::size_t begin,
                     std::size_t end);
void dequantize_linear(Isa isa, Quantized type, const ScaledAxis& axis, const void* x, float* y,
                       const float* scale, const void* zero_points, std::size_t begin,
                       std::size_t end);

}  // namespace slipway
