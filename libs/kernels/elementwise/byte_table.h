// A function of one byte as a table of its 256 values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kByteTableSize = 256;

// y[i] = table[x[i]]; y may be x.
using ByteTableKernel = void (*)(const std::uint8_t* table, const std::uint8_t* x, std::uint8_t* y,
                                 std::size_t count);

struct ByteTableKernels {
  ByteTableKernel look_up;
};
const ByteTableKernels& byte_table_kernels(Isa isa);

}  // namespace slipway
