#include "measure/load.h"

#include <gtest/gtest.h>

#include "base/str.h"
#include "device/boards_test_data.h"
#include "measure/fake_load.h"

namespace slipway::measure {
namespace {

constexpr std::size_t kWarmUp = 3;

double at(const LoadResult& result, double share) {
  for (const Percentile& percentile : result.latency.percentiles) {
    if (percentile.share == share) return percentile.seconds;
  }
  return -1;
}

LoadOptions options_of(Scenario scenario) {
  LoadOptions options;
  options.scenario = scenario;
  options.warm_up_s = 0;
  return options;
}

TEST(Load, SingleStreamGivesExactPercentilesAndForgetsTheWarmUp) {
  FakeSession session([](std::size_t i) {
    return i < kWarmUp ? 5.0 : 1e-3 * static_cast<double>((i - kWarmUp) % 1000 + 1);
  });
  Stream stream = session.stream();
  LoadOptions options = options_of(Scenario::kSingle);
  options.queries = 1000;
  const Result<LoadResult> result = run_load({&stream, 1}, options);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->warm_up_queries, kWarmUp);
  EXPECT_EQ(result->latency.queries, 1000U);
  EXPECT_NEAR(result->latency.min_s, 0.001, 1e-9);
  EXPECT_NEAR(at(*result, 0.5), 0.5, 1e-9);
  EXPECT_NEAR(at(*result, 0.9), 0.9, 1e-9);
  EXPECT_NEAR(at(*result, 0.99), 0.99, 1e-9);
  EXPECT_NEAR(at(*result, 0.999), 0.999, 1e-9);
  EXPECT_NEAR(result->latency.max_s, 1, 1e-9);
  EXPECT_NEAR(result->latency.mean_s, 0.5005, 1e-9);
  EXPECT_NEAR(result->latency.jitter_s, 0.001, 1e-9);
  EXPECT_NEAR(result->latency.deviation_s, 0.288675, 1e-6);
  EXPECT_NEAR(result->throughput_hz, 1 / 0.5005, 1e-6);
  // 99.9 % need 6,636 queries before anything can be said of all.
  EXPECT_TRUE(result->latency.percentiles[3].bound_s.has_value());
  EXPECT_FALSE(result->latency.percentiles[4].bound_s.has_value());
  EXPECT_FALSE(result->conditions.max_c.has_value());
  EXPECT_FALSE(result->query_j.has_value());
}

TEST(Load, TheTimeEndsASingleStream) {
  FakeSession session([](std::size_t) { return 0.01; });
  Stream stream = session.stream();
  LoadOptions options = options_of(Scenario::kSingle);
  options.seconds = 0.995;
  EXPECT_EQ(run_load({&stream, 1}, options)->latency.queries, 100U);
  options.seconds = 0.001;  // ten at least
  EXPECT_EQ(run_load({&stream, 1}, options)->latency.queries, 10U);
}

// A stall of 1 s while queries are due every 10 ms and take 1 ms. Whoever waits for an answer
// before asking again sees one slow query; the robot, which asks by the clock, sees 111.
TEST(Load, AStallIsNotHiddenAtAFixedRate) {
  const auto takes_s = [](std::size_t i) { return i == kWarmUp + 50 ? 1.0 : 0.001; };
  FakeSession blind(takes_s);
  Stream stream = blind.stream();
  LoadOptions options = options_of(Scenario::kSingle);
  options.queries = 1000;
  const LoadResult single = *run_load({&stream, 1}, options);
  EXPECT_NEAR(at(single, 0.99), 0.001, 1e-9);

  FakeSession session(takes_s);
  stream = session.stream();
  options.scenario = Scenario::kRate;
  options.rate_hz = 100;
  std::size_t told = 0;
  double slowest_s = 0;
  options.on_query = [&](double, double latency_s) {
    ++told;
    slowest_s = std::max(slowest_s, latency_s);
  };
  const LoadResult rate = *run_load({&stream, 1}, options);
  EXPECT_EQ(rate.latency.queries, 1000U);
  EXPECT_EQ(rate.late, 110U);  // behind the stall; 9 ms are won back with each
  EXPECT_EQ(rate.unserved, 0U);
  EXPECT_EQ(told, 1000U);
  EXPECT_EQ(slowest_s, rate.latency.max_s);
  EXPECT_NEAR(rate.latency.max_s, 1, 1e-9);
  EXPECT_NEAR(at(rate, 0.5), 0.001, 1e-9);
  // The k-th slowest is 1 s - k * 9 ms: the 101st of 1,000 is p90, the 11th p99.
  EXPECT_NEAR(at(rate, 0.9), 1 - 100 * 0.009, 1e-9);
  EXPECT_NEAR(at(rate, 0.99), 1 - 10 * 0.009, 1e-9);
  EXPECT_NEAR(at(rate, 0.999), 1 - 1 * 0.009, 1e-9);
  EXPECT_NEAR(rate.seconds, 9.991, 1e-6);
}

TEST(Load, ARateThatCannotBeKeptEnds) {
  FakeSession session([](std::size_t) { return 0.06; });
  Stream stream = session.stream();
  LoadOptions options = options_of(Scenario::kRate);
  options.rate_hz = 100;
  options.seconds = 1;
  const LoadResult result = *run_load({&stream, 1}, options);
  EXPECT_EQ(result.latency.queries, 34U);  // the 35th would begin at 2.04 s
  EXPECT_EQ(result.unserved, 66U);
  EXPECT_EQ(result.late, 33U);
  EXPECT_NEAR(result.latency.max_s, 34 * 0.06 - 0.33, 1e-9);
}

TEST(Load, ManyStreamsAtOnce) {
  FakeSession fast([](std::size_t) { return 0.01; });
  FakeSession slow([](std::size_t) { return 0.02; });
  Stream streams[] = {fast.stream(), slow.stream()};
  LoadOptions options = options_of(Scenario::kMulti);
  options.seconds = 0.9999;
  options.samples_per_query = 8;
  const LoadResult result = *run_load(streams, options);
  EXPECT_EQ(result.streams, 2U);
  EXPECT_EQ(result.latency.queries, 150U);
  EXPECT_NEAR(at(result, 0.5), 0.01, 1e-9);
  EXPECT_NEAR(at(result, 0.9), 0.02, 1e-9);
  EXPECT_EQ(result.samples_per_query, 8U);
  EXPECT_GT(result.throughput_hz, 150 * 8 / 1.1);

  options.scenario = Scenario::kOffline;
  options.queries = 7;
  EXPECT_EQ(run_load(streams, options)->latency.queries, 7U);
}

TEST(Load, WhatMakesNoSenseIsRefused) {
  FakeSession session([](std::size_t) { return 0.01; });
  Stream streams[] = {session.stream(), session.stream()};
  EXPECT_FALSE(run_load(streams, options_of(Scenario::kSingle)).ok());
  EXPECT_FALSE(run_load({streams, 1}, options_of(Scenario::kRate)).ok());
  EXPECT_FALSE(run_load({streams, 0}, options_of(Scenario::kMulti)).ok());
  streams[0].run = []() -> Status { return Error{Code::kInvalid, "index 7"}; };
  const auto result = run_load({streams, 1}, options_of(Scenario::kSingle));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "index 7");
}

