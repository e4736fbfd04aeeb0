#include "compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slipway {
namespace {

Value floats(const std::vector<float>& values) { return Tensor::of<float>(values); }
Value ints(const std::vector<std::int32_t>& values) { return Tensor::of<std::int32_t>(values); }

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(Compare, Rows) {
  const struct {
    const char* name;
    Value got, want;
    const char* found;
  } rows[] = {
      {"equal", floats({1, 2}), floats({1, 2}), ""},
      {"within the relative tolerance", floats({1000.9F}), floats({1000}), ""},
      {"beyond it", floats({1, 1002}), floats({1, 1000}),
       "[1]: got 1002, want 1000 (1 of 2 differ)"},
      {"near zero the absolute one counts", floats({5e-8F}), floats({0}), ""},
      {"nan agrees with nan", floats({kNan}), floats({kNan}), ""},
      {"nan and a number", floats({kNan}), floats({1}), "[0]: got nan, want 1 (1 of 1 differ)"},
      {"infinities of both signs", floats({kInf}), floats({-kInf}),
       "[0]: got inf, want -inf (1 of 1 differ)"},
      {"integers are exact", ints({100000}), ints({100001}),
       "[0]: got 100000, want 100001 (1 of 1 differ)"},
      {"type", floats({1}), ints({1}), ": got float[1], want int32[1]"},
      {"shape", Tensor::of<float>({1, 2}, {1, 2}), floats({1, 2}),
       ": got float[1,2], want float[2]"},
      {"position", Tensor::of<float>({2, 2}, {0, 0, 7, 0}), Tensor::of<float>({2, 2}, {0, 0, 0, 0}),
       "[1,0]: got 7, want 0 (1 of 4 differ)"},
      {"scalar", Tensor::scalar<float>(1), Tensor::scalar<float>(2),
       ": got 1, want 2 (1 of 1 differ)"},
      {"strings", Tensor::of<std::string>({std::string("a")}),
       Tensor::of<std::string>({std::string("b")}), "[0]: got \"a\", want \"b\" (1 of 1 differ)"},
      {"bfloat16 is coarse", Tensor::scalar(BFloat16(1.01F)), Tensor::scalar(BFloat16(1.0F)), ""},
      {"float16 is not", Tensor::scalar(Float16(1.01F)), Tensor::scalar(Float16(1.0F)),
       ": got 1.009765625, want 1 (1 of 1 differ)"},
      {"sequence length", Sequence{{floats({1})}}, Sequence{}, ": got 1 items, want 0"},
      {"sequence item", Sequence{{floats({1}), floats({2})}}, Sequence{{floats({1}), floats({3})}},
       " item 1[0]: got 2, want 3 (1 of 1 differ)"},
      {"kind", Sequence{}, Value(Tensor::scalar<float>(1)), ": got sequence of 0, want float[]"},
  };
  for (const auto& row : rows) EXPECT_EQ(difference(row.got, row.want, {}), row.found) << row.name;
}

TEST(Compare, RandomResultsOnlyNeedTypeAndShape) {
  const Tolerance random = {.type_and_shape_only = true};
  EXPECT_EQ(difference(floats({1, 2}), floats({3, 4}), random), "");
  EXPECT_EQ(difference(floats({1}), floats({3, 4}), random), ": got float[1], want float[2]");
}

}  // namespace
}  // namespace slipway
