// Forms of transformers: norms and activations written as nodes, attention over heads where they
// lie, views of views.
#include <gtest/gtest.h>

#include "base/str.h"
#include "compile/lower/form.h"

namespace slipway::compile {
namespace {

// What exporters write out as nodes rounds as these do.
TEST(Forms, NormsWrittenAsNodes) {
  const char* const kLayer =
      "init %s = float[3] {1.5, -2, 0.25}\ninit %b = float[3] {1, 2, 3}\ninit %e = float[] {1e-5}\n"
      "init %two = float[] {2}\n%m = ReduceMean(%x) {axes=[-1]}\n%d = Sub(%x, %m)\n";
  const char* const kRoot = "%v = ReduceMean(%q) {axes=[-1]}\n%w = Add(%v, %e)\n%r = Sqrt(%w)\n";
  const std::string torch = str(kLayer, "%q = Pow(%d, %two)\n", kRoot,
                                "%n = Div(%d, %r)\n%t = Mul(%n, %s)\n%y = Add(%t, %b)");
  const std::string twice =
      str(kLayer, "%m2 = ReduceMean(%x) {axes=[-1]}\n%d2 = Sub(%x, %m2)\n", "%q = Mul(%d2, %d2)\n",
          kRoot, "%n = Div(%d, %r)\n%y = Mul(%s, %n)");
  const std::string inverse = str(kLayer, "%q = Mul(%d, %d)\n", kRoot,
                                  "%i = Reciprocal(%r)\n%n = Mul(%i, %d)\n%y = Add(%b, %n)");
  const std::string rms =
      str("init %s = float[3] {1.5, -2, 0.25}\ninit %e = float[] {1e-6}\n",
          "init %two = float[] {2}\ninit %one = float[] {1}\n", "%q = Pow(%x, %two)\n", kRoot,
          "%i = Div(%one, %r)\n%n = Mul(%x, %i)\n%y = Mul(%s, %n)");
  const std::string two_axes =
      "init %e = float[] {1e-5}\n%m = ReduceMean(%x) {axes=[1,2]}\n%d = Sub(%x, %m)\n"
      "%q = Mul(%d, %d)\n%v = ReduceMean(%q) {axes=[1,2]}\n%w = Add(%v, %e)\n%r = Sqrt(%w)\n"
      "%y = Div(%d, %r)";
  const std::string shared = str(kLayer, "%q = Pow(%d, %two)\n", kRoot,
                                 "%n = Div(%d, %r)\n%t = Mul(%n, %s)\n%y = Add(%t, %d)");
  const char* const x = "%x: float[37,50,3]";
  expect_kernels({{"layer norm", x, torch.c_str(), "layer norm", 13},
                  {"a mean taken twice", x, twice.c_str(), "layer norm", 13},
                  {"times the inverse", x, inverse.c_str(), "layer norm", 13},
                  {"root mean square", x, rms.c_str(), "layer norm", 13},
                  {"two axes", x, two_axes.c_str(), "layer norm", 13},
                  {"a difference that others use", x, shared.c_str(), "layer norm", 13}});
}

TEST(Forms, GeluWrittenAsNodes) {
  const std::string product =
      "init %w = float[2,3] {0.5, -1.25, 2.0, 0.125, 7.0, 1.5}\ninit %b = float[3] {1, -1, 0}\n"
      "init %a = float[] {0.70710677}\ninit %r = float[] {1.4142135}\ninit %one = float[] {1}\n"
      "init %half = float[] {0.5}\n%p = MatMul(%x, %w)\n%h = Add(%p, %b)\n";
  const char* const kBell = "%e = Erf(%s)\n%f = Add(%e, %one)\n";
  struct Row {
    const char* name;
    std::string body;
  };
  const Row rows[] = {
      {"divided", str("%s = Div(%h, %r)\n", kBell, "%t = Mul(%h, %f)\n%y = Mul(%t, %half)")},
      {"multiplied", str("%s = Mul(%a, %h)\n", kBell, "%t = Mul(%f, %h)\n%y = Mul(%half, %t)")},
      {"halved first", str("%g = Mul(%h, %half)\n%s = Div(%h, %r)\n", kBell, "%y = Mul(%g, %f)")},
      {"halved first, multiplied",
       str("%s = Mul(%h, %a)\n", kBell, "%g = Mul(%half, %h)\n%y = Mul(%f, %g)")},
  };
  for (const Row& row : rows) {
    const std::string body = product + row.body;
    const Form form = {row.name, "%x: float[37,50,2]", body.c_str(), "gemm"};
    expect_kernels({form});
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok());
    EXPECT_EQ(compiled->steps.size(), 1) << row.name;
  }
}

// Heads are read where they lie: no step moves them.
TEST(Forms, AttentionOverStridedHeads) {
  struct Row {
    const char* name;
    const char* inputs;
    const char* body;
    std::size_t steps;
  };
  const Row rows[] = {
      {"three parts of one projection", "%x: float[2,37,48]",
       "init %s = int64[5] {0, 37, 3, 2, 8}\ninit %i = int64[] {0}\ninit %j = int64[] {1}\n"
       "init %l = int64[] {-1}\ninit %m = int64[3] {0, 37, 16}\ninit %c = float[] {0.25}\n"
       "%r = Reshape(%x, %s)\n%t = Transpose(%r) {perm=[2,0,3,1,4]}\n%q = Gather(%t, %i)\n"
       "%k = Gather(%t, %j)\n%v = Gather(%t, %l)\n%kt = Transpose(%k) {perm=[0,1,3,2]}\n"
       "%a = MatMul(%q, %kt)\n%b = Mul(%a, %c)\n%p = Softmax(%b)\n%o = MatMul(%p, %v)\n"
       "%u = Transpose(%o) {perm=[0,2,1,3]}\n%y = Reshape(%u, %m)",
       2},
      {"slices of a sequence that leads", "%x: float[37,2,48]",
       "init %p = int64[3] {16, 16, 16}\ninit %s = int64[3] {37, 4, 8}\n"
       "%q0, %k0, %v0 = Split(%x, %p) {axis=2}\n%q1 = Reshape(%q0, %s)\n%k1 = Reshape(%k0, %s)\n"
       "%v1 = Reshape(%v0, %s)\n%q = Transpose(%q1) {perm=[1,0,2]}\n"
       "%kt = Transpose(%k1) {perm=[1,2,0]}\n%v = Transpose(%v1) {perm=[1,0,2]}\n"
       "%a = MatMul(%q, %kt)\n%w = Softmax(%a)\n%y = MatMul(%w, %v)",
       5},
      {"heads that share keys", "%q: float[2,6,9,8], %k0: float[2,37,16], %v0: float[2,37,16]",
       "init %s = int64[4] {2, 37, 2, 8}\ninit %e = int64[5] {2, 2, 3, 37, 8}\n"
       "init %h = int64[4] {2, 6, 37, 8}\ninit %two = int64[1] {2}\n"
       "%k1 = Reshape(%k0, %s)\n%k2 = Transpose(%k1) {perm=[0,2,1,3]}\n%k3 = Unsqueeze(%k2, %two)\n"
       "%k4 = Expand(%k3, %e)\n%k5 = Reshape(%k4, %h)\n%k = Transpose(%k5) {perm=[0,1,3,2]}\n"
       "%v1 = Reshape(%v0, %s)\n%v2 = Transpose(%v1) {perm=[0,2,1,3]}\n%v3 = Unsqueeze(%v2, %two)\n"
       "%v4 = Expand(%v3, %e)\n%v = Reshape(%v4, %h)\n"
       "%a = MatMul(%q, %k)\n%w = Softmax(%a)\n%y = MatMul(%w, %v)",
       2},
      {"one head of many", "%x: float[5,37,3,8]",
       "init %i = int64[] {1}\n%h = Gather(%x, %i) {axis=2}\n%kt = Transpose(%h) {perm=[0,2,1]}\n"
       "%a = MatMul(%h, %kt)\n%w = Softmax(%a)\n%y = MatMul(%w, %h)",
       2},
  };
  for (const Row& row : rows) {
    const Form form = {row.name, row.inputs, row.body, "attention"};
    expect_kernels({form});
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok());
    EXPECT_LE(compiled->steps.size(), row.steps) << row.name;
  }
}

