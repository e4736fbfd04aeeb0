// Sorting and comparing elements of any ordered type through one: unsigned integers.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace slipway {

// One key an element: key order is element order, equal keys are equal elements. NaN is larger than
// every number and equal to itself; the zeros are equal; strings compare by bytes. Fails on
// complex.
Result<std::vector<std::uint64_t>> sort_keys(const Tensor& tensor);

}  // namespace slipway
