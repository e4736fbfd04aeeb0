#include "compile/compile.h"

#include <gtest/gtest.h>

#include "compile/prove.h"
#include "graph/text.h"
#include "onnx/reader.h"
#include "plan/plan.h"

namespace slipway::compile {
namespace {

Result<Compiled> compile_file(const char* path) {
  Model model = TRY(read_model(path));
  return compile_model(std::move(model), {});
}

TEST(Compile, TheExamplesGiveTheBitsOfTheirReference) {
  for (const char* path : {"examples/autopilot/autopilot.onnx", "examples/pitwall/tcn.onnx",
                           "examples/pitwall/trees.onnx"}) {
    const Result<Compiled> compiled = compile_file(path);
    ASSERT_TRUE(compiled.ok()) << path << ": " << compiled.error().message;
    const auto inputs = sample_inputs(compiled->model, 1);
    ASSERT_TRUE(inputs.ok()) << inputs.error().message;
    const Status proof = prove(*compiled, *inputs, {{}, {1, 2, 3, 4}});
    EXPECT_TRUE(proof.ok()) << path << ": " << proof.error().message;
  }
}

TEST(Compile, AnInputWithADefaultIsAConstant) {
  auto model = parse_model(
      "slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(%x: float[2,3], %w: float[3,4]) {\n"
      "init %w = float[3,4] {1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1}\n%y = MatMul(%x, %w)\n"
      "return %y\n}\n");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const auto compiled = compile_model(*std::move(model), {});
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  EXPECT_GE(compiled->weight_bytes, 48U);
  const auto plan = plan::Plan::parse(compiled->file.bytes());
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  ASSERT_EQ(plan->inputs().size(), 1U);
  const auto inputs = sample_inputs(compiled->model, 1);
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  const Status proof = prove(*compiled, *inputs, {{}, {1}});
  EXPECT_TRUE(proof.ok()) << proof.error().message;
}

}  // namespace
}  // namespace slipway::compile
