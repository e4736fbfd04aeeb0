// What Conv and its relatives read from their attributes and shapes.
#pragma once

#include <optional>
#include <vector>

#include "kernels/numeric/convolution.h"
#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/support/window.h"

namespace slipway {

// Input channels are summed in blocks of so many (docs/numerics.md).
inline constexpr std::int64_t kChannelBlock = numeric::kChannelBlock;

struct Convolution {
  std::vector<WindowAxis> axes;
  std::int64_t batch = 0;
  std::int64_t groups = 1;
  std::int64_t in_channels = 0;   // of a group
  std::int64_t out_channels = 0;  // of a group
  std::int64_t in_positions = 1;
  std::int64_t out_positions = 1;
  std::int64_t kernel_positions = 1;
  Shape output_shape;
};

// X [N, C, spatial...], W [M, C / group, kernel...]. Fails on shapes that do not fit each other,
// and where the output, or one window, has more elements than can be counted.
Result<Convolution> plan_convolution(const NodeView& view, const Shape& x, const Shape& w);

// X [N, C, spatial...], W [C, M / group, kernel...]: the axes as the convolution has them that this
// one transposes, `input` the extents of Y and `output` those of X. Fails as plan_convolution does.
Result<Convolution> plan_transposed(const NodeView& view, const Shape& x, const Shape& w);

// kernel_shape, where it is stated, must be the weights' spatial extents.
Status check_kernel_shape(const NodeView& view, const std::vector<std::int64_t>& kernel);

// A bias must have one element for each output channel.
Status check_bias(const EvalContext& ctx, const Tensor& bias, std::int64_t channels);

// The kernel's spatial extents: of the weights where these are known, else kernel_shape.
Result<std::optional<std::vector<std::int64_t>>> infer_kernel(const InferContext& ctx,
                                                              std::size_t weight_input);
Status infer_convolution(InferContext& ctx);  // X and W are inputs 0 and 1
Status infer_convolution_of(InferContext& ctx, std::size_t x_input, std::size_t w_input,
                            DType dtype);

// Multiply-adds of a convolution: every output element takes one filter's products.
std::int64_t count_convolution(const CostContext& ctx);

}  // namespace slipway
