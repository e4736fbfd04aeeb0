// What measuring gives: how fast a session is, and how far one model's answers are from another's.
// Plain values, so that reports can keep them and tests can write them down.
//
// What a machine does not tell is absent, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace slipway::measure {

// --- how fast ---

enum class Scenario : std::uint8_t {
  kSingle,   // one query after the other, the next when the last one is answered
  kRate,     // queries are due at fixed times; latency counts from when they were due
  kMulti,    // several sessions at once, each a single stream
  kOffline,  // as many samples as can be in the time: throughput is what counts
};
std::string_view name(Scenario scenario);  // "single", "rate", "multi", "offline"

struct Percentile {
  double share = 0;    // 0.99
  double seconds = 0;  // of the queries that were measured, by nearest rank
  // What `share` of all queries there could be stay within, by the confidence of Latency; absent
  // where there were too few queries to say so. Never below `seconds`.
  std::optional<double> bound_s;
};

// Queries that took from `from_s` to below `to_s`.
struct Bin {
  double from_s = 0;
  double to_s = 0;
  std::uint64_t count = 0;
};

struct Latency {
  std::uint64_t queries = 0;
  double min_s = 0;
  double mean_s = 0;
  double max_s = 0;
  double deviation_s = 0;  // standard
  double jitter_s = 0;     // mean difference between one query and the next
  double confidence = 0.99;
  // 50, 90, 95, 99 and 99.9 %, those that were asked for, ascending.
  std::vector<Percentile> percentiles;
  // How far a percentile may be off because values were counted in bins: a share of it, 0 where
  // every value was kept.
  double resolution = 0;
  std::vector<Bin> bins;  // ascending, of equal ratio, empty ones at the ends left out
};

// How the machine was while it ran.
struct Conditions {
  std::optional<double> start_c;  // the hottest sensor
  std::optional<double> max_c;
  std::optional<double> end_c;
  std::optional<double> energy_j;   // of the whole board or package, all it did meanwhile included
  std::string energy_source;        // "package (RAPL)", "VDD_IN (INA3221)"
  std::optional<double> start_mhz;  // of the cores, mean
  std::optional<double> min_mhz;
  std::vector<std::string> throttling;  // what was in force or happened: "undervoltage"
};

// A stretch of a long run.
struct Window {
  double start_s = 0;
  std::uint64_t queries = 0;
  double p50_s = 0;
  double p99_s = 0;
  double max_s = 0;
  std::optional<double> hottest_c;
  std::optional<double> mhz;
};

// Whether a long run was as fast at its end as at its beginning.
struct Soak {
  std::vector<Window> windows;
  double first_s = 0;  // median of the first fifth of the windows' medians
  double last_s = 0;   // of the last fifth
  double drift = 0;    // of the line through all medians, from begin to end: 0.03 is 3 % slower
  double noise = 0;    // how far medians lie from that line, as a share of it
  // Beyond what the noise explains, and by more than 2 %, as the two ends show, too.
  bool is_drifting = false;
  bool was_disturbed = false;  // the line says so, and the ends do not
  bool is_throttled = false;
  std::string verdict;  // a sentence
};

struct LoadResult {
  Scenario scenario = Scenario::kSingle;
  std::size_t streams = 1;            // sessions that ran at once
  std::size_t samples_per_query = 1;  // the session's batch
  std::optional<double> rate_hz;      // asked for
  double seconds = 0;                 // from the first query to the last answer
  std::uint64_t warm_up_queries = 0;  // run before, not measured
  double throughput_hz = 0;           // samples a second
  Latency latency;                    // of a query
  std::uint64_t late = 0;             // at a fixed rate: queries that began after they were due
  std::uint64_t unserved = 0;         // and those that were due and never began
  std::optional<double> load_s;       // from the file to ready to run
  std::optional<std::uint64_t> resident_bytes;       // of the process, after the run
  std::optional<std::uint64_t> resident_peak_bytes;  // the most it ever was
  std::optional<std::uint64_t> session_bytes;        // what loading added to the process
  std::optional<double> query_j;                     // energy
  Conditions conditions;
  std::optional<Soak> soak;
};

// --- how right ---

// One output of a candidate against a reference, over all samples. Differences are of elements
// where both are finite; the others are counted.
struct OutputError {
  std::string name;
  Shape shape;  // of one sample's answer
  std::uint64_t elements = 0;
  double max_error = 0;
  double mean_error = 0;
  double mean_size = 0;  // of the reference's elements, their absolute values
  double cosine = 1;     // of all elements as one vector; 1 where both are all 0
  // 10 log10(power of the reference / power of the difference); infinite where nothing differs.
  double sqnr_db = 0;
  std::uint64_t nan = 0;       // elements of the candidate that are NaN,
  std::uint64_t infinite = 0;  // or infinite
  std::uint64_t reference_nan = 0;
  std::uint64_t reference_infinite = 0;
  // Elements of which one is finite and the other is not, or that are not the same NaN or infinity.
  std::uint64_t mismatched = 0;
  bool is_exact = false;                 // the same values everywhere
  std::optional<double> top1_agreement;  // where the output looks like a score per class

  // Mean error as a share of the mean size; infinite where only the size is 0.
  double relative_error() const;
};

struct WorstSample {
  std::uint64_t sample = 0;  // from 0
  std::string output;
  double max_error = 0;
  double relative_error = 0;  // its mean error as a share of the output's mean size in all samples
  bool is_mismatched = false;
};

// The error inside: a value that both models compute.
struct LayerError {
  std::string value;
  std::string node;  // of the candidate
  std::string op;
  OutputError error;
};

struct Accuracy {
  std::string output;
  std::uint64_t samples = 0;
  double candidate = 0;
  double reference = 0;
  double drop() const { return reference - candidate; }
};

struct CompareResult {
  std::uint64_t samples = 0;
  std::vector<OutputError> outputs;
  std::optional<Accuracy> accuracy;
  std::vector<WorstSample> worst;  // the worst first
  std::vector<LayerError> layers;  // in the order in which they are computed
};

struct CompareBudget {
  std::optional<double> most_relative_error;  // of every output: 0.01
  std::optional<double> most_drop;            // of accuracy, or else of top-1 agreement from 1
};

// Why a candidate is over its budget: a sentence each, with the figure. What is not finite in the
// candidate and finite in the reference is over every budget, also an empty one.
std::vector<std::string> budget_breaches(const CompareResult& result, const CompareBudget& budget);

}  // namespace slipway::measure
