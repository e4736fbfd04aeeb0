// Quantised models: what the passes make of QuantizeLinear and DequantizeLinear around an operator
// runs by the kernels of integers and gives the bits of the reference.
#include <gtest/gtest.h>

#include <string>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"

namespace slipway::compile {
namespace {

// A text of `count` numbers in [low, high].
std::string numbers(int count, int low, int high, std::uint32_t seed) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525U + 1013904223U;
    text += str(i == 0 ? "" : ",",
                low + static_cast<int>((seed >> 8U) % static_cast<std::uint32_t>(high - low + 1)));
  }
  return text;
}

std::string scales(int count, double first, double step) {
  std::string text;
  for (int i = 0; i < count; ++i) text += str(i == 0 ? "" : ",", first + step * (i % 7));
  return text;
}

struct Quantization {
  const char* name;
  const char* type;
  const char* scale;
  int zero;
};

// %to, quantised and dequantised again: %to.q and %to.d.
std::string quantized(const char* to, const Quantization& q) {
  return str("init %", to, ".s = float[] {", q.scale, "}\ninit %", to, ".z = ", q.type, "[] {",
             q.zero, "}\n%", to, ".q = QuantizeLinear(%", to, ", %", to, ".s, %", to, ".z)\n%", to,
             ".d = DequantizeLinear(%", to, ".q, %", to, ".s, %", to, ".z)\n");
}

struct Expectation {
  std::string name, inputs, body;
  std::vector<std::string> kernels;  // all of the steps, in order
  int opset = 17;
};

void expect(const Expectation& row) {
  SCOPED_TRACE(row.name);
  const std::string text = str("slipway-text 1\nir 8\nopset ai.onnx ", row.opset, "\ngraph g(",
                               row.inputs, ") {\n", row.body, "return %y\n}\n");
  Result<Model> model = parse_model(text);
  ASSERT_TRUE(model.ok()) << model.error().message << text;
  const Result<Compiled> compiled = compile_model(*std::move(model), {});
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  std::vector<std::string> kernels;
  for (const StepNote& step : compiled->steps) kernels.push_back(step.kernel);
  EXPECT_EQ(kernels, row.kernels);
  const auto inputs = sample_inputs(compiled->model, 7);
  ASSERT_TRUE(inputs.ok()) << inputs.error().message;
  const Status proof = prove(*compiled, *inputs, {{}, {1, 2, 3, 4}});
  EXPECT_TRUE(proof.ok()) << proof.error().message;
}

const Quantization kTypes[] = {
    {"unsigned", "uint8", "0.016", 117},
    {"unsigned, zero at its end", "uint8", "0.0078", 0},
    {"signed", "int8", "0.016", -5},
    {"signed, symmetric", "int8", "0.0157", 0},
};

struct ConvRow {
  const char* name;
  int in, out, groups, kernel;
  const char* attributes;
  int size = 9;
};

std::string convolution(const ConvRow& c, const char* x, const char* y, bool has_bias,
                        const char* weight_type, int weight_zero) {
  const int channels = c.out;
  const int filter = c.in / c.groups * c.kernel * c.kernel;
  const int low = std::string_view(weight_type) == "int8" ? -127 : 1;
  std::string text = str(
      "init %", y, ".w = ", weight_type, "[", c.out, ",", c.in / c.groups, ",", c.kernel, ",",
      c.kernel, "] {", numbers(channels * filter, low, low + 254, 5), "}\ninit %", y,
      ".ws = float[", channels, "] {", scales(channels, 0.001, 0.0005), "}\ninit %", y,
      ".wz = ", weight_type, "[", channels, "] {", numbers(channels, weight_zero, weight_zero, 1),
      "}\n%", y, ".wd = DequantizeLinear(%", y, ".w, %", y, ".ws, %", y, ".wz) {axis=0}\n");
  std::string bias;
  if (has_bias) {
    text += str("init %", y, ".b = float[", channels, "] {", scales(channels, -0.3, 0.11), "}\n");
    bias = str(", %", y, ".b");
  }
  return text + str("%", y, " = Conv(%", x, ".d, %", y, ".wd", bias, ") {group=", c.groups,
                    c.attributes[0] == '\0' ? "" : ", ", c.attributes, "}\n");
}

