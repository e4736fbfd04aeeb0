// Steps that compute what nobody reads: a rule may compute again, in one step, what others before
// it have lowered in several.
#pragma once

#include "compile/program.h"

namespace slipway::compile {

// With the tensors and storages that then nothing mentions.
void remove_dead_steps(Program& program);

}  // namespace slipway::compile
