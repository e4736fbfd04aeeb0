// Proof that a plan does what its model does: the same bits as the reference implementations, on
// every instruction set of this machine and with several threads.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "compile/compile.h"
#include "ops/interpreter.h"

namespace slipway::compile {

struct ProveOptions {
  std::vector<Isa> isas;  // empty: every one of this machine
  std::vector<std::size_t> threads = {1};
};

// kInternal, naming the output, the element and both values, at the first difference. NaN equals
// NaN.
Status prove(const Compiled& compiled, const std::vector<NamedValue>& inputs,
             const ProveOptions& options = {});

// Inputs for a model from a fixed sequence of numbers: floats in [-2, 2), small integers.
Result<std::vector<NamedValue>> sample_inputs(const Model& model, std::uint64_t seed);

}  // namespace slipway::compile
