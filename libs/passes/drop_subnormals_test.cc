#include <gtest/gtest.h>

#include <bit>

#include "base/str.h"
#include "graph/text.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  const char* body;
  const char* note;
};

TEST(DropSubnormals, OnlyInConstantsThatProductsMultiplyBy) {
  const Row rows[] = {
      {"weights", "init %w = float[2, 2] {1e-40, 1, -1e-40, 2}\n%y = MatMul(%x, %w)",
       "dropped subnormal numbers of 1 constant"},
      {"on either side", "init %w = float[2, 2] {1e-40, 1, 3, 2}\n%y = Gemm(%w, %x)",
       "dropped subnormal numbers of 1 constant"},
      {"used twice",
       "init %w = float[2, 2] {1e-40, 1, 3, 2}\n%a = MatMul(%x, %w)\n"
       "%y = MatMul(%a, %w)",
       "dropped subnormal numbers of 1 constant"},
      {"none there", "init %w = float[2, 2] {0, 1.2e-38, -0, 2}\n%y = MatMul(%x, %w)", ""},
      {"a factor of each element", "init %w = float[2, 2] {1e-40, 1, 3, 2}\n%y = Mul(%x, %w)", ""},
      {"what is added",
       "init %w = float[2, 2] {0, 1, 3, 2}\ninit %c = float[2] {1e-40, 1}\n"
       "%y = Gemm(%x, %w, %c)",
       ""},
  };
  for (const Row& row : rows) {
    Result<Model> model =
        parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[2, 2]) {\n",
                        row.body, "\nreturn %y\n}\n"));
    ASSERT_TRUE(model.ok()) << row.name << ": " << model.error().message;
    const Result<std::string> note = drop_subnormals(*model);
    ASSERT_TRUE(note.ok()) << row.name;
    EXPECT_EQ(*note, row.note) << row.name;
  }
}

TEST(DropSubnormals, ZerosKeepTheirSignsAndOtherUsersTheirConstant) {
  Result<Model> model = parse_model(
      "slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[2, 2]) {\n"
      "init %w = float[2, 2] {1e-40, 1, -1e-40, 2}\n%a = MatMul(%x, %w)\n%y = Add(%a, %w)\n"
      "return %y\n}\n");
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_TRUE(drop_subnormals(*model).ok());
  const Graph& graph = model->graph;
  const auto values = [&](ValueId id) { return constant_of(graph, id)->data<float>(); };
  const auto dropped = values(graph.nodes[0].inputs[1]);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(dropped[0]), 0U);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(dropped[2]), 0x80000000U);
  EXPECT_EQ(dropped[1], 1);
  EXPECT_EQ(values(graph.nodes[1].inputs[1])[0], 1e-40F);
}

}  // namespace
}  // namespace slipway
