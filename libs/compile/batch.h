// One program for every batch: a model lowered at several batches gives the same steps on the same
// constants, and extents that grow evenly with the batch.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "compile/program.h"

namespace slipway::compile {

struct ProgramAt {
  const Program* program;
  std::int64_t batch;
};

// Makes the first program that of every batch, its shapes those at batch 1. Otherwise says which
// step or tensor stands in the way, and leaves it as it is.
std::optional<std::string> unify_batches(Program& first, std::int64_t batch,
                                         std::span<const ProgramAt> others);

}  // namespace slipway::compile
