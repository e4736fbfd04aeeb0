#include <gtest/gtest.h>

#include "base/str.h"
#include "graph/text.h"
#include "passes/list.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  const char* body;
  std::size_t removed;  // nodes
};

TEST(MergeEqual, KeepsTheFirstOfNodesThatGiveTheSame) {
  const Row rows[] = {
      {"twice the same", "%a = Relu(%x)\n%b = Relu(%x)\n%y = Add(%a, %b)", 1},
      {"what follows them as well",
       "%a = Relu(%x)\n%b = Relu(%x)\n%c = Exp(%a)\n%d = Exp(%b)\n"
       "%y = Add(%c, %d)",
       2},
      {"equal attributes in another order",
       "%a = Elu(%x) {alpha=0.5, beta=2.0}\n%b = Elu(%x) {beta=2.0, alpha=0.5}\n%y = Add(%a, %b)",
       1},
      {"equal constants",
       "init %s = float[2] {1, 2}\ninit %t = float[2] {1, 2}\n%a = Mul(%x, %s)\n%b = Mul(%x, %t)\n"
       "%y = Add(%a, %b)",
       1},
      {"zeros of both signs",
       "init %s = float[] {0}\ninit %t = float[] {-0}\n%a = Mul(%x, %s)\n%b = Mul(%x, %t)\n"
       "%y = Add(%a, %b)",
       0},
      {"other attributes", "%a = Elu(%x) {alpha=0.5}\n%b = Elu(%x) {alpha=0.25}\n%y = Add(%a, %b)",
       0},
      {"other inputs", "%a = Sub(%x, %z)\n%b = Sub(%z, %x)\n%y = Add(%a, %b)", 0},
      {"other versions", "%a = Softmax@11(%x)\n%b = Softmax@13(%x)\n%y = Add(%a, %b)", 0},
      {"an output that is left out",
       "%a, %i = TopK(%x, %k) {axis=0}\n%b, _ = TopK(%x, %k) {axis=0}\n%y = Add(%a, %b)", 0},
      {"random numbers", "%a = RandomUniformLike(%x)\n%b = RandomUniformLike(%x)\n%y = Add(%a, %b)",
       0},
      {"unknown operators", "%a = my::Op(%x)\n%b = my::Op(%x)\n%y = Add(%a, %b)", 0},
      {"an output of the graph", "%a = Relu(%x)\n%y = Relu(%x)\n%c = Add(%a, %y)", 0},
  };
  for (const Row& row : rows) {
    Result<Model> model = parse_model(
        str("slipway-text 1\nir 8\nopset ai.onnx 17\nopset my 1\ngraph g(%x: float[2], %z: "
            "float[2], %k: int64[1]) {\n",
            row.body, "\nreturn %y\n}\n"));
    ASSERT_TRUE(model.ok()) << row.name << ": " << model.error().message;
    const std::size_t before = model->graph.nodes.size();
    const Result<std::string> note = merge_equal(*model);
    ASSERT_TRUE(note.ok()) << row.name;
    EXPECT_EQ(before - model->graph.nodes.size(), row.removed) << row.name;
    EXPECT_EQ(note->empty(), row.removed == 0) << row.name;
  }
}

}  // namespace
}  // namespace slipway
