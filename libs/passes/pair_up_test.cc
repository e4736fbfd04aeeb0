#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/str.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "ops/interpreter.h"
#include "passes/list.h"

namespace slipway {
namespace {

Model model_of(const char* op, const char* dtype) {
  const std::string text = str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%a: ", dtype,
                               "[3,1], %b: ", dtype, "[4], %c: ", dtype, "[2,3,1], %d: ", dtype,
                               "[]) {\n%y = ", op, "(%a, %b, %c, %d)\nreturn %y\n}\n");
  Result<Model> model = parse_model(text);
  EXPECT_TRUE(model.ok()) << text;
  Problems problems;
  infer_types(*model, problems);
  EXPECT_TRUE(problems.empty()) << op;
  return *std::move(model);
}

Tensor numbers(const Shape& shape, std::uint32_t state) {
  Tensor tensor = *Tensor::create(DType::kFloat32, shape);
  for (float& x : tensor.mutable_data<float>()) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8U) * 0x1p-22F - 2.0F;
  }
  tensor.mutable_data<float>()[0] = state % 2 == 0 ? -0.0F : 1e20F;
  return tensor;
}

Tensor run(Model model) {
  const Result<Interpreter> interpreter = Interpreter::create(std::move(model));
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  auto outputs = interpreter->run({{"a", numbers({3, 1}, 1)},
                                   {"b", numbers({4}, 2)},
                                   {"c", numbers({2, 3, 1}, 3)},
                                   {"d", numbers({}, 4)}});
  EXPECT_TRUE(outputs.ok()) << outputs.error().message;
  return (*outputs)[0].value.tensor();
}

TEST(PairUp, GivesTheBitsOfTheOperator) {
  for (const char* op : {"Sum", "Max", "Min"}) {
    const Tensor want = run(model_of(op, "float"));
    Model model = model_of(op, "float");
    const Result<std::string> note = pair_up(model);
    ASSERT_TRUE(note.ok()) << op;
    EXPECT_EQ(*note, "took the inputs of 1 nodes in turn");
    EXPECT_EQ(model.graph.nodes.size(), 3U) << op;
    const Tensor got = run(std::move(model));
    ASSERT_EQ(got.shape(), want.shape()) << op;
    EXPECT_TRUE(std::ranges::equal(got.bytes(), want.bytes())) << op;
  }
}

TEST(PairUp, LeavesWhatIsRoundedOnce) {
  Model halves = model_of("Sum", "float16");
  EXPECT_EQ(*pair_up(halves), "");
  Model mean = model_of("Mean", "float");
  EXPECT_EQ(*pair_up(mean), "");
}

}  // namespace
}  // namespace slipway
