// Runs queries in a scenario and tells how long they took. What a query does is the caller's: an
// engine's session, or a test's fake.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "device/sensors.h"
#include "measure/clock.h"
#include "measure/result.h"

namespace slipway::measure {

// One session: a query is run to its end by one call. Each stream has a thread of its own, which
// alone calls `run` and uses `clock`.
struct Stream {
  std::function<Status()> run;
  Clock* clock = nullptr;
};

struct LoadOptions {
  Scenario scenario = Scenario::kSingle;
  double rate_hz = 0;  // of Scenario::kRate: queries a second
  std::size_t samples_per_query = 1;
  double seconds = 2;
  std::uint64_t queries = 0;  // in all; 0: as many as the seconds allow, ten at least
  double warm_up_s = 0.2;     // run and not measured, three queries at least
  bool is_soak = false;       // windows and a verdict, of the first stream
  std::vector<double> shares = {0.5, 0.9, 0.95, 0.99, 0.999};
  double confidence = 0.99;
  std::size_t kept_values = std::size_t{1} << 17;  // then bins: recorder.h
  device::Sensors* sensors = nullptr;              // read about once a second, between queries
  // Each query of the first stream, in their order: when it ended, counted from the start.
  std::function<void(double end_s, double latency_s)> on_query;
  std::function<void(double share)> progress;  // about once a second, from the first stream
};

// kSingle and kRate take one stream, the others one or more. At a fixed rate a query that is due
// while another runs waits, and its latency counts from when it was due; queries that were due and
// not begun after twice the time are counted as unserved. Fails where a query does.
Result<LoadResult> run_load(std::span<Stream> streams, const LoadOptions& options);

}  // namespace slipway::measure