TEST(Forms, AttentionOperator) {
  const char* const kFour = "%q: float[2,4,9,8], %k: float[2,4,37,8], %v: float[2,4,37,5]";
  const char* const kThree = "%q: float[2,9,32], %k: float[2,37,16], %v: float[2,37,16]";
  const char* const kGroups = "{q_num_heads=4, kv_num_heads=2}";
  const std::string past = str("%q: float[2,1,32], %k: float[2,1,16], %v: float[2,1,16], ",
                               "%pk: float[2,2,37,8], %pv: float[2,2,37,8]");
  const std::string joined =
      str("%y0, %nk, %nv = Attention(%q, %k, %v, _, %pk, %pv) {q_num_heads=4, kv_num_heads=2, "
          "is_causal=1}\n%a = ReduceSum(%nk)\n%b = ReduceMax(%nv)\n%s = Add(%a, %b)\n"
          "%y = Add(%y0, %s)");
  const std::string masked = str(kFour, ", %m: float[9,37]");
  const std::string kept = str(kThree, ", %x: float[37]");
  const std::string bools =
      str("init %o = float[] {0.5}\n%m = Less(%x, %o)\n%y = Attention(%q, %k, %v, %m) ", kGroups);
  const std::string groups = str("%y = Attention(%q, %k, %v) ", kGroups);
  expect_kernels({
      {"heads first", kFour, "%y = Attention(%q, %k, %v)", "attention", 23},
      {"rows first, heads that share", kThree, groups.c_str(), "attention", 23},
      {"causal", "%q: float[2,37,32]",
       "%y = Attention(%q, %q, %q) {q_num_heads=4, kv_num_heads=4, is_causal=1}", "attention", 23},
      {"capped, scaled", kFour, "%y = Attention(%q, %k, %v) {softcap=1.5, scale=-0.3}", "attention",
       23},
      {"a mask", masked.c_str(), "%y = Attention(%q, %k, %v, %m)", "attention", 24},
      {"a mask of bools", kept.c_str(), bools.c_str(), "attention", 23},
      {"rows of the past", past.c_str(), joined.c_str(), "attention", 23},
      {"the past of nobody", kFour,
       "%y0, %k1, %v1 = Attention(%q, %k, %v)\n%a = ReduceSum(%k1)\n%b = ReduceSum(%v1)\n"
       "%s = Mul(%a, %b)\n%y = Add(%y0, %s)",
       "attention", 23},
      {"halves", "%q: float16[2,4,9,8], %k: float16[2,4,37,8], %v: float16[2,4,37,5]",
       "%y = Attention(%q, %k, %v)", "attention", 23},
  });
}

