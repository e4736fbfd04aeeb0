#include "measure/load.h"

#include <algorithm>
#include <thread>

#include "base/str.h"
#include "measure/recorder.h"
#include "measure/soak.h"

namespace slipway::measure {
namespace {

constexpr std::uint64_t kLeastQueries = 10;
constexpr std::uint64_t kLeastWarmUp = 3;
constexpr double kTick_s = 1;
constexpr double kSlack_s = 0.02;     // that a reading of the sensors needs before a query is due
constexpr double kMostBehind_s = 10;  // without a reading
constexpr double kLate_s = 1e-6;
constexpr double kLead_s = 1e-3;  // before the first query is due
constexpr double kWindows = 120;
constexpr double kLeastWindow_s = 1;

// Watches the machine between queries.
class Watch {
 public:
  Watch(const LoadOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  void start() {
    start_s_ = clock_.now_s();
    observe(start_s_);
    conditions_.start_c = conditions_.max_c;
    conditions_.start_mhz = mhz_;
  }

  // Between queries; `due_s`: when the next one must begin, or now.
  void tick(double now_s, double due_s) {
    if (now_s - last_s_ < kTick_s) return;
    if (due_s > now_s && due_s - now_s < kSlack_s && now_s - last_s_ < kMostBehind_s) return;
    observe(now_s);
    if (options_.progress) options_.progress(std::min(1.0, (now_s - start_s_) / options_.seconds));
  }

  Conditions finish() {
    observe(clock_.now_s());
    conditions_.end_c = hottest_c_;
    if (options_.sensors != nullptr) {
      conditions_.energy_j = options_.sensors->joules();
      conditions_.energy_source = options_.sensors->energy_source();
    }
    return conditions_;
  }

  std::optional<double> hottest_c() const { return hottest_c_; }
  std::optional<double> mhz() const { return mhz_; }

 private:
  void observe(double now_s) {
    last_s_ = now_s;
    if (options_.sensors == nullptr) return;
    const device::Reading reading = options_.sensors->read(now_s);
    hottest_c_.reset();
    if (reading.hottest.has_value()) {
      hottest_c_ = reading.hottest->celsius;
      conditions_.max_c = std::max(conditions_.max_c.value_or(*hottest_c_), *hottest_c_);
    }
    mhz_ = reading.mhz;
    if (mhz_.has_value())
      conditions_.min_mhz = std::min(conditions_.min_mhz.value_or(*mhz_), *mhz_);
    for (const std::string& what : reading.throttling) {
      if (std::ranges::find(conditions_.throttling, what) == conditions_.throttling.end())
        conditions_.throttling.push_back(what);
    }
  }

  const LoadOptions& options_;
  Clock& clock_;
  Conditions conditions_;
  std::optional<double> hottest_c_;
  std::optional<double> mhz_;
  double start_s_ = 0;
  double last_s_ = 0;
};

// Tells of each query, and cuts a run into windows of equal length.
class Windows {
 public:
  Windows(const LoadOptions& options, const Watch& watch)
      : on_query_(options.on_query),
        is_on_(options.is_soak),
        length_s_(std::max(options.seconds / kWindows, kLeastWindow_s)),
        watch_(watch) {}

  void add(double since_start_s, double latency_s) {
    if (on_query_) on_query_(since_start_s, latency_s);
    if (!is_on_) return;
    while (since_start_s >= start_s_ + length_s_) close();
    recorder_.add(latency_s);
  }

  std::vector<Window> finish() {
    // What is left of the last one, where it says something.
    if (is_on_ && (windows_.empty() || recorder_.count() * 2 > windows_.back().queries)) close();
    return std::move(windows_);
  }

 private:
  void close() {
    // A stall of hours leaves no heap of empty windows.
    if (recorder_.count() > 0) {
      windows_.push_back({start_s_, recorder_.count(), recorder_.percentile(0.5),
                          recorder_.percentile(0.99), recorder_.max_s(), watch_.hottest_c(),
                          watch_.mhz()});
      recorder_.clear();
    }
    start_s_ += length_s_;
  }

