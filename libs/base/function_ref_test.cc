#include "base/function_ref.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

int apply(FunctionRef<int(int)> function, int x) { return function(x); }

TEST(FunctionRef, CallsALambdaWithWhatItCaptures) {
  int calls = 0;
  const auto add = [&calls, by = 5](auto x) {
    ++calls;
    return x + by;
  };
  EXPECT_EQ(apply(add, 2), 7);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace slipway
