#include <gtest/gtest.h>

#include <algorithm>

#include "base/str.h"
#include "graph/text.h"
#include "passes/list.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  const char* pads;   // of the Pad: of four axes, first and last of each
  const char* after;  // the node after it
  bool folds;
  const char* then = "";  // what its text then has
};

TEST(FoldPadding, GivesZerosToTheNodeAfter) {
  const Row rows[] = {
      {"a convolution", "0,0,1,1, 0,0,1,1", "Conv(%p, %w)", true, "pads=[1, 1, 1, 1]"},
      {"an average", "0,0,1,1, 0,0,1,1", "AveragePool(%p) {kernel_shape=[3,3], pads=[0,0,0,0]}",
       true, "pads=[1, 1, 1, 1]"},
      {"an average that counts", "0,0,1,2, 0,0,0,1", "AveragePool(%p) {kernel_shape=[3,3]}", true,
       "count_include_pad=1"},
      {"an average that pads itself", "0,0,1,1, 0,0,1,1",
       "AveragePool(%p) {kernel_shape=[3,3], pads=[1,1,1,1]}", false},
      {"an average that rounds up", "0,0,1,1, 0,0,1,1",
       "AveragePool(%p) {kernel_shape=[3,3], ceil_mode=1}", false},
      {"more than the window has", "0,0,3,1, 0,0,1,1", "AveragePool(%p) {kernel_shape=[3,3]}",
       false},
      {"a maximum", "0,0,1,1, 0,0,1,1", "MaxPool(%p) {kernel_shape=[3,3]}", false},
      {"channels", "0,1,1,1, 0,0,1,1", "AveragePool(%p) {kernel_shape=[3,3]}", false},
  };
  for (const Row& row : rows) {
    Result<Model> model =
        parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[1,1,9,9]) {\n"
                        "init %w = float[1,1,1,1] {2}\ninit %n = int64[8] {",
                        row.pads, "}\n%p = Pad(%x, %n)\n%y = ", row.after, "\nreturn %y\n}\n"));
    ASSERT_TRUE(model.ok()) << row.name << ": " << model.error().message;
    const auto note = fold_padding(*model);
    ASSERT_TRUE(note.ok());
    EXPECT_EQ(model->graph.nodes.size(), row.folds ? 1U : 2U) << row.name;
    EXPECT_EQ(note->empty(), !row.folds) << row.name;
    const std::string text = print(*model);
    EXPECT_NE(text.find(row.then), std::string::npos) << row.name << ": " << text;
  }
}

}  // namespace
}  // namespace slipway
