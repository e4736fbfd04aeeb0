#include <gtest/gtest.h>

#include <algorithm>

#include "base/str.h"
#include "graph/text.h"
#include "ops/infer.h"
#include "ops/interpreter.h"
#include "passes/list.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  Shape x;
  Shape cache;
  const char* attributes;
  bool has_positions = true;
};

Model model_of(const Row& row) {
  const std::string caches = shape_text(row.cache);
  const std::string text =
      str("slipway-text 1\nir 8\nopset ai.onnx 23\ngraph g(%x: float", shape_text(row.x),
          ", %c: float", caches, ", %s: float", caches, ") {\n",
          "init %p = int64[2,3] {4, 0, 2, 1, 1, 3}\n%y = RotaryEmbedding(%x, %c, %s",
          row.has_positions ? ", %p" : "", ") ", row.attributes, "\nreturn %y\n}\n");
  Result<Model> model = parse_model(text);
  EXPECT_TRUE(model.ok()) << text;
  Problems problems;
  infer_types(*model, problems);
  EXPECT_TRUE(problems.empty()) << row.name;
  return *std::move(model);
}

Tensor numbers(const Shape& shape, std::uint32_t state) {
  Tensor tensor = *Tensor::create(DType::kFloat32, shape);
  for (float& x : tensor.mutable_data<float>()) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8U) * 0x1p-22F - 2.0F;
  }
  return tensor;
}

Tensor run(const Row& row, Model model) {
  const Result<Interpreter> interpreter = Interpreter::create(std::move(model));
  EXPECT_TRUE(interpreter.ok()) << row.name << ": " << interpreter.error().message;
  auto outputs = interpreter->run(
      {{"x", numbers(row.x, 1)}, {"c", numbers(row.cache, 2)}, {"s", numbers(row.cache, 3)}});
  EXPECT_TRUE(outputs.ok()) << row.name << ": " << outputs.error().message;
  return (*outputs)[0].value.tensor();
}

TEST(TurnPairs, GivesTheBitsOfTheOperator) {
  const Row rows[] = {
      {"heads first", {2, 5, 3, 8}, {7, 4}, ""},
      {"rows first", {2, 3, 40}, {7, 4}, "{num_heads=5}"},
      {"a row of the caches for each", {2, 5, 3, 8}, {2, 3, 4}, "", false},
      {"rows first, a row for each", {2, 3, 40}, {2, 3, 4}, "{num_heads=5}", false},
      {"neighbours", {2, 5, 3, 8}, {7, 4}, "{interleaved=1}"},
      {"neighbours, rows first", {2, 3, 40}, {7, 4}, "{num_heads=5, interleaved=1}"},
      {"a part of each head", {2, 5, 3, 8}, {7, 2}, "{rotary_embedding_dim=4}"},
      {"neighbours of a part",
       {2, 3, 40},
       {7, 3},
       "{num_heads=5, interleaved=1, rotary_embedding_dim=6}"},
  };
  for (const Row& row : rows) {
    const Tensor want = run(row, model_of(row));
    Model model = model_of(row);
    const Result<std::string> note = turn_pairs(model);
    ASSERT_TRUE(note.ok() && !note->empty()) << row.name;
    const Tensor got = run(row, std::move(model));
    EXPECT_EQ(got.shape(), want.shape()) << row.name;
    EXPECT_TRUE(std::ranges::equal(got.bytes(), want.bytes())) << row.name;
  }
}

}  // namespace
}  // namespace slipway
