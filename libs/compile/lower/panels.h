// Vectors that a model holds, as kernels/vectors reads them.
#pragma once

#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway::compile {

// vectors [count, columns] as floats [count / 16 rounded up, columns, 16], the last panel filled up
// with zeros.
Result<Tensor> panels_of(const float* vectors, std::size_t count, std::size_t columns);

}  // namespace slipway::compile
