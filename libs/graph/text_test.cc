#include "graph/text.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "base/str.h"
#include "graph/random_model.h"
#include "graph/verify.h"

namespace slipway {
namespace {

using namespace std::string_literals;

constexpr std::string_view kGolden = R"(slipway-text 1
ir 8
opset ai.onnx 17
opset my.ops 2
producer "by hand" "1.0"
doc "a \"small\" model\n"
meta {"license": "none"}

function my.ops::Twice:v1(%x) attributes(alpha, beta=0.5) {
  opset ai.onnx 17
  %y = Mul(%x, %x) {scale=@alpha:float}
  return %y
}

graph main(%image: float[batch,3,"h*w",?], %n: int64[] ) {
  init %w: float[2] = float[2] {1, -0}
  %a: float[batch,3], _ = Split(%image, _, %w) {axis=-1, ratio=2.0, sizes=[1, 2], empty=ints[]} "split"
  %b = my.ops::Twice:v1(%a) {alpha=1e-05} doc "calls" meta {"k": "v"}
  %c: seq(float[]) = If(%n) {else_branch=graph "a b"() captures(%b) {
    %d = Identity@1(%b)
    return %d
  }, then_branch=graph other() captures(%e: float[7] = %b) {
    return %e
  }}
  () = Sink(%c, %"odd name")
  about %a doc "half" meta {"scale": "0.1"}
  return %c, %b
}
)";

std::string golden() {
  std::string text(kGolden);
  text.replace(text.find("%n: int64[] )"), 13, "%n: int64[])");
  text.replace(text.find(", %\"odd name\""), 13, "");
  text.replace(text.find("%w: float[2] ="), 14, "%w =");
  return text;
}

TEST(Text, PrintsAsItWasWritten) {
  const Result<Model> model = parse_model(golden());
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(print(*model), golden());
  Problems problems;
  verify(*model, problems);
  EXPECT_TRUE(problems.empty()) << to_text(problems[0]);
  EXPECT_EQ(model->graph.nodes[1].version, 2);
  EXPECT_EQ(model->graph.nodes[0].version, 17);
}

TEST(Text, RandomModelsComeBackTheSame) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const Model model = random_model(seed);
    const std::string text = print(model);
    const Result<Model> back = parse_model(text);
    ASSERT_TRUE(back.ok()) << "seed " << seed << ": " << back.error().message << "\n" << text;
    ASSERT_EQ(print(*back), text) << "seed " << seed;
    ASSERT_EQ(print(back->clone()), text) << "seed " << seed;
  }
}

// A model whose one initializer is this literal.
std::string with_tensor(std::string_view literal) {
  return str("slipway-text 1\nir 8\nopset ai.onnx 17\n\ngraph g() {\n  init %t = ", literal,
             "\n  return %t\n}\n");
}

TEST(Text, ElementsAreExact) {
  const std::string_view rows[] = {
      "float[8] {0.1, -0, inf, -inf, nan, nan:0xffc00001, 1e-45, 3.4028235e+38}",
      "double[4] {0.1, nan, nan:0x7ff0000000000001, 5e-324}",
      "float16[5] {65504, 5.9604645e-08, -0, inf, nan:0x7e01}",
      "bfloat16[3] {1.0078125, nan:0xffff, -inf}",
      "float8e4m3fn[3] {448, -0, nan:0x7f}",
      "float8e4m3fnuz[2] {240, nan:0x80}",
      "float8e5m2[3] {57344, -inf, nan:0x7d}",
      "float8e5m2fnuz[2] {57344, nan:0x80}",
      "float8e8m0[2] {1, nan:0xff}",
      "float4e2m1[3] {6, -0.5, -0}",
      "float6e2m3[2] {7.5, -0.125}",
      "float6e3m2[2] {28, -0.0625}",
      "int4[2] {-8, 7}",
      "uint4[2] {0, 15}",
      "int2[2] {-2, 1}",
      "uint2[1] {3}",
      "int8[2] {-128, 127}",
      "int64[2] {-9223372036854775808, 9223372036854775807}",
      "uint64[1] {18446744073709551615}",
      "bool[2] {true, false}",
      "complex64[1] {(1.5, -nan:0xffc00001)}",
      "complex128[1] {(0, -0)}",
      "string[3] {\"\", \"\\x00\\xff\\\"\\\\\", \"z\xc3\xbcrich\"}",
      "float[] {1}",
      "float[0,3] {}",
      "sparse[2,3](float[1] {5}, int64[1] {4})",
  };
  for (std::string_view row : rows) {
    std::string text = with_tensor(row);
    if (const std::size_t at = text.find("-nan"); at != std::string::npos) text.erase(at, 1);
    const Result<Model> model = parse_model(text);
    ASSERT_TRUE(model.ok()) << row << ": " << model.error().message;
    EXPECT_EQ(print(*model), text);
  }
}

