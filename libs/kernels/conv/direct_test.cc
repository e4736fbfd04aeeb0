#include "kernels/conv/direct.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"pointwise", {1, 1, 32, 32, kOne, conv_axis(5, 1, 1, 1, 0, 0), conv_axis(7, 1, 1, 1, 0, 0)}},
    {"pointwise, tails",
     {2, 1, 17, 40, kOne, conv_axis(3, 1, 1, 1, 0, 0), conv_axis(9, 1, 1, 1, 0, 0)}},
    {"pointwise, one position", {1, 1, 33, 144, kOne, kOne, kOne}},
    {"pointwise, chunks",
     {1, 1, 1000, 17, kOne, conv_axis(13, 1, 1, 1, 0, 0), conv_axis(13, 1, 1, 1, 0, 0)}},
    {"pointwise, stride 2",
     {1, 1, 16, 32, kOne, conv_axis(7, 1, 2, 1, 0, 0), conv_axis(9, 1, 2, 1, 0, 0)}},
    {"3 x 3", {1, 1, 32, 48, kOne, conv_axis(6, 3, 1, 1, 1, 1), conv_axis(29, 3, 1, 1, 1, 1)}},
    {"3 x 3, few channels",
     {2, 1, 3, 5, kOne, conv_axis(4, 3, 1, 1, 1, 1), conv_axis(13, 3, 1, 1, 1, 1)}},
    {"3 x 3, stride 2",
     {1, 1, 20, 33, kOne, conv_axis(9, 3, 2, 1, 1, 1), conv_axis(31, 3, 2, 1, 1, 1)}},
    {"3 x 3, one position",
     {1, 1, 16, 16, kOne, conv_axis(1, 3, 1, 1, 1, 1), conv_axis(1, 3, 1, 1, 1, 1)}},
    {"5 x 7, dilated",
     {1, 1, 18, 16, kOne, conv_axis(11, 5, 1, 2, 4, 3), conv_axis(19, 7, 1, 3, 9, 6)}},
    {"4 x 4, stride 3, padding beyond the kernel",
     {1, 1, 5, 16, kOne, conv_axis(8, 4, 3, 1, 5, 6), conv_axis(12, 4, 3, 1, 7, 5)}},
    {"causal", {1, 1, 16, 64, kOne, kOne, conv_axis(50, 3, 1, 4, 8, 0)}},
    {"groups", {2, 2, 32, 48, kOne, conv_axis(5, 3, 1, 1, 1, 1), conv_axis(6, 3, 1, 1, 1, 1)}},
    {"three axes",
     {1, 1, 17, 16, conv_axis(4, 3, 1, 1, 1, 1), conv_axis(5, 2, 2, 1, 0, 1),
      conv_axis(16, 3, 1, 1, 1, 1)}},
    {"patches", {1, 1, 3, 32, kOne, conv_axis(12, 4, 4, 1, 0, 0), conv_axis(36, 4, 4, 1, 0, 0)}},
};

void check_all(bool is_plain) {
  for (const ConvCase& row : kCases) {
    const ConvTrial trial(row.shape, pack_conv, packed_conv_floats(row.shape));
    for (const Isa isa : isas_here()) {
      const ConvKernel kernel =
          is_plain ? plain_convolution(row.shape, isa) : blocked_convolution(row.shape, isa);
      for (const ConvEnd& end : kConvEnds) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << end.name);
        trial.check(end, kernel, conv_units(row.shape), is_plain);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(DirectConvolution, HasTheBitsOfTheDefinition) { check_all(false); }

TEST(DirectConvolution, OfAPlainInputHasTheBitsOfTheDefinition) { check_all(true); }

TEST(DirectConvolution, OfEveryWidthHasTheBitsOfTheDefinition) {
  for (std::size_t width = 1; width < 46; ++width) {
    const ConvShape shape{1, 1, 16, 32, kOne, kOne, conv_axis(width, 3, 1, 1, 1, 1)};
    const ConvTrial trial(shape, pack_conv, packed_conv_floats(shape));
    for (const Isa isa : isas_here()) {
      SCOPED_TRACE(testing::Message() << isa_name(isa) << " " << width);
      trial.check(kConvEnds[1], blocked_convolution(shape, isa), conv_units(shape), false);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace slipway