TEST(Load, ASoakTellsOfHeatThatSlowsItDown) {
  const device::Tree tree(device::intel_pc());
  device::Sensors sensors(tree.root());
  const double start_s = FakeClock().time_s;
  // Ten minutes, 10 ms a query; half-way the machine gets hot, and queries take 12 ms.
  FakeSession session([](std::size_t) { return 0.0; });
  bool is_hot = false;
  Stream stream = {
      [&]() -> Status {
        if (!is_hot && session.clock.time_s > start_s + 300) {
          is_hot = true;
          tree.write("sys/class/thermal/thermal_zone0/temp", "97000");
          tree.write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "9");
          tree.write("sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj", "500000000");
        }
        session.clock.time_s += is_hot ? 0.012 : 0.010;
        return {};
      },
      &session.clock};
  LoadOptions options = options_of(Scenario::kSingle);
  options.is_soak = true;
  options.seconds = 600;
  options.kept_values = 1000;
  options.sensors = &sensors;
  std::size_t told = 0;
  options.progress = [&](double share) {
    EXPECT_LE(share, 1);
    ++told;
  };
  const Result<LoadResult> result = run_load({&stream, 1}, options);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_NEAR(at(*result, 0.5), 0.010, 0.010 * 0.0005);
  EXPECT_NEAR(at(*result, 0.9), 0.012, 0.012 * 0.0005);
  EXPECT_EQ(result->conditions.start_c, 49);
  EXPECT_EQ(result->conditions.max_c, 97);
  EXPECT_NEAR(*result->conditions.energy_j, 501, 1e-9);  // 1 J to the wrap
  EXPECT_NEAR(*result->query_j * static_cast<double>(result->latency.queries), 501, 1e-6);
  ASSERT_TRUE(result->soak.has_value());
  EXPECT_EQ(result->soak->windows.size(), 120U);
  EXPECT_TRUE(result->soak->is_throttled);
  EXPECT_TRUE(result->soak->is_drifting) << result->soak->verdict;
  EXPECT_NE(result->soak->verdict.find("slowed down by heat"), std::string::npos);
  EXPECT_NEAR(static_cast<double>(told), 600, 10);
}

}  // namespace
}  // namespace slipway::measure