TEST(Quantized, ConvolutionsOfEveryForm) {
  const ConvRow rows[] = {
      {"pointwise", 32, 48, 1, 1, ""},
      {"odd channels", 5, 19, 1, 3, "pads=[1,1,1,1]"},
      {"first layer", 3, 16, 1, 3, "pads=[1,1,1,1], strides=[2,2]", 23},
      {"depthwise", 20, 20, 20, 3, "pads=[1,1,1,1]"},
      {"depthwise, divided among threads", 64, 64, 64, 3, "pads=[1,1,1,1]", 24},
      {"depthwise, stride 2", 16, 16, 16, 3, "pads=[0,0,1,1], strides=[2,2]"},
      {"groups of blocks", 32, 64, 2, 3, "pads=[1,1,1,1]"},
      {"groups of four channels", 32, 32, 8, 3, "pads=[1,1,1,1]"},
      {"three groups of odd channels", 9, 21, 3, 3, "dilations=[2,2]"},
      {"two filters a channel", 6, 12, 6, 3, ""},
  };
  for (const ConvRow& row : rows) {
    const std::string body = quantized("x", kTypes[0]) +
                             convolution(row, "x", "c", true, "int8", 0) +
                             quantized("c", kTypes[0]) + "%y = Identity(%c.d)\n";
    expect({row.name,
            str("%x: float[2,", row.in, ",", row.size, ",", row.size, "]"),
            body,
            {"quantize blocks", "byte conv", "dequantize blocks", "relayout"}});
  }
}

TEST(Quantized, PointwiseConvolutionsThatSkipPositions) {
  const ConvRow rows[] = {
      {"stride 2", 32, 48, 1, 1, "strides=[2,2]"},
      {"strides of two kinds, groups", 32, 32, 2, 1, "strides=[3,1]", 11},
  };
  for (const ConvRow& row : rows) {
    for (const Quantization& type : {kTypes[0], kTypes[2]}) {
      const std::string body = quantized("x", type) + convolution(row, "x", "c", true, "int8", 0) +
                               quantized("c", kTypes[0]) + "%y = Identity(%c.d)\n";
      expect({str(row.name, ", ", type.name),
              str("%x: float[2,", row.in, ",", row.size, ",", row.size, "]"),
              body,
              {"quantize blocks", "view", "byte conv", "dequantize blocks", "relayout"}});
    }
  }
}

TEST(Quantized, ConvolutionsOfEveryType) {
  const ConvRow row = {"", 6, 18, 1, 3, "pads=[1,1,1,1]"};
  for (const Quantization& from : kTypes) {
    for (const Quantization& to : kTypes) {
      for (const bool is_signed : {true, false}) {
        const std::string body = quantized("x", from) +
                                 convolution(row, "x", "c", is_signed, is_signed ? "int8" : "uint8",
                                             is_signed ? 0 : 128) +
                                 quantized("c", to) + "%y = Identity(%c.d)\n";
        expect({str(from.name, " to ", to.name, is_signed ? "" : ", unsigned weights"),
                "%x: float[1,6,9,9]",
                body,
                {"quantize blocks", "byte conv", "dequantize blocks", "relayout"}});
      }
    }
  }
}

TEST(Quantized, WhatFollowsAConvolution) {
  const ConvRow row = {"", 6, 18, 1, 3, "pads=[1,1,1,1]"};
  for (const Quantization& to : kTypes) {
    const std::string x = quantized("x", kTypes[2]);
    const std::string conv = convolution(row, "x", "c", true, "int8", 0);
    const std::string end = "%y = Identity(%r.d)\n";
    const std::vector<std::string> kernels = {"quantize blocks", "byte conv", "dequantize blocks",
                                              "relayout"};
    expect({str("Relu, ", to.name), "%x: float[1,6,9,9]",
            str(x, conv, "%r = Relu(%c)\n", quantized("r", to), end), kernels});
    expect({str("Clip, ", to.name), "%x: float[1,6,9,9]",
            str(x, conv, "init %low = float[] {-0.25}\ninit %high = float[] {0.75}\n",
                "%r = Clip(%c, %low, %high)\n", quantized("r", to), end),
            kernels});
  }
}

