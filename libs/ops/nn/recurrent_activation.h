// The activation functions that RNN, GRU and LSTM name in their attributes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/node_view.h"

namespace slipway {

enum class GateFunction : std::uint8_t {
  kRelu,
  kTanh,
  kSigmoid,
  kAffine,
  kLeakyRelu,
  kThresholdedRelu,
  kScaledTanh,
  kHardSigmoid,
  kElu,
  kSoftsign,
  kSoftplus
};

struct GateActivation {
  GateFunction function = GateFunction::kTanh;
  float alpha = 0;
  float beta = 0;
  float clip = 0;  // of the argument, to [-clip, clip]; 0: none

  float operator()(float x) const;
  double operator()(double x) const;
};

// `count` activations, from the attributes activations, activation_alpha, activation_beta and clip;
// `defaults` name them, repeated for each direction, where the model does not. Functions take
// alphas and betas in order, each function only what it uses.
Result<std::vector<GateActivation>> read_activations(const NodeView& view, std::size_t count,
                                                     const std::vector<std::string_view>& defaults);

}  // namespace slipway
