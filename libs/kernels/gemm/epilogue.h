// What may follow a product before it is written: the bits are those of the operators one by one.
#pragma once

#include <cstddef>

#include "kernels/activation.h"

namespace slipway {

// y = activation((x + bias) + addend), each step only where it is there.
struct Epilogue {
  const float* bias = nullptr;    // of each column
  const float* addend = nullptr;  // of each element
  std::size_t addend_stride = 0;  // floats from row to row
  ActivationSpec activation;

  bool is_empty() const {
    return bias == nullptr && addend == nullptr && activation.kind == Activation::kNone;
  }
};

}  // namespace slipway
