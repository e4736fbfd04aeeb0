#include "choose/latency.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <random>

#include "choose/probe.h"

namespace slipway::choose {
namespace {

TEST(Latency, BinsHoldEveryRunOnce) {
  std::mt19937_64 random(7);
  std::vector<Slice> slices(3);
  for (Slice& slice : slices) {
    for (int i = 0; i < 2000; ++i)
      slice.push_back(1e-6 * static_cast<double>(1 + random() % 100'000));
    std::sort(slice.begin(), slice.end());
  }
  const report::Latency latency = latency_of(slices);
  EXPECT_EQ(latency.runs, 6000U);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < latency.histogram.size(); ++i) {
    const report::Bin& bin = latency.histogram[i];
    count += bin.count;
    EXPECT_LT(bin.from_us, bin.to_us);
    if (i > 0) {
      EXPECT_NEAR(bin.from_us, latency.histogram[i - 1].to_us, 1e-6 * bin.from_us);
    }
    std::uint64_t inside = 0;
    for (const Slice& slice : slices) {
      for (const double run_s : slice)
        inside += run_s * 1e6 >= bin.from_us * (1 - 1e-12) && run_s * 1e6 < bin.to_us ? 1 : 0;
    }
    EXPECT_EQ(bin.count, inside) << i;
  }
  EXPECT_EQ(count, latency.runs);
  EXPECT_LE(latency.p50_us, latency.p90_us);
  EXPECT_LE(latency.p99_us, *latency.p999_us);
  EXPECT_LE(*latency.p999_us, latency.max_us);
}

TEST(Latency, RunsThatAreAllAlike) {
  const report::Latency latency = latency_of({{1e-5, 1e-5, 1e-5}});
  EXPECT_EQ(latency.histogram.size(), 1U);
  EXPECT_EQ(latency.histogram[0].count, 3U);
  EXPECT_FALSE(latency.p999_us.has_value());
  EXPECT_EQ(latency.spread, 0);
  EXPECT_EQ(latency.quiet_us, latency.p50_us);
}

TEST(Probe, TellsWhatAProcessTakes) {
  std::vector<char> memory;
  const auto open = [&]() -> Status {
    memory.assign(std::size_t{64} << 20, 1);
    return {};
  };
  const Result<Probe> probe = probe_apart(open, [] { return Status(); });
  ASSERT_TRUE(probe.ok()) << probe.error().message;
  EXPECT_TRUE(memory.empty()) << "it ran in this process";
  EXPECT_GE(probe->memory_bytes, 60e6);
  EXPECT_LT(probe->memory_bytes, 200e6);
  EXPECT_GT(probe->load_s, 0);
}

TEST(Probe, WhatBreaksBreaksThere) {
  const Result<Probe> refused = probe_apart(
      [] {
        return Status(Error{Code::kUnsupported, "not this one"});
      },
      [] { return Status(); });
  EXPECT_EQ(refused.error().message, "not this one");
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  const Result<Probe> crashed = probe_apart([] { return Status(); },
                                            []() -> Status {
                                              ::raise(SIGKILL);
                                              return {};
                                            });
  ASSERT_FALSE(crashed.ok());
  EXPECT_NE(crashed.error().message.find("it crashed: signal 9"), std::string::npos);
  const Result<Probe> left = probe_apart([]() -> Status { ::_exit(3); }, [] { return Status(); });
  EXPECT_EQ(left.error().message, "its process ended by itself, exit code 3");
}

}  // namespace
}  // namespace slipway::choose
