// Forms of operators that no conformance case has: tensors large enough to be divided among
// threads, constant axes and places, inputs that a convolution left in its own layout. Each must
// run by kernels alone and give the bits of the reference.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/str.h"
#include "compile/lower/form.h"
#include "compile/rules.h"

namespace slipway::compile {
namespace {

TEST(Forms, RowsAndColumns) {
  expect_kernels({
      {"softmax of rows", "%x: float[37,130]", "%y = Softmax(%x)", "softmax"},
      {"softmax of columns", "%x: float[3,17,131]", "%y = Softmax(%x) {axis=1}", "softmax"},
      {"softmax of a first axis", "%x: float[40,70]", "%y = LogSoftmax(%x) {axis=-2}", "softmax"},
      {"softmax of all behind", "%x: float[9,7,50]", "%y = Softmax(%x) {axis=1}", "softmax", 11},
      {"hardmax of rows", "%x: float[37,130]", "%y = Hardmax(%x)", "hardmax"},
      {"hardmax of columns", "%x: float[3,17,131]", "%y = Hardmax(%x) {axis=1}", "hardmax"},
      {"hardmax of all behind", "%x: float[9,7,50]", "%y = Hardmax(%x) {axis=1}", "hardmax", 11},
      {"hardmax in place", "%x: float[9,7,50]", "%e = Exp(%x)\n%y = Hardmax(%e)", "hardmax"},
      {"softmax of nothing behind", "%x: float[9,7]", "%y = Softmax(%x) {axis=2}", "softmax", 11},
      {"layer norm", "%x: float[33,70], %s: float[70], %b: float[70]",
       "%y = LayerNormalization(%x, %s, %b)", "layer norm"},
      {"layer norm of two axes", "%x: float[33,7,10], %s: float[7,10]",
       "%y = LayerNormalization(%x, %s) {axis=1}", "layer norm"},
      {"rms norm", "%x: float[33,70], %s: float[70]", "%y = RMSNormalization(%x, %s)", "layer norm",
       23},
      {"group norm", "%x: float[3,12,9,5], %s: float[12], %b: float[12]",
       "%y = GroupNormalization(%x, %s, %b) {num_groups=4}", "group norm", 21},
      {"group norm, one a group", "%x: float[3,12,9,5], %s: float[4], %b: float[4]",
       "%y = GroupNormalization(%x, %s, %b) {num_groups=4}", "group norm"},
      {"instance norm", "%x: float[3,12,35], %s: float[12], %b: float[12]",
       "%y = InstanceNormalization(%x, %s, %b)", "group norm"},
      {"batch norm", "%x: float[3,12,35], %s: float[12], %b: float[12], %m: float[12]",
       "init %v = float[12] {1,2,3,4,5,6,7,8,9,10,11,12}\n"
       "%y = BatchNormalization(%x, %s, %b, %m, %v)",
       "batch norm"},
  });
}

TEST(Forms, Reductions) {
  expect_kernels({
      {"rows", "%x: float[60,100]", "%y = ReduceSum(%x) {axes=[1]}", "reduce", 11},
      {"columns", "%x: float[3,50,301]", "%y = ReduceMean(%x) {axes=[1], keepdims=0}", "reduce",
       13},
      {"two axes", "%x: float[30,7,11,3]", "%y = ReduceMax(%x) {axes=[1,2]}", "reduce", 13},
      {"axes apart", "%x: float[30,7,11,3]", "%y = ReduceL2(%x) {axes=[0,2], keepdims=0}", "reduce",
       13},
      {"axes apart but for ones", "%x: float[30,7,1,11]", "%y = ReduceLogSumExp(%x) {axes=[1,3]}",
       "reduce", 13},
      {"axes as an input", "%x: float[8,9,10]",
       "init %a = int64[2] {-1, 0}\n%y = ReduceProd(%x, %a) {keepdims=0}", "reduce"},
      {"no axes", "%x: float[8,9,10]", "%y = ReduceMin(%x)", "reduce"},
      {"of int64", "%x: int64[60,100]", "%y = ReduceSum(%x) {axes=[1]}", "reduce", 11},
      {"columns of int32", "%x: int32[3,50,301]", "%y = ReduceMax(%x) {axes=[1], keepdims=0}",
       "reduce", 13},
      {"axes apart of int64", "%x: int64[30,7,11,3]", "%y = ReduceMin(%x) {axes=[0,2]}", "reduce",
       13},
      {"the greatest's place", "%x: float[30,70,20]", "%y = ArgMax(%x) {axis=1}", "arg extreme"},
      {"the last of the least", "%x: float[30,70,20]",
       "%y = ArgMin(%x) {axis=-1, select_last_index=1}", "arg extreme"},
      {"pooling over everything", "%x: float[2,35,9,11]", "%y = GlobalAveragePool(%x)", "reduce"},
  });
}

TEST(Forms, Movers) {
  expect_kernels({
      {"transpose", "%x: float[3,40,50,16]", "%y = Transpose(%x) {perm=[0,2,3,1]}", "view"},
      {"transpose of bytes", "%x: int8[40,50]", "%y = Transpose(%x)", "view"},
      {"transpose that moves nothing", "%x: float[1,40,50]", "%y = Transpose(%x) {perm=[1,0,2]}",
       ""},
      {"slice", "%x: double[40,50,7]",
       "init %s = int64[3] {5, -1, 100}\ninit %e = int64[3] {35, 0, -100}\n"
       "init %a = int64[3] {0, 1, 2}\ninit %t = int64[3] {3, -2, -1}\n"
       "%y = Slice(%x, %s, %e, %a, %t)",
       "view"},
      {"dropout whose mask nobody reads", "%x: float[4,6]",
       "%d, %mask = Dropout(%x)\n%y = Transpose(%d)", "view"},
      {"slice of nothing", "%x: float[40,50]",
       "init %s = int64[1] {9}\ninit %e = int64[1] {3}\n%y = Slice(%x, %s, %e)", "view"},
      {"split", "%x: float[4,60,30]",
       "init %p = int64[3] {7, 13, 40}\n%a, %b, %c = Split(%x, %p) {axis=1}\n%y = Concat(%c, %a, "
       "%b) {axis=1}",
       "concat"},
      {"expand", "%x: float[7,1,60]", "init %s = int64[4] {3, 1, 40, 60}\n%y = Expand(%x, %s)",
       "view"},
      {"tile", "%x: int64[2,3,30]", "init %r = int64[3] {5, 1, 20}\n%y = Tile(%x, %r)", "view"},
      {"pad", "%x: float[2,3,40,30]",
       "init %p = int64[8] {0, 0, 1, -2, 0, 0, 3, 4}\ninit %v = float[] {1.5}\n%y = Pad(%x, %p, "
       "%v)",
       "mapped"},
      {"reflected", "%x: uint8[2,3,40,30]",
       "init %p = int64[4] {7, 5, 9, 60}\ninit %a = int64[2] {2, 3}\n%y = Pad(%x, %p, _, %a) "
       "{mode=\"reflect\"}",
       "mapped"},
      {"gather", "%x: float[40,60,3]", "init %i = int32[2,2] {39, -40, 0, 7}\n%y = Gather(%x, %i)",
       "gather"},
      {"gather of one", "%x: float[40,60,30]",
       "init %i = int64[] {-3}\n%y = Gather(%x, %i) {axis=1}", "view"},
      {"depth to space", "%x: float[2,36,20,21]",
       "%y = DepthToSpace(%x) {blocksize=3, mode=\"CRD\"}", "view"},
      {"space to depth", "%x: float[2,5,24,21]", "%y = SpaceToDepth(%x) {blocksize=3}", "view"},
      {"nearest", "%x: float[2,5,24,21]",
       "init %s = float[4] {1.0, 1.0, 2.0, 1.7}\n%y = Resize(%x, _, %s)", "mapped"},
      {"linear", "%x: float[2,5,24,21]",
       "init %s = int64[4] {2, 5, 47, 33}\n%y = Resize(%x, _, _, %s) {mode=\"linear\"}",
       "resample"},
      {"cubic, shrinking", "%x: float[2,5,24,21]",
       "init %s = int64[4] {2, 5, 9, 33}\n%y = Resize(%x, _, _, %s) {mode=\"cubic\", antialias=1}",
       "resample"},
  });
}

TEST(Forms, ChoicesAndConversions) {
  expect_kernels({
      {"less", "%x: float[30,1,70], %z: float[40,1]", "%y = Less(%x, %z)", "compare"},
      {"where", "%x: float[30,40,70], %z: float[70]",
       "%c = Greater(%x, %z)\n%y = Where(%c, %x, %z)", "where"},
      {"one condition a row", "%x: float[30,40,70], %z: float[40,1]",
       "init %o = float[] {0.25}\n%c = GreaterOrEqual(%z, %o)\n%y = Where(%c, %x, %o)", "where"},
      {"integers and bools", "%x: int64[30,70], %z: int64[70]",
       "%a = Greater(%x, %z)\n%b = Equal(%x, %z)\n%n = Not(%b)\n%c = Xor(%a, %n)\n%d = "
       "And(%c, %a)\n%e = Or(%d, %b)\n%y = Where(%e, %x, %z)",
       "logic"},
      {"no numbers", "%x: float[50,60]", "%l = Log(%x)\n%n = IsNaN(%l)\n%y = Where(%n, %x, %l)",
       "where"},
      {"to half and back", "%x: float[99,101]", "%h = Cast(%x) {to=10}\n%y = Cast(%h) {to=1}",
       "convert"},
      {"one scale", "%x: float[99,101]",
       "init %s = float[] {0.03}\ninit %z = uint8[] {128}\n%q = QuantizeLinear(%x, %s, %z)\n%y = "
       "DequantizeLinear(%q, %s, %z)",
       "quantize"},
      {"a scale a channel", "%x: float[9,3,101]",
       "init %s = float[3] {0.03, 0.5, 0.01}\n%q = QuantizeLinear(%x, %s) {axis=1}\n%y = "
       "DequantizeLinear(%q, %s) {axis=-2}",
       "dequantize"},
  });
}

// A convolution leaves its output in blocks of sixteen channels.
// Halves compute in float; every operator rounds once.
TEST(Forms, Halves) {
  expect_kernels({
      {"softmax", "%x: float16[37,130]", "%y = Softmax(%x)", "softmax"},
      {"a chain of bfloat16", "%x: bfloat16[37,130], %z: bfloat16[130]",
       "%a = Mul(%x, %z)\n%b = Exp(%a)\n%y = Sub(%b, %x)", "chain"},
      {"a product", "%x: float16[37,3]",
       "init %w = float16[3,2] {0.5, -1.25, 2.0, 0.125, 7.0, 1.5}\n%p = MatMul(%x, %w)\n%y = "
       "Relu(%p)",
       "gemm"},
      {"nothing but moved", "%x: float16[37,30]", "%y = Transpose(%x)", "view"},
      {"normalised", "%x: float16[37,30], %s: float16[30]", "%y = LayerNormalization(%x, %s, %s)",
       "layer norm"},
      {"transposed", "%x: float16[1,2,9]",
       "init %w = float16[2,3,4] "
       "{1,-2,3,0.5,1,-2,3,0.5,1,-2,3,0.5,1,-2,3,0.5,1,-2,3,0.5,1,-2,3,0.5}\n%y = "
       "ConvTranspose(%x, %w) {strides=[2]}",
       "conv"},
      {"recurrent", "%x: float16[5,1,2]",
       "init %w = float16[1,3,2] {0.5,-1.25,2.0,0.125,7.0,1.5}\ninit %r = float16[1,3,1] "
       "{0.5,-1,0.75}\n"
       "%y, %h = GRU(%x, %w, %r) {hidden_size=1}",
       "recurrent"},
      {"clipped", "%x: float16[37,30]",
       "init %l = float16[] {-0.5}\ninit %h = float16[] {0.75}\n%c = Clip(%x, %l, %h)\n%y = "
       "Selu(%c)",
       "chain"},
      {"shrunk", "%x: float16[37,30]", "%t = Shrink(%x)\n%c = Celu(%t)\n%y = ThresholdedRelu(%c)",
       "chain"},
      {"resized", "%x: float16[1,3,7,9]",
       "init %s = int64[4] {1, 3, 15, 20}\n%y = Resize(%x, _, _, %s) {mode=\"linear\"}",
       "resample"},
      {"compared", "%x: float16[37,30], %s: float16[30]",
       "%c = Less(%x, %s)\n%y = Where(%c, %x, "
       "%s)",
       "where"},
  });
}

// Whatever a model says of a node, its rule is never asked about inputs that are not there.
TEST(Forms, NodesThatLackInputsAreRefused) {
  for (const Rule& rule : all_rules()) {
    const std::string op =
        rule.domain.empty() ? std::string(rule.op) : str(rule.domain, "::", rule.op);
    for (const char* inputs : {"()", "(_)", "(_, %x)", "(%x, _)", "(%x)", "(%x, %x, %x)"}) {
      for (const char* attributes : {"", "{axis=9223372036854775807}", "{axes=[0,0]}"}) {
        const std::string body = str("%y = ", op, inputs, ' ', attributes);
        const Result<Compiled> compiled = compile_form({"", "%x: float[2,3]", body.c_str(), ""});
        const bool is_empty = std::string_view(inputs) == "()" || inputs[1] == '_';
        EXPECT_TRUE(!is_empty || !compiled.ok()) << body;
      }
    }
  }
}

// A constant of that shape.
std::string numbers(const char* name, const std::vector<int>& shape) {
  std::string text = str("init %", name, " = float[");
  int count = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += str(i == 0 ? "" : ",", shape[i]);
    count *= shape[i];
  }
  text += "] {";
  for (int i = 0; i < count; ++i) text += str(i == 0 ? "" : ",", (i * 37 % 101 - 50) / 64.0);
  return text + "}\n";
}

// Every form of convolution has a kernel; weights and bias are made up.
TEST(Forms, Convolutions) {
  struct Row {
    const char* name;
    const char* x;
    std::vector<int> weights;
    const char* node;
  };
  const Row rows[] = {
      {"in pairs", "2,20,9,11", {20, 2, 3, 3}, "Conv(%x, %w, %b) {group=10, pads=[1,1,1,1]}"},
      {"in eights, two strides",
       "1,24,9,40",
       {24, 8, 3, 3},
       "Conv(%x, %w) {group=3, strides=[2,1]}"},
      {"groups of three to five", "2,12,9,11", {20, 3, 3, 3}, "Conv(%x, %w, %b) {group=4}"},
      {"groups of seventeen", "2,34,9,11", {34, 17, 1, 1}, "Conv(%x, %w, %b) {group=2}"},
      {"groups that fill blocks", "2,32,9,11", {64, 16, 3, 3}, "Conv(%x, %w, %b) {group=2}"},
      {"groups of few to whole blocks", "2,6,9,11", {32, 3, 3, 3}, "Conv(%x, %w, %b) {group=2}"},
      {"two filters a channel", "2,6,9,11", {12, 1, 3, 3}, "Conv(%x, %w, %b) {group=6}"},
      {"one axis", "2,20,40", {24, 20, 3}, "Conv(%x, %w, %b) {dilations=[3], pads=[6,0]}"},
      {"depthwise, one axis", "2,20,40", {20, 1, 5}, "Conv(%x, %w, %b) {group=20}"},
      {"three axes", "1,20,5,6,7", {9, 20, 2, 3, 3}, "Conv(%x, %w, %b) {strides=[1,2,1]}"},
      {"same upper",
       "2,20,9,12",
       {9, 20, 3, 4},
       "Conv(%x, %w, %b) {auto_pad=\"SAME_UPPER\", strides=[2,2]}"},
      {"same lower",
       "2,20,9,12",
       {9, 20, 3, 4},
       "Conv(%x, %w, %b) {auto_pad=\"SAME_LOWER\", strides=[1,3]}"},
      {"valid", "2,20,9,12", {9, 20, 3, 4}, "Conv(%x, %w, %b) {auto_pad=\"VALID\"}"},
      {"transposed", "2,20,9,11", {20, 24, 2, 2}, "ConvTranspose(%x, %w, %b) {strides=[2,2]}"},
      {"transposed, padded at the end",
       "2,20,9,11",
       {20, 9, 3, 3},
       "ConvTranspose(%x, %w, %b) {strides=[2,3], pads=[1,0,1,1], output_padding=[1,2]}"},
      {"transposed, same",
       "2,20,9,11",
       {20, 9, 3, 3},
       "ConvTranspose(%x, %w, %b) {auto_pad=\"SAME_UPPER\", strides=[2,2]}"},
      {"transposed to a shape",
       "2,20,9,11",
       {20, 9, 3, 3},
       "ConvTranspose(%x, %w, %b) {output_shape=[20,30], strides=[2,2]}"},
      {"transposed beyond all taps",
       "1,3,4,5",
       {3, 9, 1, 1},
       "ConvTranspose(%x, %w, %b) {output_shape=[20,30], strides=[2,2]}"},
      {"transposed, one axis",
       "2,20,40",
       {20, 33, 4},
       "ConvTranspose(%x, %w, %b) {strides=[2], dilations=[3]}"},
      {"transposed, three axes",
       "1,20,3,4,5",
       {20, 9, 2, 3, 2},
       "ConvTranspose(%x, %w, %b) {strides=[2,1,2]}"},
      {"transposed in whole blocks",
       "2,32,5,6",
       {32, 16, 3, 3},
       "ConvTranspose(%x, %w, %b) {group=2, strides=[2,2]}"},
      {"transposed in groups",
       "2,12,5,6",
       {12, 5, 3, 3},
       "ConvTranspose(%x, %w, %b) {group=4, strides=[2,2]}"},
      {"transposed, depthwise",
       "2,7,5,6",
       {7, 1, 4, 4},
       "ConvTranspose(%x, %w, %b) {group=7, strides=[2,2], pads=[1,1,1,1]}"},
  };
  for (const Row& row : rows) {
    const bool is_transposed = std::string_view(row.node).starts_with("ConvT");
    const std::string_view node = row.node;
    const std::size_t group = node.find("group=");
    const int groups = group == std::string_view::npos ? 1 : std::stoi(row.node + group + 6);
    const int channels = is_transposed ? row.weights[1] * groups : row.weights[0];
    for (const char* tail : {"", "Tanh"}) {
      const std::string body = str(numbers("w", row.weights), numbers("b", {channels}),
                                   *tail == 0 ? "%y = " : "%c = ", row.node,
                                   *tail == 0 ? "" : str("\n%y = ", tail, "(%c)"));
      const std::string inputs = str("%x: float[", row.x, "]");
      const std::string name = str(row.name, ' ', tail);
      expect_kernels({{name.c_str(), inputs.c_str(), body.c_str(), "conv"}});
    }
  }
}

// What one step does of several convolutions.
TEST(Forms, ConvolutionsInOneStep) {
  const std::string expand =
      numbers("w", {40, 24, 1, 1}) + numbers("b", {40}) + "%c = Conv(%x, %w, %b)\n%e = Relu(%c)\n";
  const std::string depthwise = numbers("v", {40, 1, 3, 3}) +
                                "%d = Conv(%e, %v, %b) {group=40, pads=[1,1,1,1]}\n%s = "
                                "Sigmoid(%d)\n%f = Mul(%d, %s)\n";
  const std::string project = numbers("u", {24, 40, 1, 1}) + "%p = Conv(%f, %u)\n";
  const std::string squeeze = "%g = GlobalAveragePool(%f)\n" + numbers("q", {8, 40, 1, 1}) +
                              "%h = Conv(%g, %q)\n" + numbers("r", {40, 8, 1, 1}) +
                              "%i = Conv(%h, %r)\n%j = Sigmoid(%i)\n%k = Mul(%f, %j)\n" +
                              numbers("u", {24, 40, 1, 1}) + "%p = Conv(%k, %u)\n";
  const std::string wide = numbers("u", {2048, 40, 1, 1}) + "%y = Conv(%f, %u)\n";
  const std::string first =
      numbers("w", {40, 3, 3, 3}) + numbers("b", {40}) + "%e = Conv(%x, %w, %b) {strides=[2,2]}\n";
  const char* const x = "%x: float[2,24,20,19]";
  const auto check = [](const char* name, const char* inputs, const std::string& body,
                        const char* kernel) {
    expect_kernels({{name, inputs, body.c_str(), kernel}});
  };
  check("three", x, expand + depthwise + project + "%y = Add(%x, %p)", "conv triple");
  check("three, then the rest", x, expand + depthwise + project + "%z = Add(%x, %p)\n%y = Relu(%z)",
        "conv triple");
  check("two", x, expand + depthwise + "%y = Exp(%f)", "conv pair");
  check("two, since the third is large", x, expand + depthwise + wide, "conv pair");
  check("two and a gate", x, expand + depthwise + squeeze + "%y = Add(%p, %x)", "conv pair");
  check("from a first layer", "%x: float[2,3,43,41]", first + depthwise + project + "%y = Neg(%p)",
        "conv triple");
  check("one whose output is needed twice", x,
        expand + depthwise + project + "%o = ReduceSum(%e)\n%y = Add(%p, %o)", "conv");
}

std::string convolution_to(int channels) {
  return numbers("w", {channels, 3, 3, 3}) + "%c = Conv(%x, %w) {pads=[1,1,1,1]}\n";
}

TEST(Forms, WhatFollowsAConvolution) {
  struct Follower {
    const char* name;
    const char* body;
    const char* kernel;
  };
  const Follower followers[] = {
      {"softmax", "%y = Softmax(%c) {axis=1}", "softmax"},
      {"transpose", "%y = Transpose(%c) {perm=[0,2,3,1]}", "view"},
      {"mean", "init %a = int64[2] {2, 3}\n%y = ReduceMean(%c, %a) {keepdims=0}", "pool"},
      {"pad", "init %p = int64[8] {0, 0, 1, 1, 0, 0, 1, 1}\n%y = Pad(%c, %p) {mode=\"edge\"}",
       "mapped"},
      {"concat", "%r = Relu(%c)\n%y = Concat(%c, %r) {axis=1}", "concat"},
      {"slice",
       "init %s = int64[1] {3}\ninit %e = int64[1] {18}\ninit %a = int64[1] {1}\n%y = Slice(%c, "
       "%s, %e, %a)",
       "view"},
      {"group norm",
       "init %s = float[19] {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19}\n%y = "
       "InstanceNormalization(%c, %s, %s)",
       "group norm"},
      {"nearest", "init %s = float[4] {1.0, 1.0, 2.0, 2.0}\n%y = Resize(%c, _, %s)", "mapped"},
      {"linear", "init %s = int64[4] {2, 19, 29, 30}\n%y = Resize(%c, _, _, %s) {mode=\"linear\"}",
       "resample"},
      {"comparison", "init %s = float[] {0.5}\n%y = Less(%c, %s)", "compare"},
  };
  for (const Follower& follower : followers) {
    const std::string body = convolution_to(19) + follower.body;
    expect_kernels({{follower.name, "%x: float[2,3,12,13]", body.c_str(), follower.kernel}});
  }
}

// Whole blocks of channels are joined as they are.
TEST(Forms, JoinedBlocks) {
  const std::string joined = convolution_to(32) +
                             "%d = Exp(%c)\n%e = Concat(%c, %d) {axis=1}\n%f = MaxPool(%e) "
                             "{kernel_shape=[3,3]}\n" +
                             numbers("v", {16, 64, 1, 1}) + "%y = Conv(%f, %v)";
  const Form form = {"joined", "%x: float[2,3,12,13]", joined.c_str(), "concat"};
  expect_kernels({form});
  const Result<Compiled> compiled = compile_form(form);
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ(std::ranges::count(compiled->steps, "relayout", &StepNote::kernel), 1);  // the output
}

std::string row(const char* name, int channels) { return numbers(name, {channels}); }

// What changes no layout between convolutions: from one to the next all of it stays in blocks.
TEST(Forms, StaysInBlocks) {
  struct Middle {
    const char* name;
    std::string body;
    const char* kernel;
  };
  const std::string variance =
      "init %v = float[19] {1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19}\n";
  const Middle middles[] = {
      {"batch norm",
       row("s", 19) + row("b", 19) + row("m", 19) + variance +
           "%n = BatchNormalization(%e, %s, %b, %m, %v)\n%d = Relu(%n)\n",
       "batch norm"},
      {"batch norm and more",
       row("s", 19) + row("b", 19) + row("m", 19) + variance +
           "%n = BatchNormalization(%e, %s, %b, %m, %v)\n%d = Tanh(%n)\n",
       "batch norm"},
      {"what is infinite at zero", "%q = Abs(%c)\n%d = Log(%q)\n", "chain"},
      {"mean",
       "init %a = int64[2] {2, 3}\n%k = ReduceMean(%e, %a) {keepdims=1}\n%d = Mul(%e, %k)\n",
       "pool"},
      {"greatest", "init %a = int64[2] {2, 3}\n%k = ReduceMax(%e, %a)\n%d = Mul(%e, %k)\n", "pool"},
      {"nearest", "init %s = float[4] {1.0, 1.0, 2.0, 1.6}\n%d = Resize(%e, _, %s)\n", "mapped"},
      {"linear",
       "init %s = int64[4] {2, 19, 17, 29}\n%d = Resize(%e, _, _, %s) {mode=\"linear\"}\n",
       "resample"},
      {"pad",
       "init %p = int64[8] {0, 0, 1, 3, 0, 0, 1, 0}\ninit %f = float[] {1.5}\n%d = Pad(%e, %p, "
       "%f)\n",
       "mapped"},
      {"average of padding",
       "init %p = int64[8] {0, 0, 1, 1, 0, 0, 1, 0}\n%q = Pad(%e, %p)\n"
       "%d = AveragePool(%q) {kernel_shape=[3,3]}\n",
       "pool"},
      {"sampled",
       numbers("g", {2, 10, 9, 2}) +
           "%d = GridSample(%e, %g) {padding_mode=\"reflection\", align_corners=1}\n",
       "grid sample"},
  };
  for (const Middle& middle : middles) {
    const std::string body = convolution_to(19) + "%e = Exp(%c)\n" + middle.body +
                             numbers("z", {7, 19, 3, 3}) + "%y = Conv(%d, %z)";
    const Form form = {middle.name, "%x: float[2,3,12,13]", body.c_str(), middle.kernel};
    expect_kernels({form});
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok());
    EXPECT_EQ(std::ranges::count(compiled->steps, "relayout", &StepNote::kernel), 1)  // the output
        << middle.name;
  }
}

