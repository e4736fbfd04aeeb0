// Inference through bodies, and what If, Loop and Scan refuse.
#include <gtest/gtest.h>

#include "base/str.h"
#include "graph/text.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "ops/interpreter.h"

namespace slipway {
namespace {

Model parse(const std::string& graph) {
  Result<Model> model = parse_model("slipway-text 1\nir 8\nopset ai.onnx 17\n" + graph);
  EXPECT_TRUE(model.ok()) << model.error().message;
  return model.ok() ? *std::move(model) : Model();
}

// The inferred types of the graph's outputs, or the first problem.
std::string inferred(const std::string& graph) {
  Model model = parse(graph);
  Problems problems;
  infer_types(model, problems);
  if (!problems.empty()) return problems[0].what;
  std::vector<std::string> types;
  for (const ValueId id : model.graph.outputs) types.push_back(to_text(model.graph.value(id).type));
  return join(types);
}

std::string run(const std::string& graph, std::vector<NamedValue> inputs) {
  const Result<Interpreter> interpreter = Interpreter::create(parse(graph));
  if (!interpreter.ok()) return interpreter.error().message;
  const Result<std::vector<NamedValue>> outputs = interpreter->run(std::move(inputs));
  if (!outputs.ok()) return outputs.error().message;
  std::vector<std::string> texts;
  for (const NamedValue& output : *outputs) {
    std::string text = describe(output.value);
    if (output.value.is_tensor() && output.value.tensor().dtype() == DType::kFloat32) {
      text += " " + join(output.value.tensor().data<float>());
    }
    texts.push_back(text);
  }
  return join(texts, "; ");
}

TEST(If, AgreesOnWhatBothBranchesSay) {
  EXPECT_EQ(inferred(R"(graph g(%c: bool[], %x: float[batch,3], %y: float[batch,4]) {
    %z = If(%c) {then_branch=graph a() captures(%x) { %r = Relu(%x) return %r },
                 else_branch=graph b() captures(%y) { %r = Relu(%y) return %r }}
    return %z
  })"),
            "float[batch,?]");
}

TEST(If, DoesNotJudgeABranchThatIsNeverTaken) {
  EXPECT_EQ(inferred(R"(graph g(%x: float[batch,3]) {
    init %two = int64[] {2}
    %shape = Shape(%x)
    %rank = Size(%shape)
    %c = Equal(%rank, %two)
    %z = If(%c) {then_branch=graph a() captures(%x) { %r = Relu(%x) return %r },
                 else_branch=graph b() captures(%x) { %r = Transpose(%x) {perm=[0, 2, 1]} return %r }}
    return %z
  })"),
            "float[batch,3]");
}

constexpr std::string_view kStable = R"(graph g(%n: int64[], %h: float[batch,8]) {
    %last, %all = Loop(%n, _, %h) {body=graph b(%i: int64[], %c: bool[], %s) {
      %next = Tanh(%s)
      %more = Identity(%c)
      %seen: float[batch,8] = Relu(%next)
      return %more, %next, %seen
    }}
    return %last, %all
  })";

TEST(Loop, KeepsTheShapeThatRoundsKeep) {
  EXPECT_EQ(inferred(std::string(kStable)), "float[batch,8], float[?,batch,8]");
}

TEST(Loop, ForgetsTheShapeThatRoundsChange) {
  EXPECT_EQ(inferred(R"(graph g(%n: int64[], %x: float[2]) {
    %y = Loop(%n, _, %x) {body=graph b(%i: int64[], %c: bool[], %s) {
      %more = Identity(%c)
      %next = Concat(%s, %s) {axis=0}
      return %more, %next
    }}
    return %y
  })"),
            "float[?]");
}

TEST(Loop, RunsNoRoundAndManyRounds) {
  const Tensor h = Tensor::of<float>({1, 8}, std::vector<float>(8));
  EXPECT_EQ(run(std::string(kStable), {{"n", Tensor::scalar<std::int64_t>(0)}, {"h", h}}),
            "float[1,8] 0, 0, 0, 0, 0, 0, 0, 0; float[0,0,8] ");
}

TEST(Scan, SymbolsPassThroughTheBody) {
  EXPECT_EQ(inferred(R"(graph g(%h: float[batch,4], %x: float[time,batch,4]) {
    %last, %all = Scan(%h, %x) {num_scan_inputs=1, scan_output_axes=[1], body=graph b(%s, %e) {
      %next = Add(%s, %e)
      %out = Identity(%next)
      return %next, %out
    }}
    return %last, %all
  })"),
            "float[batch,4], float[batch,time,4]");
}

TEST(Scan, WalksBackward) {
  EXPECT_EQ(run(R"(graph g(%h: float[], %x: float[3]) {
    %last, %all = Scan(%h, %x) {num_scan_inputs=1, scan_input_directions=[1], body=graph b(%s, %e) {
      %next = Sub(%s, %e)
      %out = Identity(%next)
      return %next, %out
    }}
    return %last, %all
  })",
                {{"h", Tensor::scalar(10.0F)}, {"x", Tensor::of<float>({1, 2, 3})}}),
            "float[] 4; float[3] 7, 5, 4");
}

TEST(Scan, InputsMustBeEquallyLong) {
  EXPECT_NE(inferred(R"(graph g(%x: float[3], %y: float[4]) {
    %all = Scan(%x, %y) {num_scan_inputs=2, body=graph b(%d, %e) { %o = Add(%d, %e) return %o }}
    return %all
  })")
                .find("differ along their scan"),
            std::string::npos);
}

TEST(Loop, BodyMustTakeWhatIsHandedOn) {
  EXPECT_NE(inferred(R"(graph g(%n: int64[], %x: float[2]) {
    %y = Loop(%n, _, %x) {body=graph b(%i: int64[], %c: bool[]) { %m = Identity(%c) return %m }}
    return %y
  })")
                .find("it needs 3 and at least 2"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway
