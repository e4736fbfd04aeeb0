// Forms of operators on whole numbers and doubles: each must run by kernels alone and give the bits
// of the reference.
#include <gtest/gtest.h>

#include <string>

#include "base/str.h"
#include "compile/lower/form.h"

namespace slipway::compile {
namespace {

TEST(NumberForms, WholeNumbers) {
  expect_kernels({
      {"sums of int32", "%x: int32[40,300], %z: int32[300]", "%y = Add(%x, %z)", "whole numbers"},
      {"differences of bytes", "%x: uint8[40,300], %z: uint8[40,1]", "%y = Sub(%x, %z)",
       "whole numbers"},
      {"products of signed bytes", "%x: int8[40,300], %z: int8[1,300]", "%y = Mul(%x, %z)",
       "whole numbers"},
      {"the greater", "%x: int64[40,300], %z: int64[40,300]", "%y = Max(%x, %z)", "whole numbers"},
      {"the lesser", "%x: uint8[40,300], %z: uint8[]", "%y = Min(%x, %z)", "whole numbers"},
      {"within", "%x: int32[40,300]",
       "init %l = int32[] {-3}\ninit %h = int32[] {5}\n%y = Clip(%x, %l, %h)", "whole numbers"},
      {"at most", "%x: int64[4000]", "init %h = int64[] {5}\n%y = Clip(%x, _, %h)",
       "whole numbers"},
      {"at least", "%x: int8[4000]", "init %l = int8[] {5}\n%y = Clip(%x, %l)", "whole numbers"},
      {"negative", "%x: int32[4000]", "%y = Neg(%x)", "whole numbers"},
      {"sizes", "%x: int8[4000]", "%y = Abs(%x)", "whole numbers"},
      {"signs", "%x: int32[40,300]", "%y = Sign(%x)", "whole numbers"},
      {"signs of bytes", "%x: uint8[4000]", "%y = Sign(%x)", "whole numbers"},
      {"quotients", "%x: int32[40,300]", "init %d = int32[] {-7}\n%y = Div(%x, %d)",
       "whole numbers"},
      {"by a row", "%x: int64[40,3]", "init %d = int64[3] {7, -1, 2}\n%y = Div(%x, %d)",
       "whole numbers"},
      {"rests", "%x: int64[40,300]", "init %d = int64[] {7}\n%y = Mod(%x, %d)", "whole numbers"},
      {"rests with the sign of the divisor", "%x: int32[40,300]",
       "init %d = int32[1] {-7}\n%y = Mod(%x, %d)", "whole numbers"},
      {"rests with the sign of what is divided", "%x: int32[40,300]",
       "init %d = int32[] {-7}\n%y = Mod(%x, %d) {fmod=1}", "whole numbers"},
  });
}

TEST(NumberForms, Doubles) {
  for (const char* op : {"Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"}) {
    const std::string node = str("%y = ", op, "(%x, %z)");
    expect_kernels({
        {op, "%x: double[40,300], %z: double[40,300]", node.c_str(), "doubles"},
        {op, "%x: double[40,300], %z: double[300]", node.c_str(), "doubles"},
        {op, "%x: double[], %z: double[7,9]", node.c_str(), "doubles"},
    });
  }
  for (const char* op : {"Abs", "Neg", "Reciprocal", "Sign", "Sqrt"}) {
    const std::string node = str("%y = ", op, "(%x)");
    expect_kernels({{op, "%x: double[40,300]", node.c_str(), "doubles"}});
  }
  expect_kernels({
      {"products", "%x: double[37,20], %z: double[20,33]", "%m = MatMul(%x, %z)\n%y = Abs(%m)",
       "matmul"},
      {"batches of products", "%x: double[3,1,7,64], %z: double[2,64,9]", "%y = MatMul(%x, %z)",
       "matmul"},
      {"by a constant", "%x: double[1,2]",
       "init %w = double[2,3] {1, -0.5, 0.3, 4, 5, 6}\n%y = MatMul(%x, %w)", "matmul"},
  });
}

}  // namespace
}  // namespace slipway::compile
