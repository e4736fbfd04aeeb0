#include "quantize/scaling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

TEST(Scaling, ZeroIsExactAndTheEndsAreInReach) {
  for (const DType dtype : {DType::kInt8, DType::kUint8}) {
    for (const bool is_symmetric : {false, true}) {
      for (const Range range : {Range{-1, 3}, Range{0, 6}, Range{-2.5F, 0}, Range{-1e-3F, 1e-3F},
                                Range{0, 0}, Range{0, 1e-30F}, Range{-3e38F, 3e38F}}) {
        const Scale scale = activation_scale(range, dtype, is_symmetric);
        const int low = dtype == DType::kInt8 ? -128 : 0;
        ASSERT_GT(scale.scale, 0.0F);
        ASSERT_TRUE(std::isfinite(scale.scale));
        EXPECT_GE(scale.zero, low);
        EXPECT_LE(scale.zero, low + 255);
        EXPECT_TRUE(!is_symmetric || scale.zero == low + 128);
        const double reach_low = (static_cast<double>(low) - scale.zero) * scale.scale;
        const double reach_high = (static_cast<double>(low) + 255 - scale.zero) * scale.scale;
        EXPECT_LE(reach_low, range.low + scale.scale * 0.51);
        EXPECT_GE(reach_high, range.high - scale.scale * 0.51);
      }
    }
  }
}

TEST(Scaling, WeightsComeBackToHalfAStep) {
  const Tensor weights = random_tensor({6, 4, 3}, 1);
  const auto w = weights.data<float>();
  for (const std::size_t axis : {0U, 1U, 2U}) {
    for (const bool is_per_tensor : {false, true}) {
      const IntegerWeights integers = quantize_weights(weights, axis, is_per_tensor);
      EXPECT_EQ(integers.scales.size(),
                is_per_tensor ? 1U : static_cast<std::size_t>(weights.dim(axis)));
      const Tensor back = dequantize_weights(integers, axis);
      const AxisStride channel = axis_stride(weights.shape(), axis);
      for (std::size_t i = 0; i < w.size(); ++i) {
        const float scale = integers.scales[is_per_tensor ? 0 : channel(i)];
        EXPECT_NEAR(back.data<float>()[i], w[i], scale * 0.5001);
      }
    }
  }
  // A bias that would not fit sets the scale; zeros have one as well.
  const IntegerWeights wide =
      quantize_weights(Tensor::of(Shape{2, 1}, std::vector<float>{0, 1}), 0, false, {0.5F, 0});
  EXPECT_EQ(wide.scales[0], 0.5F);
  EXPECT_EQ(wide.values.data<std::int8_t>()[1], 127);
  EXPECT_GT(quantize_weights(Tensor::of(std::vector<float>{0}), 0, false).scales[0], 0.0F);
}

}  // namespace
}  // namespace slipway::quantize