TEST(Text, LongTensorsCanBeLeftOut) {
  const Result<Model> model = parse_model(with_tensor("float[3] {1, 2, 3}"));
  ASSERT_TRUE(model.ok());
  const std::string text = print(*model, {.max_tensor_elements = 2});
  EXPECT_NE(text.find("init %t = float[3] {#"), std::string::npos) << text;
  EXPECT_FALSE(parse_model(text).ok());
}

struct BadText {
  const char* name;
  std::string text;
  const char* says;
};

std::string graph_with(std::string_view body) {
  return str("slipway-text 1\nir 8\nopset ai.onnx 17\ngraph g(%x: float[2]) {\n", body, "\n}\n");
}

std::string nested_types(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "seq(";
  return text;
}

std::string nested_graphs(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "%y = If(%x) {b=graph g() captures(%x) {\n";
  return text;
}

TEST(Text, BadTextIsRefusedWithItsPlace) {
  const BadText rows[] = {
      {"empty", "", "line 1, column 1: 'slipway-text' expected"},
      {"version", "slipway-text 2", "version 1"},
      {"undefined value", graph_with("%y = Relu(%z)\nreturn %y"), "line 5, column"},
      {"twice", graph_with("%x = Relu(%x)\nreturn %x"), "%x is defined already"},
      {"no return", graph_with("%y = Relu(%x)"), "expected"},
      {"open string", graph_with("%y = Relu(%x) \"name\nreturn %y"), "not closed"},
      {"bad escape", graph_with("%y = Relu(%x) \"\\q\"\nreturn %y"), "unknown escape"},
      {"character", graph_with("!"), "unexpected character"},
      {"too few elements", with_tensor("float[3] {1, 2}"), "wants 3"},
      {"too many elements", with_tensor("float[1] {1, 2}"), "more than 1"},
      {"enormous shape", with_tensor("float[1000000000000] {}"), "do not follow"},
      {"overflowing shape", with_tensor("float[9223372036854775807,9] {}"), "64 bits"},
      {"negative shape", with_tensor("float[-1] {}"), "negative"},
      {"inexact element", with_tensor("float16[1] {0.1}"), "no exact value"},
      {"out of range", with_tensor("int4[1] {8}"), "no exact value"},
      {"NaN bits too wide", with_tensor("float16[1] {nan:0x17e00}"), "no exact value"},
      {"capture at the top", "slipway-text 1\nir 8\ngraph g() captures(%a) {return}",
       "no graph around"},
      {"deep types", graph_with(str("%y: ", nested_types(100), " = Relu(%x)\nreturn %y")),
       "too deeply"},
      {"deep graphs", graph_with(nested_graphs(100)), "too deeply"},
      {"text behind", graph_with("return %x") + "graph", "text after"},
  };
  for (const BadText& row : rows) {
    const Result<Model> model = parse_model(row.text);
    ASSERT_FALSE(model.ok()) << row.name;
    EXPECT_NE(model.error().message.find(row.says), std::string::npos)
        << row.name << ": " << model.error().message;
  }
}

}  // namespace
}  // namespace slipway
