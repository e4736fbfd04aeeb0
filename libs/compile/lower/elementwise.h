// Operators that work element by element, as one step of a chain.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "compile/lowering.h"
#include "kernels/activation.h"
#include "kernels/elementwise/chain.h"
#include "plan/params.h"

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

// The parameters of a step that runs a chain: a head, then its functions.
template <typename Head>
std::vector<std::byte> chain_params(const Head& head, const std::vector<ChainStep>& steps) {
  std::vector<std::byte> params(sizeof(head) + steps.size() * sizeof(plan::ChainStepParams));
  std::memcpy(params.data(), &head, sizeof(head));
  std::byte* to = params.data() + sizeof(head);
  for (const ChainStep& step : steps) {
    const plan::ChainStepParams packed{static_cast<std::uint8_t>(step.is_binary),
                                       step.function,
                                       step.a,
                                       step.b,
                                       step.alpha,
                                       step.beta};
    std::memcpy(to, &packed, sizeof(packed));
    to += sizeof(packed);
  }
  return params;
}

}  // namespace slipway::compile