TEST(Forms, EinsumAsProducts) {
  const char* const kHeads = "%q: float[2,9,4,8], %k: float[2,37,4,8], %v: float[2,37,4,5]";
  const std::string attention =
      "%a = Einsum(%q, %k) {equation=\"bthd,bshd->bhts\"}\n%p = Softmax(%a)\n"
      "%y = Einsum(%p, %v) {equation=\"bhts,bshd->bthd\"}";
  std::string weights = "init %w = float[6,2,5] {0.5";
  for (int i = 1; i < 60; ++i) weights += str(", ", (i * 37 % 101 - 50) / 64.0);
  weights += "}\n%y = Einsum(%x, %w) {equation=\"btd,dhe->bthe\"}";
  expect_kernels({
      {"attention", kHeads, attention.c_str(), "attention"},
      {"weights", "%x: float[2,9,6]", weights.c_str(), "gemm"},
      {"several sums", "%a: float[3,7,4,5], %b: float[5,7,6]",
       "%y = Einsum(%a, %b) {equation=\"ijkl,ljm->kim\"}", "matmul"},
      {"of vectors", "%a: float[37], %b: float[37]", "%y = Einsum(%a, %b) {equation=\"i,i->\"}",
       "matmul"},
      {"outer", "%a: float[37], %b: float[7]", "%y = Einsum(%a, %b) {equation=\"i,j->ji\"}",
       "matmul"},
      {"implicit, halves", "%a: float16[5,7], %b: float16[7,3]",
       "%y = Einsum(%a, %b) {equation=\"ij,jk\"}", "matmul"},
  });
}

