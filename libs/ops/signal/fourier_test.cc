#include "ops/signal/fourier.h"

#include <gtest/gtest.h>

#include <numbers>

namespace slipway {
namespace {

using Complex = std::complex<double>;

std::vector<Complex> signal(std::size_t length) {
  std::vector<Complex> x(length);
  for (std::size_t i = 0; i < length; ++i) {
    x[i] = {static_cast<double>(i * i % 7) - 3, static_cast<double>(i % 5)};
  }
  return x;
}

class Lengths : public testing::TestWithParam<std::size_t> {};

TEST_P(Lengths, EqualTheSumThatDefinesTheTransform) {
  const std::size_t length = GetParam();
  const std::vector<Complex> x = signal(length);
  std::vector<Complex> y(length);
  Fourier(length, false).transform(x, y);
  for (std::size_t k = 0; k < length; ++k) {
    Complex sum = 0;
    for (std::size_t n = 0; n < length; ++n) {
      const double angle =
          -2 * std::numbers::pi * static_cast<double>(k * n) / static_cast<double>(length);
      sum += x[n] * std::polar(1.0, angle);
    }
    EXPECT_NEAR(std::abs(y[k] - sum), 0, 1e-11) << "k = " << k;
  }
}

TEST_P(Lengths, ComeBackByTheInverse) {
  const std::vector<Complex> x = signal(GetParam());
  std::vector<Complex> y(x.size()), back(x.size());
  Fourier(x.size(), false).transform(x, y);
  Fourier(x.size(), true).transform(y, back);
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(std::abs(back[i] - x[i]), 0, 1e-12) << i;
}

INSTANTIATE_TEST_SUITE_P(Table, Lengths, testing::Values(1, 2, 3, 4, 6, 7, 12, 15, 16, 28, 100));

}  // namespace
}  // namespace slipway
