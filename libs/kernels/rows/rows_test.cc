#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "kernels/rows/normalize.h"
#include "kernels/rows/reduce.h"

namespace slipway {
namespace {

constexpr std::size_t kLengths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 63, 197, 1000};

float number(std::size_t i, std::size_t seed) {
  return static_cast<float>(((i + seed) * 2654435761U) % 4001) / 500.0F - 4.0F;
}

// Numbers, and in every third row something special.
std::vector<float> sample(std::size_t rows, std::size_t n) {
  const float special[] = {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 1e30F, -1e-40F};
  std::vector<float> x(rows * n);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = number(i, n);
  for (std::size_t r = 2; r < rows; r += 3) {
    for (std::size_t i = 0; i < n; i += 5) x[r * n + i] = special[(r / 3 + i) % std::size(special)];
  }
  if (rows > 4) std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(3 * n), n, -INFINITY);
  if (rows > 4) std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(4 * n), n, -0.0F);
  return x;
}

void expect_same(const std::vector<float>& got, const std::vector<float>& want, const char* what,
                 Isa isa, std::size_t n) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(want[i])) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(want[i]))
        << isa_name(isa) << " " << what << " of " << n << " at " << i << ": " << got[i] << ", not "
        << want[i];
  }
}

constexpr std::size_t kRows = 9;

using RowFunction = void (*)(const float*, float*, std::size_t, std::ptrdiff_t);
struct SoftmaxRow {
  const char* name;
  void (*NormalizeKernels::*rows)(const float*, float*, std::size_t, std::size_t);
  void (*NormalizeKernels::*columns)(const float*, float*, std::size_t, std::size_t, std::size_t,
                                     std::size_t);
  RowFunction definition;
};
const SoftmaxRow kSoftmaxRows[] = {
    {"softmax", &NormalizeKernels::softmax, &NormalizeKernels::softmax_columns,
     [](const float* x, float* y, std::size_t n, std::ptrdiff_t s) {
       numeric::softmax_row(x, y, n, s);
     }},
    {"log_softmax", &NormalizeKernels::log_softmax, &NormalizeKernels::log_softmax_columns,
     [](const float* x, float* y, std::size_t n, std::ptrdiff_t s) {
       numeric::log_softmax_row(x, y, n, s);
     }},
};

TEST(NormalizeKernels, SoftmaxHasTheBitsOfTheDefinition) {
  for (const SoftmaxRow& row : kSoftmaxRows) {
    for (const std::size_t n : kLengths) {
      const std::vector<float> x = sample(kRows, n);
      std::vector<float> want(x.size());
      for (std::size_t r = 0; r < kRows; ++r) {
        row.definition(x.data() + r * n, want.data() + r * n, n, 1);
      }
      for (const Isa isa : isas_here()) {
        std::vector<float> y = x;
        (normalize_kernels(isa).*row.rows)(y.data(), y.data(), kRows, n);
        expect_same(y, want, row.name, isa, n);
      }
    }
  }
}

TEST(NormalizeKernels, SoftmaxAlongColumnsHasTheBitsOfTheDefinition) {
  for (const SoftmaxRow& row : kSoftmaxRows) {
    for (const std::size_t length : {1, 5, 16, 17, 35}) {
      for (const std::size_t inner : {1, 3, 16, 37}) {
        const std::vector<float> x = sample(length, inner);
        std::vector<float> want(x.size());
        for (std::size_t c = 0; c < inner; ++c) {
          row.definition(x.data() + c, want.data() + c, length, static_cast<std::ptrdiff_t>(inner));
        }
        for (const Isa isa : isas_here()) {
          std::vector<float> y(x.size());
          const std::size_t cut = inner / 2;
          (normalize_kernels(isa).*row.columns)(x.data(), y.data(), length, inner, 0, cut);
          (normalize_kernels(isa).*row.columns)(x.data(), y.data(), length, inner, cut, inner);
          expect_same(y, want, row.name, isa, length);
        }
      }
    }
  }
}

TEST(NormalizeKernels, NormsHaveTheBitsOfTheDefinition) {
  for (const std::size_t n : kLengths) {
    const std::vector<float> x = sample(kRows, n);
    const std::vector<float> scale = sample(1, n);
    const std::vector<float> bias = sample(2, n);
    for (int parameters = 0; parameters < 4; ++parameters) {
      const float* const s = (parameters & 1) != 0 ? scale.data() : nullptr;
      const float* const b = (parameters & 2) != 0 ? bias.data() : nullptr;
      std::vector<float> layer(x.size());
      std::vector<float> rms(x.size());
      for (std::size_t r = 0; r < kRows; ++r) {
        const float* const from = x.data() + r * n;
        numeric::layer_norm_row(from, layer.data() + r * n, n, 1, 1e-5F, {s, b, 1});
        numeric::rms_norm_row(from, rms.data() + r * n, n, 1, 1e-5F, {s, b, 1});
      }
      for (const Isa isa : isas_here()) {
        std::vector<float> y = x;
        normalize_kernels(isa).layer_norm(y.data(), y.data(), kRows, n, 1e-5F, s, b);
        expect_same(y, layer, "layer norm", isa, n);
        y = x;
        normalize_kernels(isa).rms_norm(y.data(), y.data(), kRows, n, 1e-5F, s, b);
        expect_same(y, rms, "rms norm", isa, n);
      }
    }
  }
}

