// Recurrent layers whose weights are dequantised bytes: multiplied in integers, with the bits of
// the reference of the graph after the pass, and near those of the model as it was.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"
#include "ops/interpreter.h"

namespace slipway::compile {
namespace {

std::string list(std::string_view name, std::string_view type, std::size_t count, auto number) {
  std::string text = str("init %", name, " = ", type, " {");
  for (std::size_t i = 0; i < count; ++i) text += str(i == 0 ? "" : ",", number(i));
  return text + "}\n";
}

struct Case {
  const char* name;
  const char* op;
  std::size_t gates;
  std::size_t directions = 1;
  bool has_scale_per_row = true;
  int least = -127;
  const char* more = "";
  bool stays_bytes = true;
};

constexpr std::size_t kInputs = 7;
constexpr std::size_t kHidden = 20;

std::string quantized(const Case& c, std::string_view name, std::size_t depth, unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t rows = c.gates * kHidden;
  const std::string scale = c.has_scale_per_row ? str("float[", rows, "]") : "float[]";
  const std::string zero = c.has_scale_per_row ? str("int8[", rows, "]") : "int8[]";
  const std::size_t scales = c.has_scale_per_row ? rows : 1;
  return list(str(name, "q"), str("int8[", c.directions, ",", rows, ",", depth, "]"),
              c.directions * rows * depth,
              [&](std::size_t i) {
                return i == 0 ? c.least : static_cast<int>(random() % 255) - 127;
              }) +
         list(str(name, "s"), scale, scales,
              [&](std::size_t i) { return 0.004F + 0.0001F * static_cast<float>(i % 9); }) +
         list(str(name, "z"), zero, scales, [](std::size_t) { return 0; }) +
         str("%", name, ": float[", c.directions, ",", rows, ",", depth, "] = DequantizeLinear(%",
             name, "q, %", name, "s, %", name, "z) {axis=1}\n");
}

Result<Model> model_of(const Case& c) {
  return parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(%x: float[6,2,", kInputs,
                         "]) {\n", quantized(c, "w", kInputs, 1), quantized(c, "r", kHidden, 2),
                         "%y = ", c.op, "(%x, %w, %r) {hidden_size=", kHidden, c.more,
                         "}\nreturn %y\n}\n"));
}

const Case kCases[] = {
    {"LSTM", "LSTM", 4},
    {"LSTM, both directions share the scales", "LSTM", 4, 2, true, -127,
     ", direction=\"bidirectional\""},
    {"LSTM, one scale", "LSTM", 4, 1, false},
    {"GRU", "GRU", 3},
    {"GRU, reset after", "GRU", 3, 1, true, -127, ", linear_before_reset=1"},
    {"RNN", "RNN", 1},
    {"a byte beyond the kernel's range", "LSTM", 4, 1, true, -128, "", false},
};

TEST(RecurrentBytes, AreMultipliedInIntegersWithTheBitsOfTheReference) {
  for (const Case& c : kCases) {
    Result<Model> model = model_of(c);
    ASSERT_TRUE(model.ok()) << c.name << ": " << model.error().message;
    const auto compiled = compile_model(model->clone(), {});
    ASSERT_TRUE(compiled.ok()) << c.name << ": " << compiled.error().message;
    bool is_kept = false;
    for (const PassNote& note : compiled->passes)
      is_kept |=
          note.pass == "keep-recurrent-bytes" && note.text.find("stay bytes") != note.text.npos;
    EXPECT_EQ(is_kept, c.stays_bytes) << c.name;
    const std::size_t rows = c.directions * c.gates * kHidden;
    const std::size_t weights = rows * (kInputs + kHidden);
    if (c.stays_bytes) {
      EXPECT_LT(compiled->weight_bytes, 4 * weights) << c.name;
    }

    const auto inputs = sample_inputs(*model, 3);
    ASSERT_TRUE(inputs.ok());
    ProveOptions prove_options;
    const Status proven = prove(*compiled, *inputs, prove_options);
    EXPECT_TRUE(proven.ok()) << c.name << ": " << (proven.ok() ? "" : proven.error().message);

    const auto before = Interpreter::create(model->clone());
    const auto after = Interpreter::create(compiled->model.clone());
    ASSERT_TRUE(before.ok() && after.ok()) << c.name;
    const auto wanted = before->run(*inputs);
    const auto got = after->run(*inputs);
    ASSERT_TRUE(wanted.ok() && got.ok()) << c.name;
    const auto a = (*wanted)[0].value.tensor().data<float>();
    const auto b = (*got)[0].value.tensor().data<float>();
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 2e-3) << c.name << " " << i;
  }
}

TEST(RecurrentBytes, StayBytesWhateverTypeOtherWeightsAreStoredIn) {
  for (const WeightType type : {WeightType::kF16, WeightType::kBf16, WeightType::kI8}) {
    Result<Model> model = model_of(kCases[0]);
    ASSERT_TRUE(model.ok());
    CompileOptions options;
    options.weights = type;
    const auto compiled = compile_model(model->clone(), options);
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    const auto inputs = sample_inputs(*model, 4);
    ASSERT_TRUE(inputs.ok());
    const Status proven = prove(*compiled, *inputs, {});
    EXPECT_TRUE(proven.ok()) << (proven.ok() ? "" : proven.error().message);
    EXPECT_LT(compiled->weight_bytes, 4 * 80 * (kInputs + kHidden));
  }
}

}  // namespace
}  // namespace slipway::compile
