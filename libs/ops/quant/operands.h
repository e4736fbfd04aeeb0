// Quantised factors of products and convolutions: their values without the zero point, and the
// factor that takes an exact sum to the quantised result.
#pragma once

#include <string_view>

#include "ops/eval_context.h"

namespace slipway {

// Input `i` less the zero point of input `zero_point` (omitted: 0), int32 for whole numbers, float
// for float8. `zero_point_shape` is that of the zero point with the dimensions it stands for: it
// must stretch to the input's. Fails naming `what`.
Result<Tensor> without_zero_point(const EvalContext& ctx, std::size_t i, std::size_t zero_point,
                                  const Shape& zero_point_shape, std::string_view what);

// saturate(round_half_even(sum * m) + zero_point) with m = (a_scale * b_scale) / y_scale, as output
// 0 of the zero point's type. The scales are float tensors that stretch to the sums' shape, y_scale
// and the zero point single elements.
Status requantize(EvalContext& ctx, const Tensor& sums, const Tensor& a_scale,
                  const Tensor& b_scale, std::size_t y_scale, std::size_t zero_point);

}  // namespace slipway
