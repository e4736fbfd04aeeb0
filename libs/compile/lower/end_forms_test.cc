// Forms of operators that stand at the ends of models, or once in their middle: each must run by
// kernels alone and give the bits of the reference.
#include <gtest/gtest.h>

#include "base/str.h"
#include "compile/lower/form.h"

namespace slipway::compile {
namespace {

TEST(EndForms, FirstElements) {
  expect_kernels({
      {"the greatest of rows", "%x: float[60,100]",
       "init %k = int64[1] {7}\n%v, %i = TopK(%x, %k)\n%f = Cast(%i) {to=1}\n%y = Add(%v, %f)",
       "topk"},
      {"many of a long row", "%x: float[2,5000]", "init %k = int64[1] {300}\n%y, %i = TopK(%x, %k)",
       "topk"},
      {"the least of columns", "%x: float[3,50,31]",
       "init %k = int64[1] {20}\n%v, %y = TopK(%x, %k) {axis=1, largest=0, sorted=0}", "topk"},
      {"all, of equals", "%x: int64[3,500]", "init %k = int64[1] {500}\n%v, %y = TopK(%x, %k)",
       "topk"},
      {"int32", "%x: int32[30,5]", "init %k = int64[1] {2}\n%y, %i = TopK(%x, %k) {axis=-2}",
       "topk"},
      {"halves", "%x: float16[30,50]", "init %k = int64[1] {5}\n%y, %i = TopK(%x, %k)", "topk"},
      {"a number as attribute", "%x: float[30,50]", "%y, %i = TopK(%x) {k=5}", "topk", 9},
  });
}

TEST(EndForms, RunningSums) {
  expect_kernels({
      {"rows", "%x: float[61,100]", "init %a = int64[] {1}\n%y = CumSum(%x, %a)", "cumsum"},
      {"columns, from behind", "%x: float[3,50,131]",
       "init %a = int32[1] {-2}\n%y = CumSum(%x, %a) {reverse=1}", "cumsum"},
      {"without themselves", "%x: float[3,50,31]",
       "init %a = int64[] {0}\n%y = CumSum(%x, %a) {exclusive=1}", "cumsum"},
      {"places of tokens", "%x: int64[2,50]",
       "init %a = int64[] {1}\n%y = CumSum(%x, %a) {exclusive=1, reverse=1}", "cumsum"},
      {"in the place of what they sum", "%x: float[7,50]",
       "init %a = int64[] {1}\n%e = Exp(%x)\n%y = CumSum(%e, %a)", "cumsum"},
      {"halves", "%x: float16[7,50]", "init %a = int64[] {1}\n%y = CumSum(%x, %a)", "cumsum"},
  });
}

TEST(EndForms, Samples) {
  for (const char* mode : {"bilinear", "nearest"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      for (const int aligns : {0, 1}) {
        const std::string node = str("GridSample(%x, %g) {mode=\"", mode, "\", padding_mode=\"",
                                     padding, "\", align_corners=", aligns, "}");
        const std::string plain = "%y = " + node;
        expect_kernels({{node.c_str(), "%x: float[2,5,9,13], %g: float[2,17,11,2]", plain.c_str(),
                         "grid sample"}});
      }
    }
  }
  expect_kernels({
      {"halves", "%x: float16[1,3,7,9], %g: float16[1,5,6,2]", "%y = GridSample(%x, %g)",
       "grid sample"},
      {"as of opset 20", "%x: float[1,3,7,9], %g: float[1,5,6,2]",
       "%y = GridSample(%x, %g) {mode=\"linear\"}", "grid sample", 20},
  });
}

TEST(EndForms, Scattered) {
  expect_kernels({
      {"elements", "%x: float[4,9,5], %i: int64[3,7,5], %u: float[3,7,5]",
       "%y = ScatterElements(%x, %i, %u) {axis=1}", "scatter elements"},
      {"into rows", "%x: float16[40,9], %i: int32[40,3], %u: float16[40,3]",
       "%y = ScatterElements(%x, %i, %u) {axis=-1, reduction=\"none\"}", "scatter elements"},
      {"an old one", "%x: int64[40], %i: int64[30], %u: int64[30]", "%y = Scatter(%x, %i, %u)",
       "scatter elements", 10},
      {"blocks", "%x: float[4,8,30], %i: int64[5,6,1], %u: float[5,6,8,30]",
       "%y = ScatterND(%x, %i, %u)", "scatter blocks"},
      {"elements by two indices", "%x: uint8[4,8], %i: int64[50,2], %u: uint8[50]",
       "%y = ScatterND(%x, %i, %u)", "scatter blocks"},
      {"to constant places", "%x: float[4,8,3], %u: float[2,3]",
       "init %i = int64[2,2] {-1, 0, 3, -8}\n%y = ScatterND(%x, %i, %u)", "scatter blocks"},
  });
}

TEST(EndForms, BlocksGathered) {
  expect_kernels({
      {"rows", "%x: float[6,7,9], %i: int64[3,4,1]", "%y = GatherND(%x, %i)", "gather blocks"},
      {"elements", "%x: uint8[6,7], %i: int64[30,2]", "%y = GatherND(%x, %i)", "gather blocks"},
      {"of each batch", "%x: float16[3,6,7], %i: int64[3,5,1]",
       "%y = GatherND(%x, %i) {batch_dims=1}", "gather blocks"},
      {"of constant places", "%x: float[4,8,3]",
       "init %i = int64[2,2] {-1, 0, 3, -8}\n%y = GatherND(%x, %i)", "gather blocks"},
      {"of two batches", "%x: int64[2,3,4,5]",
       "init %i = int64[2,3,2] {0, 0, 3, 4, -1, -1, 1, 2, -4, 3, 2, -5}\n"
       "%y = GatherND(%x, %i) {batch_dims=2}",
       "gather blocks"},
  });
}

TEST(EndForms, Triangles) {
  expect_kernels({
      {"upper", "%x: float[3,17,9]", "%y = Trilu(%x)", "triangle"},
      {"lower", "%x: float16[9,17]", "%y = Trilu(%x) {upper=0}", "triangle"},
      {"of another diagonal", "%x: bool[2,2,9,5]",
       "init %k = int64[] {-2}\n%y = Trilu(%x, %k) {upper=0}", "triangle"},
      {"far off", "%x: int64[4,5]", "init %k = int64[1] {9}\n%y = Trilu(%x, %k)", "triangle"},
      {"of a diagonal that is given", "%x: float[7,7], %k: int64[1]", "%y = Trilu(%x, %k)",
       "triangle"},
  });
}

TEST(EndForms, SequencesReversed) {
  expect_kernels({
      {"time first", "%x: float[6,3,5]",
       "init %l = int64[3] {0, 6, 4}\n%y = ReverseSequence(%x, %l)", "reverse sequences"},
      {"sequences first", "%x: uint8[3,6]",
       "init %l = int64[3] {1, 6, 5}\n%y = ReverseSequence(%x, %l) {batch_axis=0, time_axis=1}",
       "reverse sequences"},
  });
}

TEST(EndForms, ResponsesNormalised) {
  expect_kernels({
      {"by default", "%x: float[2,7,9,13]", "%y = LRN(%x) {size=5}", "lrn"},
      {"an even window", "%x: float[2,7,130]",
       "%y = LRN(%x) {size=4, alpha=0.3, beta=0.6, bias=2.0}", "lrn"},
      {"wider than the channels", "%x: float[9,7]", "%y = LRN(%x) {size=99, beta=0.5}", "lrn"},
      {"halves", "%x: float16[2,7,9]", "%y = LRN(%x) {size=3}", "lrn"},
  });
}

}  // namespace
}  // namespace slipway::compile
