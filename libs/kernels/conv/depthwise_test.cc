#include "kernels/conv/depthwise.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"3 x 3", {2, 40, 1, 1, kOne, conv_axis(5, 3, 1, 1, 1, 1), conv_axis(29, 3, 1, 1, 1, 1)}},
    {"3 x 3, stride 2",
     {1, 16, 1, 1, kOne, conv_axis(9, 3, 2, 1, 1, 1), conv_axis(33, 3, 2, 1, 1, 1)}},
    {"3 x 3, stride 2, no padding before",
     {1, 16, 1, 1, kOne, conv_axis(8, 3, 2, 1, 0, 1), conv_axis(14, 3, 2, 1, 0, 1)}},
    {"5 x 5", {1, 17, 1, 1, kOne, conv_axis(7, 5, 1, 1, 2, 2), conv_axis(7, 5, 1, 1, 2, 2)}},
    {"5 x 5, stride 2",
     {1, 16, 1, 1, kOne, conv_axis(9, 5, 2, 1, 2, 2), conv_axis(15, 5, 2, 1, 2, 2)}},
    {"7 x 7", {1, 17, 1, 1, kOne, conv_axis(9, 7, 1, 1, 3, 3), conv_axis(28, 7, 1, 1, 3, 3)}},
    {"one position", {1, 3, 1, 1, kOne, conv_axis(1, 5, 1, 1, 2, 2), conv_axis(1, 5, 1, 1, 2, 2)}},
    {"dilated, stride 3",
     {1, 16, 1, 1, kOne, conv_axis(9, 3, 3, 2, 3, 1), conv_axis(40, 3, 3, 5, 7, 6)}},
    {"causal", {1, 16, 1, 1, kOne, kOne, conv_axis(50, 20, 1, 1, 19, 0)}},
    {"three axes",
     {1, 16, 1, 1, conv_axis(4, 3, 1, 1, 1, 1), conv_axis(5, 2, 2, 1, 3, 1),
      conv_axis(7, 3, 1, 1, 1, 1)}},
};

void check(const ConvCase& row, const ConvEnd* ends, std::size_t count) {
  const ConvTrial trial(row.shape, pack_depthwise, packed_depthwise_floats(row.shape));
  for (const Isa isa : isas_here()) {
    for (std::size_t i = 0; i < count; ++i) {
      SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << ends[i].name);
      trial.check(ends[i], depthwise_kernels(isa).blocked, depthwise_units(row.shape), false);
    }
  }
}

TEST(DepthwiseConvolution, HasTheBitsOfTheDefinition) {
  for (const ConvCase& row : kCases) check(row, kConvEnds, std::size(kConvEnds));
}

TEST(DepthwiseConvolution, OfEveryWidthHasTheBitsOfTheDefinition) {
  for (std::size_t width = 1; width < 46; ++width) {
    for (const std::size_t kernel : {3, 5, 7, 9}) {
      const std::string name = std::to_string(width) + " by " + std::to_string(kernel);
      check({name.c_str(),
             {1, 16, 1, 1, kOne, kOne, conv_axis(width, kernel, 1, 1, kernel / 2, kernel / 2)}},
            kConvEnds, 1);
    }
  }
}

}  // namespace
}  // namespace slipway
