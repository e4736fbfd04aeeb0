// A chain: a short program of elementwise functions over one output, its operands broadcast as ONNX
// does. It is evaluated a block at a time, so that what lies between two steps never leaves the
// first cache. A binary or unary operator alone is a chain of one step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/unary.h"

namespace slipway {

inline constexpr std::size_t kChainOperands = 8;
inline constexpr std::size_t kChainSteps = 16;
inline constexpr std::size_t kChainRegisters = 4;
inline constexpr std::size_t kChainDims = 6;
inline constexpr std::size_t kChainBlock = 256;
inline constexpr std::size_t kChainScratchFloats = (kChainOperands + kChainRegisters) * kChainBlock;

// A value is an operand, 0 .. operand_count - 1, or the result of step i, operand_count + i.
struct ChainStep {
  bool is_binary = false;
  std::uint8_t function = 0;  // a Unary or a Binary
  std::uint8_t a = 0;         // values of operands and of earlier steps
  std::uint8_t b = 0;         // of a binary step
  float alpha = 0;            // of a unary step
  float beta = 0;

  static ChainStep of(Unary f, std::size_t a, float alpha = 0, float beta = 0);
  static ChainStep of(Binary f, std::size_t a, std::size_t b);
};

// Where step results are kept: step i in register[i].
struct ChainProgram {
  std::uint8_t operand_count = 0;
  std::uint8_t step_count = 0;
  ChainStep step[kChainSteps];
  std::uint8_t reg[kChainSteps];
};

// Checks the steps, whatever they hold, and gives each a register; the last step is the output.
// False where an index or a function is out of range, there are no steps or too many, or more than
// kChainRegisters results are alive at once.
bool prepare_chain(std::size_t operand_count, std::span<const ChainStep> steps,
                   ChainProgram& program);

// The shape of the output, outermost first, and the strides of every operand in elements (0 where
// it is repeated, negative allowed). Merged dimensions are faster; the innermost stride is best 0
// or 1. The output is contiguous.
struct ChainLoop {
  std::size_t rank = 1;  // 1 .. kChainDims
  std::size_t extent[kChainDims] = {};
  std::ptrdiff_t stride[kChainOperands][kChainDims] = {};
};

// Elements begin .. end of the output in row-major order; every element is independent of all
// others. y is the first element of the whole output. It may be an operand of the very same layout,
// and must not overlap any other. scratch: kChainScratchFloats.
void run_chain(Isa isa, const ChainProgram& program, const ChainLoop& loop,
               const float* const* operands, float* y, std::size_t begin, std::size_t end,
               float* scratch);

}  // namespace slipway
