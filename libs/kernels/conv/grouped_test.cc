#include "kernels/conv/grouped.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"pairs", {2, 20, 2, 2, kOne, conv_axis(5, 3, 1, 1, 1, 1), conv_axis(11, 3, 1, 1, 1, 1)}},
    {"fours", {1, 7, 4, 4, kOne, conv_axis(9, 3, 2, 1, 1, 1), conv_axis(13, 3, 2, 1, 1, 1)}},
    {"eights", {2, 3, 8, 8, kOne, conv_axis(7, 5, 1, 1, 2, 2), conv_axis(9, 5, 1, 1, 2, 2)}},
    {"eights, one tap", {1, 4, 8, 8, kOne, kOne, conv_axis(9, 1, 1, 1, 0, 0)}},
};

TEST(GroupedConvolution, HasTheBitsOfTheDefinition) {
  for (const ConvCase& row : kCases) {
    const ConvTrial trial(row.shape, pack_grouped, packed_grouped_floats(row.shape));
    for (const Isa isa : isas_here()) {
      for (const ConvEnd& end : kConvEnds) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << end.name);
        trial.check(end, grouped_kernels(isa).blocked, grouped_units(row.shape), false);
      }
    }
  }
}

}  // namespace
}  // namespace slipway
