// Sampling images at points: ONNX GridSample in two dimensions, nearest and bilinear, with the bits
// of docs/numerics.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class GridPadding : std::uint8_t { kZeros, kBorder, kReflection, kCount };

struct GridSpec {
  bool is_nearest = false;
  bool aligns_corners = false;  // -1 and 1 are the centres of the outer pixels, not their edges
  GridPadding padding = GridPadding::kZeros;
  std::size_t height = 0;  // of an image; height * width is below 2^31
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t points = 0;  // of an image
};

struct GridKernels {
  // Points begin .. end of one image: x [channels, height, width], grid [points, 2], each point's x
  // coordinate first, y [channels, points].
  void (*plain)(const GridSpec& spec, const float* x, const float* grid, float* y,
                std::size_t begin, std::size_t end);
  // The same in blocks of sixteen channels: x [blocks, height, width, 16], y [blocks, points, 16].
  void (*blocked)(const GridSpec& spec, const float* x, const float* grid, float* y,
                  std::size_t begin, std::size_t end);
};

const GridKernels& grid_kernels(Isa isa);

}  // namespace slipway
