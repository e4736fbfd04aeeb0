// Where each tensor of a program lies in the arena.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "compile/program.h"

namespace slipway::compile {

struct MemoryBytes {
  std::uint64_t arena = 0;
  std::uint64_t state = 0;
};

// Sets the offset and bytes of every storage in the arena, so that two that are alive at the same
// time do not overlap, and in the state, where none do. Where a step's kernel works in place and an
// input ends there, the output takes its storage over.
Result<MemoryBytes> plan_memory(Program& program);

}  // namespace slipway::compile
