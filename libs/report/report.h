// What a build found out, as data. Whoever measures fills it in; pages and JSON are made of it.
// What nobody measured is absent, never 0.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::report {

using Facts = std::vector<std::pair<std::string, std::string>>;

struct Port {
  std::string name;
  std::string type;  // "float[batch,20,25]"

  friend bool operator==(const Port&, const Port&) = default;
};

struct ModelFacts {
  std::string name;
  std::string version;
  std::string file;
  std::string hash;  // of the file's bytes
  std::uint64_t file_bytes = 0;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  Facts more;  // "opset", "parameters", ...
};

struct Bin {
  double from_us = 0;
  double to_us = 0;
  std::uint64_t count = 0;
};

struct Latency {
  std::uint64_t runs = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  // What 99 of 100 runs stay within, with 99 % confidence; absent where too few were run to say.
  std::optional<double> p99_bound_us;
  std::optional<double> p999_us;  // with enough runs
  double max_us = 0;
  double spread = 0;               // of the median from slice to slice: (highest - lowest) / median
  std::optional<double> quiet_us;  // the least of the slices' medians, by which it was compared
  std::vector<Bin> histogram;
};

struct OutputError {
  std::string name;
  double max_error = 0;
  double mean_error = 0;
  double cosine = 0;
  std::optional<double> sqnr_db;    // absent: the same bits
  std::optional<double> agreement;  // share of samples with the same top-1
  std::uint64_t not_finite = 0;
};

struct Accuracy {
  std::uint64_t samples = 0;
  double drop_percent = 0;   // what the budget is compared with
  std::string drop_meaning;  // "points of top-1 accuracy", "mean error, % of the output's range"
  std::optional<double> reference_score;  // top-1 share where labels exist
  std::optional<double> score;
  std::vector<OutputError> outputs;
  std::vector<std::uint64_t> worst_samples;
};

enum class Outcome : std::uint8_t {
  kChosen,
  kGood,        // keeps the budget, and another one was taken
  kOverBudget,  // measured, and breaks it
  kHopeless,    // so far behind after a short look that nobody looked longer
  kFailed,      // could not be made, opened or run
};
std::string_view name(Outcome outcome);  // "chosen", "good", "over budget", "slower", "failed"

struct Candidate {
  std::string engine;
  std::string precision;
  std::uint64_t threads = 1;
  double pruned = 0;    // the share of channels that it has less than the model
  bool slides = false;  // a run takes what is new of the windows
  Outcome outcome = Outcome::kFailed;
  std::string reason;  // a sentence
  std::optional<Latency> latency;
  std::optional<Accuracy> accuracy;
  std::optional<double> memory_bytes;
  std::optional<double> load_ms;
  std::optional<double> file_bytes;
};
std::string label(const Candidate& candidate);  // "native int8, 20 % pruned, sliding, 2 threads"
std::string form(const Candidate& candidate);   // "int8, 20 % pruned, sliding"

struct Layer {
  std::string name;
  std::string kernel;
  std::optional<double> mean_us;
  std::uint64_t multiply_adds = 0;
};

struct LayerError {
  std::string name;
  std::optional<double> sqnr_db;  // absent: the same bits
  double max_error = 0;
};

struct Budget {
  std::optional<double> p99_latency_ms;
  std::optional<double> accuracy_drop_percent;
  std::optional<double> memory_mib;
};

enum class State : std::uint8_t { kPassed, kFailed, kNotRun };
std::string_view name(State state);  // "passed", "failed", "not run"

// A line of the validation list.
struct Check {
  std::string id;  // "accuracy": stable
  std::string text;
  State state = State::kNotRun;
  std::string evidence;
  std::string command;
};

// What libs/optimize did to the model before anything was made of it.
struct Optimised {
  bool is_used = false;
  std::uint64_t nodes_before = 0;
  std::uint64_t nodes_after = 0;
  std::string text;  // a sentence
};

// An output of the chosen one, over the samples.
struct OutputRange {
  std::string name;
  std::optional<std::pair<double, double>> clamp;
  bool has_safe_value = false;
  std::uint64_t samples = 0;  // 0: it was not looked at
  std::uint64_t outside = 0;  // samples with an element outside of the clamp, or that is no number
  std::optional<double> lowest;
  std::optional<double> highest;
};

// An input whose mean and scale are declared: what its samples look like.
struct InputLook {
  std::string name;
  std::uint64_t samples = 0;
  std::uint64_t positions = 0;  // that can tell; 0: none can
  // Mean over those positions; one that is clearly smaller says what the samples are.
  double distance_to_normalised = 0;
  double distance_to_raw = 0;
};

// What another machine must have for the chosen one to run there as it did here.
struct Needs {
  std::string architecture;                    // "x86-64"
  std::vector<std::string> instruction_sets;   // without which its engine is many times slower
  std::string engine_version;                  // of the library that ran it
  std::map<std::string, std::string> drivers;  // versions, of those that its engine went through
  std::string power_mode;                      // that was in force
  std::string board;                           // words of the recipe's target
};

// What the device told of itself while the build measured.
struct Climate {
  std::optional<double> start_c;
  std::optional<double> max_c;
  std::optional<double> end_c;
  std::optional<bool> was_throttled;
  std::optional<double> energy_per_run_mj;
  std::optional<double> power_w;
};

struct Report {
  std::string slipway_version;
  std::string made_at;  // "2026-01-31 12:00 UTC"
  ModelFacts model;
  std::string target;  // of --for
  Budget budget;
  std::optional<Optimised> optimised;  // absent: that was not wanted
  std::vector<OutputRange> outputs;    // of the chosen one
  std::vector<InputLook> inputs;
  std::string samples;   // "240 samples of samples.npz"
  std::string baseline;  // what accuracy is compared with
  std::vector<Candidate> candidates;
  std::optional<std::size_t> chosen;  // an index of candidates
  std::string verdict;                // a sentence
  std::vector<std::string> reasons;   // more sentences: what was refused, what came closest
  std::vector<Layer> layers;          // of the chosen one
  std::vector<LayerError> layer_errors;
  std::optional<Needs> needs;                         // of the chosen one
  std::map<std::string, std::string> engine_options;  // of the chosen one, but for paths
  Facts machine;
  std::string machine_id;  // equal: the same kind of machine in the same state of equipment
  Climate climate;
  std::optional<Latency> alone;    // the chosen one, one run after the other for longer
  std::optional<Latency> at_rate;  // the chosen one, run at the recipe's rate
  std::optional<double> rate_hz;
  std::uint64_t late_runs = 0;  // at that rate: began after they were due
  Facts artifacts;              // "runs": "model.plan", "onnx": "model.onnx", ...
  std::vector<Check> checks;
};

}  // namespace slipway::report
