// What follows a product or a convolution and can be computed inside its kernel: a bias, another
// tensor added, an activation. The bits stay those of the nodes one by one.
#pragma once

#include <string>
#include <vector>

#include "compile/lowering.h"
#include "kernels/activation.h"
#include "plan/params.h"

namespace slipway::compile {

struct Tail {
  ValueId output = kNoValue;     // of the last node that is fused
  const Tensor* bias = nullptr;  // a constant of one float per channel
  ValueId addend = kNoValue;     // a tensor of the output's shape
  ActivationSpec activation;
  bool addend_is_last = false;     // added after the activation
  std::vector<std::size_t> nodes;  // fused, without the first
  std::string note;                // "+ bias + Relu"

  plan::ActivationParams activation_params() const {
    return {static_cast<std::uint32_t>(activation.kind), activation.a, activation.b};
  }
};

struct TailOptions {
  std::size_t channel_axis = 0;  // of the output: where a bias counts
  bool takes_bias = true;
  bool takes_addend = true;
  bool takes_addend_last = false;
  bool takes_activation = true;
};

// From the value that the product gives on.
Tail match_tail(const Lowering& lowering, ValueId value, const TailOptions& options);

// The fused nodes' turns are over.
void absorb_tail(Lowering& lowering, const Tail& tail);

}  // namespace slipway::compile
