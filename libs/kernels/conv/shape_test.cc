#include "kernels/conv/shape.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(ConvAxis, TapsInsideAreThoseThatReadTheInput) {
  for (const std::size_t input : {1U, 2U, 5U, 9U}) {
    for (const std::size_t kernel : {1U, 2U, 3U, 7U, 20U}) {
      for (const std::size_t stride : {1U, 2U, 5U}) {
        for (const std::size_t dilation : {1U, 2U, 4U}) {
          for (const std::ptrdiff_t pad : {-3, 0, 1, 4, 30}) {
            const ConvAxis axis{input, 8, kernel, stride, dilation, pad};
            for (std::size_t o = 0; o < axis.output; ++o) {
              const Range taps = taps_inside(axis, o);
              EXPECT_LE(taps.begin, taps.end);
              EXPECT_LE(taps.end, kernel);
              for (std::size_t k = 0; k < kernel; ++k) {
                const std::ptrdiff_t at = axis.at(o, k);
                const bool is_inside = at >= 0 && at < static_cast<std::ptrdiff_t>(input);
                EXPECT_EQ(k >= taps.begin && k < taps.end, is_inside)
                    << input << " " << kernel << " " << stride << " " << dilation << " " << pad;
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