// Whole blocks of channels are read where they lie: no step changes the layout of what comes out of
// the convolution.
TEST(Forms, ViewsOfBlocks) {
  struct Follower {
    const char* name;
    const char* body;
  };
  const Follower followers[] = {
      {"the last column", "init %i = int64[] {-1}\n%y = Gather(%c, %i) {axis=3}"},
      {"channels last", "%y = Transpose(%c) {perm=[0,2,3,1]}"},
      {"upside down",
       "init %s = int64[2] {-1, 2}\ninit %e = int64[2] {-100, 9}\ninit %a = int64[2] {2, 3}\n"
       "init %t = int64[2] {-1, 3}\n%y = Slice(%c, %s, %e, %a, %t)"},
      {"a block",
       "init %s = int64[1] {16}\ninit %e = int64[1] {48}\ninit %a = int64[1] {1}\n"
       "%y = Slice(%c, %s, %e, %a)"},
      {"halves", "%a, %b = Split(%c) {axis=1, num_outputs=2}\n%y = Concat(%b, %a) {axis=3}"},
  };
  for (const Follower& follower : followers) {
    const std::string body = convolution_to(64) + follower.body;
    const Form form = {follower.name, "%x: float[2,3,12,13]", body.c_str(), "view"};
    expect_kernels({form});
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok());
    for (const StepNote& step : compiled->steps)
      EXPECT_NE(step.note, "blocked to plain") << follower.name;
  }
  const std::string odd = convolution_to(64) +
                          "init %s = int64[1] {8}\ninit %e = int64[1] {40}\ninit %a = int64[1] "
                          "{1}\n%y = Slice(%c, %s, %e, %a)";
  expect_kernels({{"half a block", "%x: float[2,3,12,13]", odd.c_str(), "relayout"}});
}

}  // namespace
}  // namespace slipway::compile
