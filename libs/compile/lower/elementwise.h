// Operators that work element by element, as one step of a chain.
#pragma once

#include <optional>
#include <vector>

#include "compile/lowering.h"
#include "kernels/activation.h"
#include "kernels/elementwise/chain.h"

namespace slipway::compile {

struct Elementwise {
  bool is_binary = false;
  std::uint8_t function = 0;  // Unary or Binary
  float alpha = 0;
  float beta = 0;
  ValueId a = kNoValue;
  ValueId b = kNoValue;  // of a binary one
};

// The node as a function of float tensors; none for another type, form or operator.
std::optional<Elementwise> elementwise_of(const Lowering& lowering, std::size_t node);

// A unary function as an activation inside another kernel.
std::optional<ActivationSpec> activation_of(const Elementwise& function);

}  // namespace slipway::compile
