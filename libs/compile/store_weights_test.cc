#include "compile/store_weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"

namespace slipway::compile {
namespace {

constexpr WeightType kTypes[] = {WeightType::kF32, WeightType::kF16, WeightType::kBf16,
                                 WeightType::kI8};

std::string random_weights(std::string_view name, const std::vector<std::size_t>& shape) {
  std::mt19937 random(static_cast<unsigned>(shape.front() + shape.back()));
  std::size_t count = 1;
  std::string dims;
  for (const std::size_t extent : shape) {
    count *= extent;
    dims += str(dims.empty() ? "" : ",", extent);
  }
  std::string text = str("init %", name, " = float[", dims, "] {");
  for (std::size_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(random()) * 0x1p-32 - 0.5;
    text += str(i == 0 ? "" : ",", static_cast<float>(x));
  }
  return text + "}\n";
}

Result<Compiled> compile_text(std::string_view inputs, std::string_view body, WeightType type) {
  Model model = TRY(parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(", inputs,
                                    ") {\n", body, "\nreturn %y\n}\n")));
  CompileOptions options;
  options.weights = type;
  return compile_model(std::move(model), options);
}

struct Case {
  const char* name;
  const char* inputs;
  std::string body;
  std::size_t weights;  // of the step that has them
};

std::string recurrent(std::string_view op, std::size_t gates, std::string_view more) {
  return random_weights("w", {1, gates * 20, 7}) + random_weights("r", {1, gates * 20, 20}) +
         random_weights("b", {1, 2 * gates * 20}) +
         str("%y = ", op, "(%x, %w, %r, %b) {hidden_size=20", more, "}");
}

std::vector<Case> cases() {
  return {
      {"a product", "%x: float[5,30]", random_weights("w", {30, 40}) + "%y = MatMul(%x, %w)", 1200},
      {"a product, bias, activation", "%x: float[1,30]",
       random_weights("w", {30, 40}) + random_weights("b", {40}) +
           "%m = MatMul(%x, %w)\n%s = Add(%m, %b)\n%y = Relu(%s)",
       1200},
      {"few outputs", "%x: float[3,70]",
       random_weights("w", {3, 70}) + random_weights("b", {3}) + "%y = Gemm(%x, %w, %b) {transB=1}",
       210},
      {"threads", "%x: float[40,300]", random_weights("w", {300, 80}) + "%y = Gemm(%x, %w)", 24000},
      {"lstm", "%x: float[3,2,7]", recurrent("LSTM", 4, ""), 80 * 27},
      {"gru", "%x: float[3,2,7]", recurrent("GRU", 3, ""), 60 * 27},
      {"linear gru", "%x: float[3,2,7]", recurrent("GRU", 3, ", linear_before_reset=1"), 60 * 27},
      {"rnn", "%x: float[3,2,7]", recurrent("RNN", 1, ""), 20 * 27},
      {"by the reference", "%x: float[3,2,7]", recurrent("RNN", 1, ", activations=[\"Softsign\"]"),
       0},
  };
}

TEST(StoreWeights, PlansHaveTheBitsOfTheRoundedModel) {
  for (const Case& one : cases()) {
    for (const WeightType type : kTypes) {
      const std::string what = str(one.name, ' ', weight_type_name(type));
      const auto compiled = compile_text(one.inputs, one.body, type);
      ASSERT_TRUE(compiled.ok()) << what << ": " << compiled.error().message;
      const StepNote& step = compiled->steps.front();
      EXPECT_EQ(compiled->steps.size(), 1U) << what;
      if (one.weights != 0) {
        EXPECT_TRUE(step.note.ends_with(weights_note(type))) << what << step.note;
      }
      EXPECT_GE(step.weight_bytes, one.weights * bytes_of(type)) << what;
      const auto inputs = sample_inputs(compiled->model, 7);
      ASSERT_TRUE(inputs.ok()) << what << ": " << inputs.error().message;
      const Status proof = prove(*compiled, *inputs, {{}, {1, 2, 3, 4}});
      EXPECT_TRUE(proof.ok()) << what << ": " << proof.error().message;
    }
  }
}

TEST(StoreWeights, NarrowWeightsTakeLess) {
  const Case lstm = cases()[4];
  std::uint64_t bytes[4];
  for (std::size_t i = 0; i < 4; ++i) {
    const auto compiled = compile_text(lstm.inputs, lstm.body, kTypes[i]);
    ASSERT_TRUE(compiled.ok());
    bytes[i] = compiled->weight_bytes;
  }
  EXPECT_EQ(bytes[1], bytes[2]);
  EXPECT_LT(bytes[1], bytes[0] * 6 / 10);
  EXPECT_LT(bytes[3], bytes[1]);
}

// round(w / scale), scale = max |w| / 127 for each output; zeros have none.
TEST(StoreWeights, Int8HasOneScaleForEachOutput) {
  const auto compiled = compile_text("%x: float[1,2]",
                                     "init %w = float[2,3] {127, 0, -1, -63.5, 0, 0.25}\n"
                                     "%y = MatMul(%x, %w)",
                                     WeightType::kI8);
  ASSERT_TRUE(compiled.ok());
  const Graph& graph = compiled->model.graph;
  ASSERT_EQ(graph.nodes.size(), 2U);
  const auto values = [&](ValueId id) {
    const auto data = graph.initializer(id)->data<float>();
    return std::vector<float>(data.begin(), data.end());
  };
  EXPECT_EQ(values(graph.nodes[0].inputs[1]),
            (std::vector<float>{127, 0, -127, -64, 0, 32}));  // half to even
  EXPECT_EQ(values(graph.nodes[1].inputs[1]), (std::vector<float>{1, 1, 1 / 127.0F}));
}

TEST(StoreWeights, WeightsThatDoNotFitStay) {
  struct Row {
    const char* weights;
    WeightType type;
  };
  for (const Row& row :
       {Row{"{65520, 1}", WeightType::kF16}, Row{"{1.2e-38, 0}", WeightType::kI8}}) {
    const auto compiled =
        compile_text("%x: float[1,2]",
                     str("init %w = float[2,1] ", row.weights, "\n%y = MatMul(%x, %w)"), row.type);
    ASSERT_TRUE(compiled.ok());
    EXPECT_EQ(compiled->steps.front().note, "MatMul");
    EXPECT_NE(compiled->passes.back().text.find("do not fit"), std::string::npos);
  }
}

TEST(StoreWeights, TypesHaveNames) {
  for (const WeightType type : kTypes) {
    const auto parsed = parse_weight_type(weight_type_name(type));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, type);
  }
  EXPECT_FALSE(parse_weight_type("int4").ok());
}

}  // namespace
}  // namespace slipway::compile