  const std::function<void(double, double)>& on_query_;
  bool is_on_;
  double length_s_;
  double start_s_ = 0;
  const Watch& watch_;
  Recorder recorder_{1 << 12};
  std::vector<Window> windows_;
};

struct Ran {
  Recorder recorder;
  double start_s = 0;
  double end_s = 0;
  std::uint64_t late = 0;
  std::uint64_t unserved = 0;
};

Result<std::uint64_t> warm_up(const Stream& stream, double seconds) {
  const double start_s = stream.clock->now_s();
  std::uint64_t queries = 0;
  while (queries < kLeastWarmUp || stream.clock->now_s() - start_s < seconds) {
    TRY(stream.run());
    ++queries;
  }
  return queries;
}

// One query after the other. `watch` and `windows` are of the first stream alone.
Result<Ran> run_back_to_back(const Stream& stream, const LoadOptions& options,
                             std::uint64_t queries, Watch* watch, Windows* windows) {
  Clock& clock = *stream.clock;
  Ran ran = {.recorder = Recorder(options.kept_values)};
  ran.start_s = clock.now_s();
  double now_s = ran.start_s;
  const auto is_enough = [&] {
    if (queries > 0) return ran.recorder.count() >= queries;
    return ran.recorder.count() >= kLeastQueries && now_s - ran.start_s >= options.seconds;
  };
  while (!is_enough()) {
    if (watch != nullptr) watch->tick(now_s, now_s);
    const double begin_s = clock.now_s();
    TRY(stream.run());
    now_s = clock.now_s();
    ran.recorder.add(now_s - begin_s);
    if (windows != nullptr) windows->add(now_s - ran.start_s, now_s - begin_s);
  }
  ran.end_s = now_s;
  return ran;
}

Result<Ran> run_at_rate(const Stream& stream, const LoadOptions& options, Watch& watch,
                        Windows& windows) {
  Clock& clock = *stream.clock;
  Ran ran = {.recorder = Recorder(options.kept_values)};
  const std::uint64_t queries =
      options.queries > 0
          ? options.queries
          : std::max(kLeastQueries, static_cast<std::uint64_t>(options.seconds * options.rate_hz));
  // The schedule is fixed beforehand: what comes late moves nothing that comes after it.
  const double length_s = static_cast<double>(queries) / options.rate_hz;
  ran.start_s = clock.now_s() + kLead_s;
  ran.end_s = ran.start_s;
  for (std::uint64_t i = 0; i < queries; ++i) {
    const double due_s = ran.start_s + static_cast<double>(i) / options.rate_hz;
    watch.tick(ran.end_s, due_s);
    const double begin_s = clock.now_s();
    if (begin_s - ran.start_s >= 2 * length_s) {
      ran.unserved = queries - i;
      break;
    }
    if (begin_s < due_s) {
      clock.wait_until(due_s);
    } else if (begin_s - due_s > kLate_s) {
      ++ran.late;
    }
    TRY(stream.run());
    ran.end_s = clock.now_s();
    ran.recorder.add(ran.end_s - due_s);
    windows.add(ran.end_s - ran.start_s, ran.end_s - due_s);
  }
  return ran;
}

// Every stream in a thread of its own; the first is the caller's.
Result<std::vector<Ran>> run_streams(std::span<Stream> streams, const LoadOptions& options,
                                     Watch& watch, Windows& windows) {
  const auto queries_of = [&](std::size_t i) -> std::uint64_t {
    if (options.queries == 0) return 0;
    const std::uint64_t share = options.queries / streams.size();
    return std::max<std::uint64_t>(share + (i < options.queries % streams.size() ? 1 : 0), 1);
  };
  std::vector<Result<Ran>> results(streams.size(), Result<Ran>(Ran{}));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < streams.size(); ++i) {
    threads.emplace_back([&, i] {
      results[i] = run_back_to_back(streams[i], options, queries_of(i), nullptr, nullptr);
    });
  }
  results[0] = run_back_to_back(streams[0], options, queries_of(0), &watch, &windows);
  for (std::thread& thread : threads) thread.join();
  std::vector<Ran> all;
  for (Result<Ran>& result : results) all.push_back(TRY(std::move(result)));
  return all;
}

Status check(std::span<Stream> streams, const LoadOptions& options) {
  const bool is_one = options.scenario == Scenario::kSingle || options.scenario == Scenario::kRate;
  if (streams.empty() || (is_one && streams.size() > 1)) {
    return Error{Code::kUsage, str("the scenario ", name(options.scenario), " takes ",
                                   is_one ? "one stream" : "at least one stream")};
  }
  if (options.scenario == Scenario::kRate && !(options.rate_hz > 0))
    return Error{Code::kUsage, "the scenario rate needs a rate above 0"};
  return {};
}

}  // namespace

Result<LoadResult> run_load(std::span<Stream> streams, const LoadOptions& options) {
  TRY(check(streams, options));
  LoadResult result;
  result.scenario = options.scenario;
  result.streams = streams.size();
  result.samples_per_query = options.samples_per_query;
  for (const Stream& stream : streams)
    result.warm_up_queries += TRY(warm_up(stream, options.warm_up_s));

  Watch watch(options, *streams[0].clock);
  watch.start();
  Windows windows(options, watch);
  std::vector<Ran> all;
  if (options.scenario == Scenario::kRate) {
    result.rate_hz = options.rate_hz;
    all.push_back(TRY(run_at_rate(streams[0], options, watch, windows)));
  } else {
    all = TRY(run_streams(streams, options, watch, windows));
  }
  result.conditions = watch.finish();

  Recorder& recorder = all[0].recorder;
  double start_s = all[0].start_s;
  double end_s = all[0].end_s;
  for (std::size_t i = 1; i < all.size(); ++i) {
    recorder.add_all(all[i].recorder);
    start_s = std::min(start_s, all[i].start_s);
    end_s = std::max(end_s, all[i].end_s);
  }
  result.seconds = end_s - start_s;
  result.late = all[0].late;
  result.unserved = all[0].unserved;
  result.latency = recorder.latency(options.shares, options.confidence);
  const auto queries = static_cast<double>(recorder.count());
  if (result.seconds > 0)
    result.throughput_hz =
        queries * static_cast<double>(options.samples_per_query) / result.seconds;
  if (result.conditions.energy_j.has_value() && queries > 0)
    result.query_j = *result.conditions.energy_j / queries;
  if (options.is_soak) result.soak = judge_soak(windows.finish(), result.conditions.throttling);
  return result;
}

}  // namespace slipway::measure
