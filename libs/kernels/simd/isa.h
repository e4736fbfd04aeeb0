// Instruction sets that kernels are compiled for, and which of them this processor runs.
//
// Every kernel gives the same bits on each (docs/numerics.md): the choice is one of speed. A
// family's table of functions for an instruction set comes from its own header (gemm_kernels(isa),
// ...).
#pragma once

#include <cstdint>
#include <span>

namespace slipway {

enum class Isa : std::uint8_t {
  kScalar,      // any processor: exact and slow
  kAvx2,        // with FMA and F16C: x86-64-v3
  kAvx2Vnni,    // with 8-bit dot products, as small computers have since 2021
  kAvx512,      // F, BW, CD, DQ, VL: x86-64-v4
  kAvx512Vnni,  // with 8-bit dot products
  kNeon,        // ARMv8
  kNeonDot,     // with 8-bit dot products
};

// As on a command line and in a report: "avx512-vnni".
const char* isa_name(Isa isa);

// Every one that this processor runs and this build holds, the fastest last.
std::span<const Isa> isas_here();

inline Isa best_isa() { return isas_here().back(); }

// Whether this processor has AVX-512 and widens halves to floats more quickly eight at a time than
// sixteen: Zen 4 takes two cycles for sixteen, and multiplies vectors of eight as fast.
bool widens_halves_by_eight();

}  // namespace slipway