TEST(Forms, RotaryEmbedding) {
  const char* const kHeads = "%x: float[2,4,37,8], %c: float[40,4], %s: float[40,4]";
  const std::string positions = str(kHeads, ", %p: int64[2,37]");
  expect_kernels({
      {"heads first", positions.c_str(), "%y = RotaryEmbedding(%x, %c, %s, %p)", "chain", 23},
      {"neighbours", positions.c_str(), "%y = RotaryEmbedding(%x, %c, %s, %p) {interleaved=1}",
       "chain", 23},
      {"rows first, a part", "%x: float[2,37,24], %c: float[2,37,2], %s: float[2,37,2]",
       "%y = RotaryEmbedding(%x, %c, %s) {num_heads=3, rotary_embedding_dim=4}", "chain", 23},
  });
}

// Views of views are one copy, or none.
TEST(Forms, ViewsOfViews) {
  struct Row {
    const char* name;
    const char* inputs;
    const char* body;
    std::size_t steps;
  };
  const Row rows[] = {
      {"windows of a picture", "%x: float[2,21,28,6]",
       "init %s = int64[6] {2, 3, 7, 4, 7, 6}\ninit %w = int64[3] {24, 49, 6}\n"
       "%r = Reshape(%x, %s)\n%t = Transpose(%r) {perm=[0,1,3,2,4,5]}\n%y = Reshape(%t, %w)",
       1},
      {"there and back", "%x: float[5,6,7]",
       "%a = Transpose(%x) {perm=[2,0,1]}\n%b = Transpose(%a) {perm=[1,2,0]}\n%y = Relu(%b)", 1},
      {"a part of a part", "%x: float[40,60]",
       "init %s = int64[1] {3}\ninit %e = int64[1] {33}\ninit %a = int64[1] {1}\n"
       "init %t = int64[1] {2}\ninit %s2 = int64[1] {-1}\ninit %e2 = int64[1] {-100}\n"
       "init %t2 = int64[1] {-3}\n%p = Slice(%x, %s, %e, %a, %t)\n"
       "%y = Slice(%p, %s2, %e2, %a, %t2)",
       1},
      {"a reshape that cuts through a slice", "%x: float[40,60]",
       "init %s = int64[1] {3}\ninit %e = int64[1] {33}\ninit %a = int64[1] {1}\n"
       "init %h = int64[3] {40, 5, 6}\n%p = Slice(%x, %s, %e, %a)\n%r = Reshape(%p, %h)\n"
       "%y = Transpose(%r) {perm=[2,1,0]}",
       2},
      {"repeated and turned", "%x: float[3,1,60]",
       "init %s = int64[3] {3, 4, 60}\ninit %h = int64[2] {12, 60}\n%e = Expand(%x, %s)\n"
       "%r = Reshape(%e, %h)\n%y = Transpose(%r)",
       1},
      {"of a constant place", "%x: float[4,5,6,7]",
       "init %i = int64[] {2}\n%g = Gather(%x, %i) {axis=1}\n%t = Transpose(%g) {perm=[2,1,0]}\n"
       "%y = Gather(%t, %i) {axis=1}",
       1},
      {"no elements", "%x: float[4,0,6]",
       "init %s = int64[2] {0, 24}\n%t = Transpose(%x) {perm=[1,0,2]}\n%y = Reshape(%t, %s) "
       "{allowzero=1}",
       2},
  };
  for (const Row& row : rows) {
    const Form form = {row.name, row.inputs, row.body, ""};
    expect_kernels({form});
    const Result<Compiled> compiled = compile_form(form);
    ASSERT_TRUE(compiled.ok());
    EXPECT_LE(compiled->steps.size(), row.steps) << row.name;
  }
}

}  // namespace
}  // namespace slipway::compile
