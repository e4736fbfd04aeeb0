#include "compile/compile.h"

#include <gtest/gtest.h>

#include "compile/prove.h"
#include "graph/text.h"
#include "onnx/reader.h"

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

}  // namespace
}  // namespace slipway::compile