TEST(Quantized, SumsOfConvolutions) {
  const ConvRow first = {"", 6, 18, 1, 3, "pads=[1,1,1,1]"};
  const ConvRow second = {"", 18, 18, 1, 3, "pads=[1,1,1,1]"};
  for (const Quantization& r : kTypes) {
    for (const Quantization& to : kTypes) {
      for (const char* clamp : {"", "Relu"}) {
        const std::string body = quantized("x", kTypes[0]) +
                                 convolution(first, "x", "a", true, "int8", 0) + quantized("a", r) +
                                 convolution(second, "a", "b", false, "int8", 0) +
                                 quantized("b", kTypes[3]) + "%s = Add(%b.d, %a.d)\n" +
                                 (clamp[0] == '\0' ? "%t = Identity(%s)\n" : "%t = Relu(%s)\n") +
                                 quantized("t", to) + "%y = Identity(%t.d)\n";
        expect({str(r.name, " added, to ", to.name, " ", clamp),
                "%x: float[1,6,9,9]",
                body,
                {"quantize blocks", "byte conv", "byte conv", "dequantize blocks", "relayout"}});
      }
    }
  }
}

TEST(Quantized, Pools) {
  const ConvRow row = {"", 6, 18, 1, 3, "pads=[1,1,1,1]"};
  for (const Quantization& type : kTypes) {
    const std::string conv = quantized("x", kTypes[0]) +
                             convolution(row, "x", "c", true, "int8", 0) + quantized("c", type);
    expect({str("greatest of ", type.name),
            "%x: float[2,6,9,9]",
            conv + "%p = MaxPool(%c.d) {kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]}\n" +
                quantized("p", type) + "%y = Identity(%p.d)\n",
            {"quantize blocks", "byte conv", "byte pool", "dequantize blocks", "relayout"}});
    expect({str("mean of ", type.name),
            "%x: float[2,6,9,9]",
            conv + "%p = GlobalAveragePool(%c.d)\n" + quantized("p", kTypes[2]) +
                "%y = Identity(%p.d)\n",
            {"quantize blocks", "byte conv", "byte pool", "dequantize blocks", "relayout"}});
  }
}

TEST(Quantized, Functions) {
  const ConvRow row = {"", 6, 18, 1, 3, "pads=[1,1,1,1]"};
  for (const Quantization& from : kTypes) {
    for (const Quantization& to : kTypes) {
      const std::string end = quantized("f", to) + "%y = Identity(%f.d)\n";
      const std::string plain = quantized("x", from);
      const std::string blocked = quantized("x", kTypes[0]) +
                                  convolution(row, "x", "c", true, "int8", 0) +
                                  quantized("c", from);
      expect({str("plain, ", from.name, " to ", to.name),
              "%x: float[3,700]",
              str(plain, "%g = Sigmoid(%x.d)\n%f = Mul(%g, %x.d)\n", end),
              {"quantize", "byte table", "dequantize"}});
      expect({str("blocked, ", from.name, " to ", to.name),
              "%x: float[1,6,9,9]",
              str(blocked, "init %half = float[] {0.5}\n%f = Add(%half, %c.d)\n", end),
              {"quantize blocks", "byte conv", "byte table", "dequantize blocks", "relayout"}});
    }
    expect({str("another scale, ", from.name),
            "%x: float[3,70]",
            str(quantized("x", from), "%f = Identity(%x.d)\n",
                quantized("f", {"", "uint8", "0.03", 9}), "%y = Identity(%f.d)\n"),
            {"quantize", "byte table", "dequantize"}});
  }
  const ConvRow other = {"", 6, 18, 1, 1, ""};
  for (const Quantization& type : kTypes) {
    expect({str("two maps, ", type.name),
            "%x: float[1,6,9,9]",
            str(quantized("x", kTypes[0]), convolution(row, "x", "a", true, "int8", 0),
                quantized("a", type), convolution(other, "x", "b", true, "int8", 0),
                quantized("b", kTypes[2]), "%g = Sigmoid(%b.d)\n%f = Mul(%a.d, %g)\n",
                quantized("f", type), "%y = Identity(%f.d)\n"),
            {"quantize blocks", "byte conv", "byte conv", "byte chain", "dequantize blocks",
             "relayout"}});
    expect({str("two of a kind, ", type.name),
            "%x: float[40,700], %z: float[40,700]",
            str(quantized("x", type), quantized("z", kTypes[2]), "%f = Mul(%x.d, %z.d)\n",
                quantized("f", type), "%y = Identity(%f.d)\n"),
            {"quantize", "quantize", "byte chain", "dequantize"}});
  }
}

