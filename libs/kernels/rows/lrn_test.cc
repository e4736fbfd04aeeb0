#include "kernels/rows/lrn.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

float define(const LrnSpec& spec, const float* x, std::size_t c, std::size_t p) {
  float sum = 0;
  for (std::size_t w = 0; w < spec.channels; ++w) {
    if (w + spec.before < c || w > c + spec.after) continue;
    const float e = x[w * spec.inner + p];
    sum = std::fma(e, e, sum);
  }
  const float scaled = spec.factor * sum;
  return x[c * spec.inner + p] / numeric::pow(spec.bias + scaled, spec.beta);
}

void expect_defined(const LrnSpec& spec, const std::vector<float>& pattern) {
  std::vector<float> x(spec.channels * spec.inner);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = pattern[i * 31 % pattern.size()];
  for (const Isa isa : isas_here()) {
    std::vector<float> y(x.size());
    const std::size_t cut = spec.inner / 3;
    lrn_kernels(isa).normalize(spec, x.data(), y.data(), 0, cut);
    lrn_kernels(isa).normalize(spec, x.data(), y.data(), cut, spec.inner);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float want = define(spec, x.data(), i / spec.inner, i % spec.inner);
      if (std::isnan(y[i]) && std::isnan(want)) continue;
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
          << isa_name(isa) << " at " << i << " of " << spec.channels << " x " << spec.inner
          << ", beta " << spec.beta << ": " << y[i] << ", not " << want;
    }
  }
}

TEST(Lrn, HasTheBitsOfTheDefinition) {
  std::vector<float> numbers;
  for (int i = 0; i < 4001; ++i) numbers.push_back(static_cast<float>(i * 37 % 4001) / 50.0F - 40);
  for (const float beta : {0.75F, 0.5F, 1.0F, 2.0F, 0.6F}) {
    for (const std::size_t channels : {1, 4, 7}) {
      for (const std::size_t inner : {1, 63, 64, 200}) {
        expect_defined({channels, inner, 1, 2, 0.02F, beta, 1.0F}, numbers);
        expect_defined({channels, inner, 2, 2, 2e-5F, beta, 0.5F}, numbers);
      }
    }
  }
  expect_defined({40, 3000, 2, 2, 0.013F, 0.75F, 1.0F}, numbers);
  for (const float beta : {0.75F, 0.3F}) {
    for (const float bias : {0.0F, -1.0F, 1e-39F}) {
      expect_defined({5, 150, 1, 1, 1.0F, beta, bias},
                     {0.0F, -0.0F, 1.0F, INFINITY, -3.0F, NAN, 1e-30F, 3e30F, 1e19F, 2.0F, 0.0F});
    }
  }
}

}  // namespace
}  // namespace slipway
