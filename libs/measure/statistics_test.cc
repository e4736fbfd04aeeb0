#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/percentile.h"
#include "measure/early_stopping.h"
#include "measure/recorder.h"
#include "measure/soak.h"

namespace slipway::measure {
namespace {

std::uint64_t fresh_seed() {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

TEST(IncompleteBeta, KnownValues) {
  EXPECT_NEAR(incomplete_beta(0.5, 2, 3), 0.6875, 1e-14);
  EXPECT_NEAR(incomplete_beta(0.25, 5, 2), 0.004638671875, 1e-15);
  EXPECT_NEAR(incomplete_beta(0.3, 1, 1), 0.3, 1e-14);
  EXPECT_NEAR(incomplete_beta(0.5, 0.5, 0.5), 0.5, 1e-13);  // the arcsine law
  EXPECT_NEAR(incomplete_beta(0.9, 10, 1), std::pow(0.9, 10), 1e-14);
  EXPECT_EQ(incomplete_beta(0, 2, 2), 0);
  EXPECT_EQ(incomplete_beta(1, 2, 2), 1);
}

// I_x(k, n - k + 1) is the chance of k or more of n.
TEST(IncompleteBeta, IsTheBinomialTail) {
  for (const double x : {0.1, 0.5, 0.9, 0.99}) {
    for (const int n : {1, 7, 40, 200}) {
      for (int k = 1; k <= n; k += std::max(1, n / 9)) {
        double tail = 0;
        for (int i = k; i <= n; ++i) {
          tail += std::exp(std::lgamma(n + 1.0) - std::lgamma(i + 1.0) - std::lgamma(n - i + 1.0) +
                           i * std::log(x) + (n - i) * std::log1p(-x));
        }
        EXPECT_NEAR(incomplete_beta(x, k, n - k + 1), tail, 1e-10) << x << " " << n << " " << k;
      }
    }
  }
}

// The least numbers of queries of MLPerf's scenarios at a confidence of 99 %: h + t.
TEST(EarlyStopping, MlperfsLeastQueries) {
  EXPECT_EQ(least_within(0.90, 1, 0.99) + 1, 64U);
  EXPECT_EQ(least_within(0.99, 1, 0.99) + 1, 662U);
  EXPECT_EQ(least_within(0.999, 1, 0.99) + 1, 6636U);
  EXPECT_FALSE(discarded(0.99, 661, 0.99).has_value());
  EXPECT_EQ(discarded(0.99, 662, 0.99), 0U);
  EXPECT_EQ(discarded(0.9, 64, 0.99), 0U);
}

TEST(EarlyStopping, MoreQueriesAllowMoreToBeDiscarded) {
  std::uint64_t last = 0;
  for (const std::uint64_t queries : {700U, 2000U, 10000U, 270336U}) {
    const auto above = discarded(0.99, queries, 0.99);
    ASSERT_TRUE(above.has_value());
    const std::uint64_t over = *above + 1;
    EXPECT_LE(least_within(0.99, over, 0.99) + over, queries);
    EXPECT_GT(least_within(0.99, over + 1, 0.99) + over + 1, queries);
    EXPECT_GE(over, last);
    EXPECT_LT(static_cast<double>(over), 0.01 * static_cast<double>(queries));
    last = over;
  }
}

// What it is for: by 99 % confidence the bound is wrong in one of a hundred runs at most.
TEST(EarlyStopping, TheBoundHolds) {
  std::mt19937_64 random(fresh_seed());
  std::exponential_distribution<double> latency(1);
  const double truth = -std::log(1 - 0.9);
  int broken = 0;
  constexpr int kRuns = 2000;
  for (int run = 0; run < kRuns; ++run) {
    Recorder recorder;
    for (int i = 0; i < 300; ++i) recorder.add(latency(random));
    const double shares[] = {0.9};
    broken += *recorder.latency(shares, 0.99).percentiles[0].bound_s < truth ? 1 : 0;
  }
  EXPECT_LE(broken, kRuns / 50);
}

TEST(Recorder, BinsAreOffByATwentiethOfAPerCent) {
  std::mt19937_64 random(fresh_seed());
  std::lognormal_distribution<double> latency(-9, 2);
  Recorder exact;
  Recorder binned(10);
  Recorder halves[2] = {Recorder(1000), Recorder(10)};
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(latency(random));
    exact.add(values.back());
    binned.add(values.back());
    halves[i < 500 ? 0 : 1].add(values.back());
  }
  halves[0].add_all(halves[1]);
  std::sort(values.begin(), values.end());
  for (const double share : {0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
    const double truth = nearest_rank(values, share);
    EXPECT_EQ(exact.percentile(share), truth) << share;
    EXPECT_NEAR(binned.percentile(share), truth, truth * 0.0005) << share;
    EXPECT_EQ(binned.percentile(share), halves[0].percentile(share)) << share;
  }
  const double shares[] = {0.5};
  const Latency a = exact.latency(shares, 0.99);
  const Latency b = binned.latency(shares, 0.99);
  const Latency c = halves[0].latency(shares, 0.99);
  EXPECT_EQ(a.resolution, 0);
  EXPECT_GT(b.resolution, 0);
  EXPECT_DOUBLE_EQ(a.mean_s, b.mean_s);
  EXPECT_NEAR(c.mean_s / a.mean_s, 1, 1e-9);
  EXPECT_NEAR(c.deviation_s / a.deviation_s, 1, 1e-9);
  EXPECT_EQ(b.max_s, values.back());
  for (const Latency* each : {&a, &b, &c}) {
    std::uint64_t counted = 0;
    for (const Bin& bin : each->bins) counted += bin.count;
    EXPECT_EQ(counted, 20'000U);
  }
}

TEST(Recorder, ValuesBeyondTheBins) {
  Recorder recorder(0);
  for (const double value : {0.0, 1e-12, 5.0, 1e7}) recorder.add(value);
  EXPECT_EQ(recorder.percentile(1), 1e7);
  EXPECT_EQ(recorder.count(), 4U);
  EXPECT_GE(recorder.percentile(0.25), 0);
  Recorder none;
  EXPECT_EQ(none.latency({}, 0.99).queries, 0U);
}

std::vector<Window> windows_of(std::size_t count, const std::function<double(double)>& p50_s) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i < count; ++i) {
    Window window;
    window.start_s = static_cast<double>(i) * 15;
    window.queries = 1000;
    window.p50_s = p50_s(static_cast<double>(i) / static_cast<double>(count - 1));
    windows.push_back(window);
  }
  return windows;
}

TEST(Soak, Verdicts) {
  std::mt19937_64 random(fresh_seed());
  std::normal_distribution<double> noise(0, 0.01);
  const auto steady = judge_soak(windows_of(120, [&](double) { return 1 + noise(random); }), {});
  EXPECT_FALSE(steady.is_drifting) << steady.verdict;
  EXPECT_NEAR(steady.noise, 0.01, 0.005);

  const auto slower =
      judge_soak(windows_of(120, [&](double at) { return 1 + 0.06 * at + noise(random); }), {});
  EXPECT_TRUE(slower.is_drifting) << slower.verdict;
  EXPECT_NEAR(slower.drift, 0.06, 0.02);
  EXPECT_GT(slower.last_s, slower.first_s);
  EXPECT_TRUE(slower.verdict.starts_with("drifting: ")) << slower.verdict;

  // As fast as ever for a while, then so much slower that a straight line would begin below zero.
  const auto much =
      judge_soak(windows_of(60, [](double at) { return 1 + 30 * std::max(at - 0.2, 0.0); }), {});
  EXPECT_TRUE(much.is_drifting) << much.verdict;
  EXPECT_GT(much.drift, 5);

  // Every fifth window is disturbed by something that is ten times as slow, later ones more often.
  int at_window = 0;
  const auto disturbed = judge_soak(windows_of(120,
                                               [&](double at) {
                                                 const bool is_off =
                                                     ++at_window % 5 == 0 && at > 0.3;
                                                 return is_off ? 10.0 : 1 + noise(random);
                                               }),
                                    {});
  EXPECT_FALSE(disturbed.is_drifting) << disturbed.verdict;

  // Slower and slower for a while, and at the end as fast as ever.
  const auto busy =
      judge_soak(windows_of(120, [](double at) { return at < 0.8 ? 1 + 0.06 * at : 1; }), {});
  EXPECT_GT(busy.drift, 0.02);
  EXPECT_FALSE(busy.is_drifting) << busy.verdict;
  EXPECT_TRUE(busy.was_disturbed);
  EXPECT_TRUE(busy.verdict.starts_with("no drift: ")) << busy.verdict;
  EXPECT_TRUE(busy.verdict.ends_with("something disturbed it in between")) << busy.verdict;

  const auto brief = judge_soak(windows_of(4, [](double at) { return 1 + at; }), {});
  EXPECT_FALSE(brief.is_drifting);
  EXPECT_TRUE(brief.verdict.starts_with("too short")) << brief.verdict;
  EXPECT_TRUE(judge_soak({}, {}).verdict.starts_with("too short"));

  auto clocked = windows_of(60, [](double) { return 1.0; });
  for (std::size_t i = 0; i < clocked.size(); ++i) clocked[i].mhz = i < 30 ? 2000 : 1500;
  const auto capped = judge_soak(clocked, {});
  EXPECT_TRUE(capped.is_throttled);
  EXPECT_NE(capped.verdict.find("the clock fell by 25.0 %"), std::string::npos) << capped.verdict;
}

}  // namespace
}  // namespace slipway::measure
