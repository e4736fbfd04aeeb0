#include "passes/scaled.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/str.h"
#include "graph/text.h"
#include "kernels/numeric/round.h"
#include "ops/infer.h"
#include "passes/list.h"

namespace slipway {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

const Scaling kScalings[] = {
    {DType::kUint8, 0.02F, 0},
    {DType::kUint8, 0.017F, 117},
    {DType::kInt8, 0.1F, -128},
    {DType::kInt8, 3.0e-7F, 5},
};

TEST(Scaled, AClampMovesBehindTheQuantization) {
  const Clamp clamps[] = {{0, kInfinity}, {0, 6}, {-0.25F, 0.75F}, {1e-8F, 1e9F}, {-3, -3}};
  for (const Scaling& s : kScalings) {
    const numeric::IntegerRange range = {s.lowest(), s.highest()};
    for (const Clamp& clamp : clamps) {
      const auto bytes = quantized_clamp(clamp, s);
      ASSERT_TRUE(bytes);
      for (int i = -4000; i <= 4000; ++i) {
        const float x = static_cast<float>(i) * s.scale * 0.125F;
        const std::int32_t before =
            numeric::quantize(std::min(std::max(x, clamp.low), clamp.high), s.scale, s.zero, range);
        const std::int32_t q = numeric::quantize(x, s.scale, s.zero, range);
        ASSERT_EQ(std::clamp(q, bytes->low, bytes->high), before) << x << " by " << s.scale;
      }
    }
    EXPECT_FALSE(quantized_clamp({1, 0}, s));
    EXPECT_FALSE(quantized_clamp({std::nanf(""), 0}, s));
  }
}

TEST(Scaled, QuantizingUndoesDequantizing) {
  for (float scale = 1.1e-30F; scale < 1e30F; scale *= 1.37F) {
    for (const std::int32_t zero : {-128, 0, 77, 127}) {
      for (std::int32_t q = -128; q < 128; ++q) {
        ASSERT_EQ(numeric::quantize(numeric::dequantize(q, zero, scale), scale, zero,
                                    numeric::kInt8Range),
                  q)
            << scale;
      }
    }
  }
}

std::vector<std::string> operators_after(const char* body,
                                         Result<std::string> (*pass)(Model& model)) {
  Result<Model> model =
      parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[2,6,4,4]) {\n",
                      body, "return %y\n}\n"));
  EXPECT_TRUE(model.ok()) << model.error().message;
  Problems problems;
  infer_types(*model, problems);
  EXPECT_TRUE(pass(*model).ok());
  std::vector<std::string> ops;
  for (const Node& node : model->graph.nodes) ops.push_back(node.op);
  return ops;
}

constexpr const char* kQuantized =
    "init %s = float[] {0.02}\ninit %z = uint8[] {7}\n%q = QuantizeLinear(%x, %s, %z)\n"
    "%d = DequantizeLinear(%q, %s, %z)\n";

TEST(MoveBytes, TakesMoversBeforeAndDropsWhatIsUndone) {
  const std::string same = str(kQuantized,
                               "%f = Flatten(%d)\n%r = QuantizeLinear(%f, %s, %z)\n"
                               "%y = DequantizeLinear(%r, %s, %z)\n");
  EXPECT_EQ(operators_after(same.c_str(), move_bytes),
            (std::vector<std::string>{"QuantizeLinear", "DequantizeLinear", "Flatten",
                                      "DequantizeLinear", "DequantizeLinear"}));
  const std::string other = str(kQuantized,
                                "init %t = float[] {0.03}\n%r = QuantizeLinear(%d, %t, %z)\n"
                                "%y = DequantizeLinear(%r, %t, %z)\n");
  EXPECT_EQ(operators_after(other.c_str(), move_bytes),
            (std::vector<std::string>{"QuantizeLinear", "DequantizeLinear", "QuantizeLinear",
                                      "DequantizeLinear"}));
}

TEST(UseIntegers, LeavesWhatBytesCannotHold) {
  const std::string conv = str(kQuantized,
                               "init %ws = float[] {0.01}\n%wd = DequantizeLinear(%w, %ws, %wz)\n"
                               "%c = Conv(%d, %wd)\n%r = Relu(%c)\n"
                               "%p = QuantizeLinear(%r, %s, %z)\n"
                               "%y = DequantizeLinear(%p, %s, %z)\n");
  const std::string fits =
      str("init %w = uint8[1,6,1,1] {1,2,3,100,130,127}\ninit %wz = uint8[] {3}\n", conv);
  EXPECT_EQ(operators_after(fits.c_str(), use_integers),
            (std::vector<std::string>{"QuantizeLinear", "DequantizeLinear", "DequantizeLinear",
                                      "QLinearConv", "Clip", "DequantizeLinear"}));
  const std::string wide =
      str("init %w = uint8[1,6,1,1] {1,2,3,100,200,255}\ninit %wz = uint8[] {3}\n", conv);
  EXPECT_EQ(operators_after(wide.c_str(), use_integers).at(3), "Conv");
}

}  // namespace
}  // namespace slipway