struct ProductRow {
  const char* name;
  const char* input;
  int k, n;
};

TEST(Quantized, Products) {
  const ProductRow rows[] = {
      {"one row", "[1,70]", 70, 19},       {"one row of whole blocks", "[1,64]", 64, 300},
      {"rows", "[37,33]", 33, 17},         {"three axes", "[2,9,48]", 48, 32},
      {"many rows", "[500,300]", 300, 16},
  };
  for (const ProductRow& row : rows) {
    for (const Quantization& type : kTypes) {
      const std::string weights =
          str("init %w = int8[", row.k, ",", row.n, "] {", numbers(row.k * row.n, -127, 127, 3),
              "}\ninit %ws = float[", row.n, "] {", scales(row.n, 0.001, 0.0005),
              "}\n%wd = DequantizeLinear(%w, %ws) {axis=1}\n");
      const std::string input = str("%x: float", row.input);
      const std::vector<std::string> kernels = {"quantize", "byte product", "dequantize"};
      expect({str(row.name, ", ", type.name), input,
              quantized("x", type) + weights + "%m = MatMul(%x.d, %wd)\n" +
                  quantized("m", kTypes[0]) + "%y = Identity(%m.d)\n",
              kernels});
      expect({str(row.name, " with a bias, ", type.name), input,
              quantized("x", kTypes[0]) + weights + "init %b = float[" + str(row.n) + "] {" +
                  scales(row.n, -0.3, 0.11) +
                  "}\n%m = MatMul(%x.d, %wd)\n%a = Add(%b, %m)\n%r = Relu(%a)\n" +
                  quantized("r", type) + "%y = Identity(%r.d)\n",
              kernels});
    }
  }
  const std::string gemm =
      quantized("x", kTypes[0]) + str("init %w = int8[19,70] {", numbers(19 * 70, -127, 127, 3)) +
      "}\ninit %ws = float[] {0.002}\n%wd = DequantizeLinear(%w, %ws)\ninit %b = int32[19] {" +
      numbers(19, -9000, 9000, 8) +
      "}\ninit %bs = float[] {0.000032}\n%bd = DequantizeLinear(%b, %bs)\n%g = Gemm(%x.d, %wd, "
      "%bd) {transB=1}\n" +
      quantized("g", kTypes[2]) + "%y = Identity(%g.d)\n";
  expect({"gemm", "%x: float[1,70]", gemm, {"quantize", "byte product", "dequantize"}});
}

// What moves elements moves them as bytes; a QuantizeLinear that undoes the DequantizeLinear before
// it is gone.
TEST(Quantized, BytesMove) {
  for (const Quantization& type : kTypes) {
    expect({type.name,
            "%x: float[2,6,9,8]",
            quantized("x", type) + "%f = Flatten(%x.d)\n" + quantized("f", type) +
                "%t = Transpose(%f.d)\n" + quantized("t", type) + "%y = Identity(%t.d)\n",
            {"quantize", "view", "dequantize"}});
  }
}