// One rounded operation after the other.
void write_out(const float* x, float* y, std::size_t n, WrittenNorm form, const float* scale,
               const float* bias) {
  std::vector<float> d(x, x + n);
  const auto count = static_cast<float>(n);
  if (!form.is_rms) {
    const float mean = numeric::sum(x, n, 1) / count;
    for (float& e : d) e = e - mean;
  }
  std::vector<float> squares;
  for (const float e : d) squares.push_back(e * e);
  const float root = std::sqrt(numeric::sum(squares.data(), n, 1) / count + form.epsilon);
  for (std::size_t i = 0; i < n; ++i) {
    y[i] = form.is_quotient ? d[i] / root : d[i] * (1.0F / root);
    if (scale != nullptr) y[i] = y[i] * scale[i];
    if (bias != nullptr) y[i] = y[i] + bias[i];
  }
}

TEST(NormalizeKernels, WrittenFormsRoundEveryStep) {
  for (const std::size_t n : {1, 15, 16, 17, 64, 515}) {
    const std::vector<float> x = sample(kRows, n);
    const std::vector<float> scale = sample(1, n);
    const std::vector<float> bias = sample(2, n);
    for (const unsigned choice : {0U, 1U, 2U, 3U, 4U, 8U, 15U}) {
      const WrittenNorm form = {(choice & 1) != 0, (choice & 2) != 0, 1e-5F};
      const float* const s = (choice & 4) != 0 ? scale.data() : nullptr;
      const float* const b = (choice & 8) != 0 ? bias.data() : nullptr;
      std::vector<float> want(x.size());
      for (std::size_t r = 0; r < kRows; ++r)
        write_out(x.data() + r * n, want.data() + r * n, n, form, s, b);
      for (const Isa isa : isas_here()) {
        std::vector<float> y = x;
        normalize_kernels(isa).written_norm(y.data(), y.data(), kRows, n, form, s, b);
        expect_same(y, want, "written norm", isa, n);
      }
    }
  }
}

TEST(NormalizeKernels, GroupsHaveTheBitsOfTheDefinition) {
  constexpr std::size_t kGroups = 3;
  constexpr std::size_t kGroupChannels = 2;
  for (const std::size_t inner : {1, 16, 21}) {
    const std::size_t n = kGroupChannels * inner;
    const std::vector<float> x = sample(2 * kGroups, n);
    const std::vector<float> scale = sample(1, kGroups * kGroupChannels);
    const std::vector<float> bias = sample(2, kGroups * kGroupChannels);
    for (const bool is_per_group : {false, true}) {
      std::vector<float> want(x.size());
      for (std::size_t r = 0; r < 2 * kGroups; ++r) {
        const numeric::Moments<float> m = numeric::moments(x.data() + r * n, n);
        for (std::size_t c = 0; c < kGroupChannels; ++c) {
          const std::size_t group = r % kGroups;
          const std::size_t at = is_per_group ? group : group * kGroupChannels + c;
          numeric::normalize_row(x.data() + r * n + c * inner, want.data() + r * n + c * inner,
                                 inner, 1, m.mean, numeric::inverse_root(m.variance, 1e-3F),
                                 {&scale[at], &bias[at], 0});
        }
      }
      for (const Isa isa : isas_here()) {
        std::vector<float> y(x.size());
        const auto group_norm = normalize_kernels(isa).group_norm;
        group_norm(x.data(), y.data(), 2, 0, kGroups, kGroupChannels, inner, 1e-3F, scale.data(),
                   bias.data(), is_per_group);
        group_norm(x.data() + 2 * n, y.data() + 2 * n, 4, 2, kGroups, kGroupChannels, inner, 1e-3F,
                   scale.data(), bias.data(), is_per_group);
        expect_same(y, want, "group norm", isa, inner);
      }
    }
  }
}

TEST(NormalizeKernels, BatchNormHasTheBitsOfTheDefinition) {
  constexpr std::size_t kChannels = 3;
  const float mean[] = {0.5F, -1.0F, 2.0F};
  const float variance[] = {1.0F, 0.3F, 4.0F};
  const float scale[] = {1.5F, -0.7F, 0.0F};
  const float bias[] = {0.1F, -0.2F, 3.0F};
  float factor[kChannels];
  batch_norm_factors(scale, variance, 1e-5F, kChannels, factor);
  for (const std::size_t inner : {1, 16, 21}) {
    const std::vector<float> x = sample(kRows, inner);
    std::vector<float> want(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = (i / inner + 1) % kChannels;
      const float s = scale[c] / std::sqrt(variance[c] + 1e-5F);
      want[i] = std::fma(x[i] - mean[c], s, bias[c]);
    }
    for (const Isa isa : isas_here()) {
      std::vector<float> y(x.size());
      normalize_kernels(isa).batch_norm(x.data(), y.data(), {kRows, inner, 1, kChannels}, mean,
                                        factor, bias, {});
      expect_same(y, want, "batch norm", isa, inner);
    }
  }
}

