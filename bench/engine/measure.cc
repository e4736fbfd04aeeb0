#include "measure.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/percentile.h"
#include "base/str.h"
#include "clock.h"
#include "tensor/convert.h"

namespace slipway::bench {
namespace {

// One engine's part of the turns.
class Lane {
 public:
  Lane(Engine& engine, const Pace& pace)
      : engine_(engine), clock_(pace.in_cpu_time ? thread_cpu_us : now_us) {}

  // Runs until the caches and the clock frequency have settled. Returns what a run takes.
  Result<double> warm_up(const Pace& pace) {
    const double start_us = now_us();
    const double enough_us = std::min(0.1, pace.seconds / 10) * 1e6;
    std::size_t runs = 0;
    double taken_us = 0;
    do {
      TRY(engine_.run());
      ++runs;
      taken_us = now_us() - start_us;
    } while (taken_us < enough_us || runs < 2);
    run_us_ = taken_us / static_cast<double>(runs);
    return run_us_;
  }

  void decide_samples(const Pace& pace, std::size_t runs_per_sample) {
    runs_per_sample_ = runs_per_sample;
    const double affordable =
        pace.seconds * 1e6 / (run_us_ * static_cast<double>(runs_per_sample_));
    const std::size_t least = run_us_ < 1000 ? pace.fine_runs : pace.least_runs;
    const auto samples =
        std::max(least, static_cast<std::size_t>(std::min(affordable, kMostSamples)));
    block_samples_ = (samples + pace.blocks - 1) / pace.blocks;
    samples_us_.reserve(block_samples_ * pace.blocks);
  }

  Status run_block() {
    for (int i = 0; i < kRunsToSettle; ++i) TRY(engine_.run());
    for (std::size_t i = 0; i < block_samples_; ++i) {
      const double start_us = clock_();
      for (std::size_t k = 0; k < runs_per_sample_; ++k) TRY(engine_.run());
      samples_us_.push_back((clock_() - start_us) / static_cast<double>(runs_per_sample_));
    }
    return {};
  }

  Timing timing() {
    std::sort(samples_us_.begin(), samples_us_.end());
    return {samples_us_.front(),
            nearest_rank(samples_us_, 0.5),
            nearest_rank(samples_us_, 0.99),
            nearest_rank(samples_us_, 0.999),
            samples_us_.back(),
            samples_us_.size() * runs_per_sample_};
  }

 private:
  static constexpr double kMostSamples = 50'000;
  static constexpr int kRunsToSettle = 2;

  Engine& engine_;
  double (*clock_)();
  double run_us_ = 0;
  std::size_t runs_per_sample_ = 1;
  std::size_t block_samples_ = 0;
  std::vector<double> samples_us_;
};

// Runs shorter than this are not timed one by one: reading the clock takes 20 ns or more.
constexpr double kClockLimitUs = 1;
constexpr double kCpuClockLimitUs = 100;  // that clock is a system call

// The helping threads of the engine before may still spin, ONNX Runtime's for 40 ms and more: rests
// until no thread of this process uses the processor, for half a second at most.
void let_threads_rest() {
  constexpr timespec kPause = {0, 10'000'000};
  constexpr double kQuietUs = 500;
  constexpr int kMostPauses = 50;
  for (int i = 0; i < kMostPauses; ++i) {
    const double start_us = process_cpu_us();
    nanosleep(&kPause, nullptr);
    if (process_cpu_us() - start_us < kQuietUs) return;
  }
}

}  // namespace

long interruptions() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

Result<std::vector<Timing>> time_in_turns(const std::vector<Engine*>& engines, const Pace& pace) {
  std::vector<Lane> lanes;
  for (Engine* engine : engines) lanes.emplace_back(*engine, pace);
  double shortest_us = std::numeric_limits<double>::infinity();
  for (Lane& lane : lanes) {
    let_threads_rest();
    shortest_us = std::min(shortest_us, TRY(lane.warm_up(pace)));
  }
  const double limit_us = pace.in_cpu_time ? kCpuClockLimitUs : kClockLimitUs;
  for (Lane& lane : lanes) lane.decide_samples(pace, shortest_us < limit_us ? 100 : 1);
  for (std::size_t block = 0; block < pace.blocks; ++block) {
    for (std::size_t i = 0; i < lanes.size(); ++i) {
      let_threads_rest();
      TRY(lanes[block % 2 == 0 ? i : lanes.size() - 1 - i].run_block());
    }
  }
  std::vector<Timing> timings;
  for (Lane& lane : lanes) timings.push_back(lane.timing());
  return timings;
}

namespace {

double mean_difference(std::span<const double> a, std::span<const double> b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares / static_cast<double>(a.size()));
}

}  // namespace

Status compare_answers(const std::vector<NamedValue>& got, const std::vector<NamedValue>& wanted,
                       double tolerance, double mean_tolerance) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Tensor ours = TRY(cast(got[i].value.tensor(), DType::kFloat64));
    const Tensor theirs = TRY(cast(wanted[i].value.tensor(), DType::kFloat64));
    double largest = 0;
    bool is_finite = theirs.size() == 0;
    for (const double x : theirs.data<double>()) {
      if (!std::isfinite(x)) continue;
      is_finite = true;
      largest = std::max(largest, std::abs(x));
    }
    if (!is_finite)
      return Error{Code::kInvalid, str(wanted[i].name, " is nowhere finite in ONNX Runtime")};
    if (mean_tolerance > 0 &&
        mean_difference(ours.data<double>(), theirs.data<double>()) <= mean_tolerance * largest) {
      continue;
    }
    for (std::size_t k = 0; k < theirs.size(); ++k) {
      const double a = ours.data<double>()[k];
      const double b = theirs.data<double>()[k];
      if (std::abs(a - b) <= tolerance * largest) continue;  // and so not for a NaN or an infinity
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      return Error{Code::kInvalid, str(wanted[i].name, "[", k, "] is ", a, " in Slipway and ", b,
                                       " in ONNX Runtime, of values up to ", largest)};
    }
  }
  return {};
}

}  // namespace slipway::bench