// What nothing scales, and what neither factor is a constant of, gives its sums.
TEST(Quantized, SumsOfProducts) {
  const auto row = [](const char* name, const char* inputs, const std::string& body) {
    expect({name, inputs, body, {"integer product"}});
  };
  const std::string unsigned_zeros = str("init %z = uint8[19] {", numbers(19, 0, 255, 4), "}\n");
  row("constant weights", "%x: uint8[37,70]",
      str("init %w = int8[70,19] {", numbers(70 * 19, -128, 127, 3),
          "}\n%y = MatMulInteger(%x, %w)\n"));
  row("zero points of columns", "%x: int8[2,9,33]",
      str("init %w = uint8[33,19] {", numbers(33 * 19, 0, 255, 3), "}\ninit %a = int8[] {-5}\n",
          unsigned_zeros, "%y = MatMulInteger(%x, %w, %a, %z)\n"));
  row("two inputs", "%x: uint8[1,300], %w: uint8[300,150], %a: uint8[], %b: uint8[1]",
      "%y = MatMulInteger(%x, %w, %a, %b)\n");
  row("batches", "%x: int8[3,1,11,20], %w: int8[2,20,17], %b: int8[]",
      "%y = MatMulInteger(%x, %w, _, %b)\n");
  row("signed by unsigned", "%x: int8[50,7], %w: uint8[7,130]", "%y = MatMulInteger(%x, %w)\n");
  expect({"scaled, of two inputs",
          "%x: float[2,7,40], %z: float[2,40,19]",
          "%q, %s, %o = DynamicQuantizeLinear(%x)\n%r, %t, %p = DynamicQuantizeLinear(%z)\n%sum = "
          "MatMulInteger(%q, %r, %o, %p)\n%wide = Cast(%sum) {to=1}\n%f = Mul(%s, %t)\n%y = "
          "Mul(%wide, %f)\n",
          {"dynamic range", "quantize", "dynamic range", "quantize", "integer product", "convert",
           "chain", "chain"}});
}

// What stays float after a product of bytes is part of its step: a scale that a run finds, a bias,
// an addend, an activation.
TEST(Quantized, ProductsThatStayFloat) {
  const auto weights = [](int k, int n) {
    return str("init %w = int8[", k, ",", n, "] {", numbers(k * n, -127, 127, 3),
               "}\ninit %ws = float[", n, "] {", scales(n, 0.001, 0.0005), "}\ninit %b = float[", n,
               "] {", scales(n, -0.3, 0.11), "}\n");
  };
  const std::string dynamic = "%q, %s, %z = DynamicQuantizeLinear(%x)\n";
  const std::string sum = "%sum = MatMulInteger(%q, %w, %z)\n%wide = Cast(%sum) {to=1}\n";
  const std::string product = sum + "%f = Mul(%s, %ws)\n%p = Mul(%wide, %f)\n";
  const std::string dequantized = "%wd = DequantizeLinear(%w, %ws) {axis=1}\n";
  const std::vector<std::string> found = {"dynamic range", "quantize", "chain", "byte product"};
  expect({"dynamic", "%x: float[3,40]", weights(40, 19) + dynamic + product + "%y = Identity(%p)\n",
          found});
  expect({"dynamic, one row", "%x: float[1,40]",
          weights(40, 300) + dynamic + product + "%y = Add(%p, %b)\n", found});
  expect(
      {"dynamic, with what follows", "%x: float[2,70,40], %r: float[2,70,300]",
       weights(40, 300) + dynamic + product + "%v = Add(%b, %p)\n%g = Add(%v, %r)\n%y = Gelu(%g)\n",
       found, 20});
  expect({"dynamic, one scale",
          "%x: float[2,7,40]",
          weights(40, 19) + dynamic + sum + "%p = Mul(%s, %wide)\n%y = Tanh(%p)\n",
          {"dynamic range", "quantize", "byte product"}});
  for (const Quantization& q : kTypes) {
    expect({str("static ", q.name),
            "%x: float[2,37,48]",
            quantized("x", q) + weights(48, 33) + dequantized +
                "%p = MatMul(%x.d, %wd)\n%v = Add(%p, %b)\n%y = Exp(%v)\n",
            {"quantize", "byte product", "chain"}});
  }
  expect({"static, as Gemm",
          "%x: float[37,48]",
          quantized("x", kTypes[0]) + weights(48, 33) + dequantized +
              "%p = Gemm(%x.d, %wd, %b)\n%y = Sigmoid(%p)\n",
          {"quantize", "byte product"}});
}