TEST(Normalise, BlocksOfChannels) {
  constexpr std::size_t kBlocks = 2, kWidth = 16;
  const std::vector<float> mean = sample(kBlocks, kWidth);
  const std::vector<float> factor = sample(kBlocks, kWidth);
  const std::vector<float> bias = sample(kBlocks, kWidth);
  for (const Activation kind : {Activation::kNone, Activation::kRelu, Activation::kSilu}) {
    for (const std::size_t inner : {1, 4, 7}) {
      const std::vector<float> x = sample(kRows, inner * kWidth);
      std::vector<float> want(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t c = (i / (inner * kWidth) + 1) % kBlocks * kWidth + i % kWidth;
        want[i] = activate(std::fma(x[i] - mean[c], factor[c], bias[c]), {kind, 0, 0});
      }
      for (const Isa isa : isas_here()) {
        std::vector<float> y = x;
        normalize_kernels(isa).batch_norm_blocks(y.data(), y.data(), {kRows, inner, 1, kBlocks},
                                                 mean.data(), factor.data(), bias.data(),
                                                 {kind, 0, 0});
        expect_same(y, want, "batch norm of blocks", isa, inner);
      }
    }
  }
}

struct ReduceRow {
  const char* name;
  Reduction reduction;
  float (*definition)(const float*, std::size_t, std::ptrdiff_t);
};

using Stride = std::ptrdiff_t;
const ReduceRow kReduceRows[] = {
    {"sum", Reduction::kSum,
     [](const float* x, std::size_t n, Stride s) { return numeric::sum(x, n, s); }},
    {"mean", Reduction::kMean,
     [](const float* x, std::size_t n, Stride s) { return numeric::mean(x, n, s); }},
    {"max", Reduction::kMax,
     [](const float* x, std::size_t n, Stride s) { return numeric::max(x, n, s); }},
    {"min", Reduction::kMin,
     [](const float* x, std::size_t n, Stride s) { return numeric::min(x, n, s); }},
    {"product", Reduction::kProduct,
     [](const float* x, std::size_t n, Stride s) {
       return numeric::product_of<float>(n, [=](std::size_t i) { return x[Stride(i) * s]; });
     }},
    {"sum of squares", Reduction::kSumSquare,
     [](const float* x, std::size_t n, Stride s) { return numeric::sum_of_squares(x, n, s); }},
    {"L1", Reduction::kL1,
     [](const float* x, std::size_t n, Stride s) {
       return numeric::sum_of<float>(n, [=](std::size_t i) { return std::fabs(x[Stride(i) * s]); });
     }},
    {"L2", Reduction::kL2,
     [](const float* x, std::size_t n, Stride s) {
       return numeric::sqrt(numeric::sum_of_squares(x, n, s));
     }},
    {"log of sum", Reduction::kLogSum,
     [](const float* x, std::size_t n, Stride s) { return numeric::log(numeric::sum(x, n, s)); }},
    {"log of sum of exp", Reduction::kLogSumExp,
     [](const float* x, std::size_t n, Stride s) { return numeric::log_sum_exp(x, n, s); }},
};

TEST(ReduceKernels, RowsHaveTheBitsOfTheDefinition) {
  for (const ReduceRow& row : kReduceRows) {
    for (const std::size_t n : kLengths) {
      const std::vector<float> x = sample(kRows, n);
      std::vector<float> want(kRows);
      for (std::size_t r = 0; r < kRows; ++r) want[r] = row.definition(x.data() + r * n, n, 1);
      for (const Isa isa : isas_here()) {
        std::vector<float> y(kRows);
        reduce_kernels(isa)[row.reduction].rows(x.data(), y.data(), kRows, n);
        expect_same(y, want, row.name, isa, n);
      }
    }
  }
}

TEST(ReduceKernels, ColumnsHaveTheBitsOfTheDefinition) {
  for (const ReduceRow& row : kReduceRows) {
    for (const std::size_t length : {1, 5, 16, 17, 35}) {
      for (const std::size_t inner : {1, 3, 16, 37}) {
        const std::vector<float> x = sample(length, inner);
        std::vector<float> want(inner);
        for (std::size_t c = 0; c < inner; ++c) {
          want[c] = row.definition(x.data() + c, length, static_cast<Stride>(inner));
        }
        for (const Isa isa : isas_here()) {
          std::vector<float> y(inner);
          const std::size_t cut = inner / 2;
          const ReduceKernel& kernel = reduce_kernels(isa)[row.reduction];
          kernel.columns(x.data(), y.data(), length, inner, 0, cut);
          kernel.columns(x.data(), y.data(), length, inner, cut, inner);
          expect_same(y, want, row.name, isa, length);
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
