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
  const char* equation;
  Shape a;
  Shape b;
  bool is_product = true;
};

Model model_of(const Row& row) {
  const std::string text =
      str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%a: float", shape_text(row.a),
          ", %b: float", shape_text(row.b), ") {\n%y = Einsum(%a, %b) {equation=\"", row.equation,
          "\"}\nreturn %y\n}\n");
  Result<Model> model = parse_model(text);
  EXPECT_TRUE(model.ok()) << text;
  Problems problems;
  infer_types(*model, problems);
  EXPECT_TRUE(problems.empty()) << row.equation;
  return *std::move(model);
}

Tensor numbers(const Shape& shape) {
  Tensor tensor = *Tensor::create(DType::kFloat32, shape);
  std::uint32_t state = 7;
  for (float& x : tensor.mutable_data<float>()) {
    state = state * 1664525U + 1013904223U;
    x = static_cast<float>(state >> 8U) * 0x1p-22F - 2.0F;
  }
  return tensor;
}

Tensor run(const Row& row, Model model) {
  const Result<Interpreter> interpreter = Interpreter::create(std::move(model));
  EXPECT_TRUE(interpreter.ok()) << row.equation << ": " << interpreter.error().message;
  auto outputs = interpreter->run({{"a", numbers(row.a)}, {"b", numbers(row.b)}});
  EXPECT_TRUE(outputs.ok()) << row.equation << ": " << outputs.error().message;
  return (*outputs)[0].value.tensor();
}

TEST(MultiplyEinsum, GivesTheBitsOfTheOperator) {
  const Row rows[] = {
      {"ij,jk->ik", {5, 70}, {70, 3}},
      {"ij,jk", {5, 70}, {70, 20}},
      {"bthd,bshd->bhts", {2, 9, 4, 18}, {2, 37, 4, 18}},
      {"bhts,bshd->bthd", {2, 4, 9, 37}, {2, 37, 4, 5}},
      {"ijkl,ljm->kim", {3, 7, 4, 15}, {15, 7, 6}},
      {"ijk,kj->i", {3, 7, 20}, {20, 7}},
      {"i,i->", {70}, {70}},
      {"i,j->ji", {70}, {7}},
      {"...ij,...jk->...ik", {2, 3, 5, 70}, {2, 3, 70, 4}},
      {"ii,ij->j", {7, 7}, {7, 4}, false},
      {"ij,jk->k", {7, 9}, {9, 4}, false},
      {"ij,jk->ik", {7, 1}, {9, 4}, false},
  };
  for (const Row& row : rows) {
    const Tensor want = run(row, model_of(row));
    Model model = model_of(row);
    const Result<std::string> note = multiply_einsum(model);
    ASSERT_TRUE(note.ok());
    EXPECT_EQ(!note->empty(), row.is_product) << row.equation;
    const Tensor got = run(row, std::move(model));
    EXPECT_EQ(got.shape(), want.shape()) << row.equation;
    EXPECT_TRUE(std::ranges::equal(got.bytes(), want.bytes())) << row.equation;
  }
}

}  // namespace
}  // namespace slipway