TEST(Quantized, ConvolutionsThatStayFloat) {
  struct Form {
    const char* name;
    const char* x;
    int out, in, kernel;
    const char* attributes;
  };
  const Form forms[] = {
      {"odd channels", "2,5,9,11", 19, 5, 3, "pads=[1,1,1,1]"},
      {"pointwise", "1,32,9,11", 48, 32, 1, "strides=[1,1]"},
      {"depthwise", "1,20,9,11", 20, 1, 3, "group=20, pads=[1,1,1,1], strides=[2,2]"},
      {"depthwise, five by five", "1,35,9,11", 35, 1, 5, "group=35, pads=[2,2,2,2]"},
      {"groups of blocks", "1,32,9,11", 64, 16, 3, "group=2"}};
  for (const Form& form : forms) {
    for (const bool has_bias : {false, true}) {
      const std::string body = str(
          "init %w = int8[", form.out, ",", form.in, ",", form.kernel, ",", form.kernel, "] {",
          numbers(form.out * form.in * form.kernel * form.kernel, -127, 127, 5),
          "}\ninit %ws = float[", form.out, ",1,1] {", scales(form.out, 0.001, 0.0005),
          "}\ninit %b = float[1,", form.out, ",1,1] {", scales(form.out, -0.3, 0.11),
          "}\n%q, %s, %z = DynamicQuantizeLinear(%x)\n%sum = ConvInteger(%q, %w, %z) {",
          form.attributes, "}\n%wide = Cast(%sum) {to=1}\n%f = Mul(%s, %ws)\n%p = Mul(%wide, %f)\n",
          has_bias ? "%v = Add(%p, %b)\n" : "", "%y = Relu(", has_bias ? "%v" : "%p", ")\n");
      expect(
          {str(form.name, has_bias ? " with bias" : ""),
           str("%x: float[", form.x, "]"),
           body,
           {"dynamic range", "quantize", "chain", "relayout", "byte conv", "chain", "relayout"}});
    }
  }
}

// Whole blocks of bytes are joined as they are.
TEST(Quantized, JoinedBlocks) {
  const ConvRow row = {"", 16, 32, 1, 3, "pads=[1,1,1,1]"};
  const ConvRow next = {"", 64, 16, 1, 1, ""};
  for (const Quantization& q : {kTypes[0], kTypes[2]}) {
    const std::string z =
        str("init %j.s = float[] {", q.scale, "}\ninit %j.z = ", q.type, "[] {", q.zero, "}\n");
    expect({str("joined, ", q.name),
            "%x: float[1,16,9,9]",
            quantized("x", q) + convolution(row, "x", "a", true, "int8", 0) + quantized("a", q) +
                convolution(row, "x", "b", false, "int8", 0) + quantized("b", q) +
                "%j.f = Concat(%a.d, %b.d) {axis=1}\n" + z +
                "%j.q = QuantizeLinear(%j.f, %j.s, %j.z)\n%j.d = DequantizeLinear(%j.q, %j.s, "
                "%j.z)\n" +
                convolution(next, "j", "c", true, "int8", 0) + quantized("c", q) +
                "%y = Identity(%c.d)\n",
            {"quantize blocks", "byte conv", "byte conv", "concat", "byte conv",
             "dequantize blocks", "relayout"}});
  }
}

}  // namespace
}  // namespace slipway::compile
