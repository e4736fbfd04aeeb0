// bench_engine: Slipway and ONNX Runtime on the same models in one run.
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <new>

#include "base/files.h"
#include "base/str.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "clock.h"
#include "engine.h"
#include "footprint.h"
#include "jitter.h"
#include "measure.h"
#include "models.h"
#include "noise.h"
#include "peak.h"
#include "reads.h"
#include "report.h"

namespace slipway::bench {
namespace {

constexpr Option kOptions[] = {
    {"--quick", "", "under a minute in all"},
    {"--json", "FILE", "the rows as JSON, too"},
    {"--threads", "N,...", "how many threads (1,2)"},
    {"--cpu-time", "", "time the processor's work instead: of a busy machine, with one thread"},
    {"--only", "NAME", "of the built-in models those whose name holds NAME (may be repeated)",
     true},
    {"--batch", "N", "of the named models' open first dimension (1)"},
    {"--set", "DIM=N", "an open dimension of the named models (may be repeated)", true},
    {"--made", "FOLDER", "where made models are, and plans go"},
    {"--library", "FILE", "ONNX Runtime's shared library"},
    {"--own-library", "FILE", "Slipway's, for its size"},
    {"--help", "", "this text"},
};
constexpr double kQuickSecondsInAll = 40;
constexpr double kBusyInterruptions = 10;  // a second

struct Settings {
  std::vector<Entry> entries;
  std::map<std::string, std::int64_t> dims;
  std::vector<std::size_t> threads = {1, 2};
  std::filesystem::path made;
  std::string library;
  std::array<std::uint64_t, 2> library_bytes{};  // by EngineKind
  Pace pace;
  std::size_t footprint_processes = 3;
};

void say(const std::string& line) { std::fprintf(stderr, "%s\n", printable(line, true).c_str()); }

Result<std::vector<std::size_t>> parse_threads(const std::string& text) {
  std::vector<std::size_t> threads;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    threads.push_back(static_cast<std::size_t>(
        TRY(parse_number("--threads", text.substr(at, comma - at), 1, 256))));
    at = comma + 1;
  }
  return threads;
}

// 0 where there is no such file.
std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

Result<Settings> parse_settings(const Arguments& arguments) {
  Settings settings;
  settings.made = arguments.value("--made");
  settings.library = arguments.value("--library");
  settings.library_bytes = {size_of(arguments.value("--own-library")), size_of(settings.library)};
  if (arguments.has("--threads"))
    settings.threads = TRY(parse_threads(arguments.value("--threads")));
  std::int64_t batch = 1;
  if (arguments.has("--batch"))
    batch = TRY(parse_number("--batch", arguments.value("--batch"), 1, 1 << 20));
  for (const std::string& word : arguments.values("--set")) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos) return Error{Code::kUsage, "--set needs DIM=N"};
    settings.dims[word.substr(0, equals)] =
        TRY(parse_number("--set", word.substr(equals + 1), 0, INT64_MAX));
  }
  for (const std::string& path : arguments.positional()) {
    settings.entries.push_back(named_model(path, batch));
  }
  if (settings.entries.empty()) settings.entries = built_in_models(settings.made);
  const std::vector<std::string> only = arguments.values("--only");
  std::erase_if(settings.entries, [&](const Entry& entry) {
    return !only.empty() && std::none_of(only.begin(), only.end(), [&](const std::string& name) {
      return entry.name.find(name) != std::string::npos;
    });
  });
  if (arguments.has("--cpu-time")) {
    if (!arguments.has("--threads")) settings.threads = {1};
    if (settings.threads != std::vector<std::size_t>{1})
      return Error{Code::kUsage, "--cpu-time sees one thread: use it with --threads 1"};
    settings.pace.in_cpu_time = true;
  }
  if (settings.entries.empty()) return Error{Code::kUsage, "no built-in model has such a name"};
  if (arguments.has("--quick")) {
    const auto lanes = static_cast<double>(2 * settings.entries.size() * settings.threads.size());
    settings.pace.seconds = std::min(1.0, kQuickSecondsInAll / 2 / lanes);
    settings.pace.least_runs = 5;
    settings.pace.fine_runs = 1000;
    settings.pace.blocks = 4;
    settings.footprint_processes = 1;
  }
  return settings;
}

class Bench {
 public:
  explicit Bench(Settings settings) : settings_(std::move(settings)) {
    for (const std::size_t threads : settings_.threads) {
      peaks_.push_back(measure_peak_multiply_adds(threads));
      say(str("peak of ", threads, threads == 1 ? " thread: " : " threads: ",
              approximate(static_cast<std::int64_t>(2 * peaks_.back())),
              "FLOP/s (fused multiply-adds on registers)"));
    }
    for (const std::size_t kib : {32U, 256U, 8192U}) {
      say(str("reads of ", kib, " KiB over and over: ",
              std::lround(measure_reads(std::size_t{kib} * 1024) * 1e-9), " GB/s"));
    }
    const Noise noise = measure_noise(0.5);
    say(str("the processor is away ", std::lround(noise.a_second), " times a second for ",
            seconds_text(noise.median_us * 1e-6), " (median), ", seconds_text(noise.max_us * 1e-6),
            " at most, whatever runs: tails hold that"));
    for (std::size_t i = 0; i < settings_.library_bytes.size(); ++i) {
      if (settings_.library_bytes[i] == 0) continue;
      say(str("library of ", kEngineNames[i], ": ",
              bytes_text(static_cast<std::int64_t>(settings_.library_bytes[i]))));
    }
  }

  // Models that cannot be measured are told and counted.
  std::size_t run() {
    std::size_t failures = 0;
    const long interruptions_before = interruptions();
    const double start_ms = now_ms();
    for (const Entry& entry : settings_.entries) {
      const Status status = run_model(entry);
      if (status.ok()) continue;
      ++failures;
      say(str("error: ", entry.name, " ", entry.precision, ": ", status.error().message));
    }
    const double seconds = (now_ms() - start_ms) / 1000;
    const double rate = static_cast<double>(interruptions() - interruptions_before) / seconds;
    if (rate > kBusyInterruptions) {
      say(str(
          "note: other programs took the processor ", static_cast<int>(rate),
          " times a second; medians of runs over a millisecond, and every tail, are theirs too"));
    }
    return failures;
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  Status run_model(const Entry& entry) {
    const std::filesystem::path plan =
        settings_.made / "plans" / str(entry.name, ".", entry.precision, ".plan");
    const Prepared prepared = TRY(prepare_model(entry, settings_.dims, plan));
    std::filesystem::path window_plan;
    if (!entry.slides.empty()) {
      window_plan =
          settings_.made / "plans" / str(entry.name, ".", entry.precision, ".window.plan");
      Entry whole = entry;
      whole.slides.clear();
      TRY(prepare_model(whole, settings_.dims, window_plan));
    }
    if (prepared.interpreted_steps > 0) {
      say(str("note: ", entry.name, " ", entry.precision, ": ", prepared.interpreted_steps, " of ",
              prepared.steps, " steps run by the reference implementation"));
    }
    for (std::size_t i = 0; i < settings_.threads.size(); ++i) {
      Subject subject;
      subject.model = entry.model;
      subject.plan = plan;
      subject.window_plan = window_plan;
      if (!entry.slides.empty()) subject.window_axis = entry.slides[0].axis;
      subject.extents = prepared.extents;
      subject.threads = settings_.threads[i];
      // Integer products do not compare with the peak of float32.
      const bool is_float = entry.precision == "f32" || entry.weights != WeightType::kF32;
      const double second = is_float ? 1 / peaks_[i] : 0;
      TRY(run_subject(entry, subject,
                      {static_cast<double>(prepared.plan_multiply_adds) * second,
                       static_cast<double>(prepared.multiply_adds) * second}));
    }
    return {};
  }

  // ideal_s: what each engine would take at the machine's peak.
  Status run_subject(const Entry& entry, const Subject& subject,
                     const std::array<double, 2>& ideal_s) {
    std::vector<Row> pair(2);
    for (std::size_t i = 0; i < pair.size(); ++i) {
      pair[i].engine = static_cast<EngineKind>(i);
      pair[i].model = entry.name;
      pair[i].precision = entry.precision;
      pair[i].threads = subject.threads;
      pair[i].library_bytes = settings_.library_bytes[i];
      pair[i].footprint = TRY(measure_footprint(pair[i].engine, subject, settings_.library,
                                                settings_.footprint_processes));
    }
    const Opened ours = TRY(open_slipway(subject));
    const Opened theirs = TRY(open_onnxruntime(subject, settings_.library));
    TRY(ours.engine->run());
    TRY(theirs.engine->run());
    TRY(compare_answers(ours.engine->outputs(), theirs.engine->outputs(), entry.tolerance,
                        entry.mean_tolerance));
    const std::vector<Timing> timings =
        TRY(time_in_turns({ours.engine.get(), theirs.engine.get()}, settings_.pace));
    for (std::size_t i = 0; i < pair.size(); ++i) {
      pair[i].timing = timings[i];
      pair[i].share_of_peak = ideal_s[i] / (timings[i].p50_us * 1e-6);
    }
    pair[0].ratio = timings[1].p50_us / timings[0].p50_us;
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%.2f", pair[0].ratio);
    say(str(
        "    ", entry.name, " ", entry.precision, ", ", subject.threads,
        subject.threads == 1 ? " thread: " : " threads: ", seconds_text(timings[0].p50_us * 1e-6),
        ", ONNX Runtime ", seconds_text(timings[1].p50_us * 1e-6), ": ", ratio, " times as fast"));
    rows_.insert(rows_.end(), pair.begin(), pair.end());
    return {};
  }

  Settings settings_;
  std::vector<double> peaks_;  // multiply-adds a second, by place in settings_.threads
  std::vector<Row> rows_;
};

Result<int> main_with(const std::vector<std::string>& words) {
  if (!words.empty() && words[0] == "footprint") {
    TRY(print_footprint({words.begin() + 1, words.end()}));
    return 0;
  }
  if (!words.empty() && words[0] == "jitter") {
    TRY(run_jitter({words.begin() + 1, words.end()}));
    return 0;
  }
  const Arguments arguments = TRY(parse_options(kOptions, words));
  if (arguments.has("--help")) {
    std::printf("usage: ./dev bench engine [OPTION...] [MODEL.onnx...]\n\n%s",
                options_text(kOptions).c_str());
    return 0;
  }
  Bench bench(TRY(parse_settings(arguments)));
  const std::size_t failures = bench.run();
  if (!bench.rows().empty()) {
    const std::size_t width = std::max<std::size_t>(width_columns(stdout), 120);
    std::fputs(rows_text(bench.rows(), width).c_str(), stdout);
  }
  if (arguments.has("--json")) TRY(write_file(arguments.value("--json"), rows_json(bench.rows())));
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace slipway::bench

int main(int argc, char** argv) {
  const auto code = slipway::bench::main_with(std::vector<std::string>(argv + 1, argv + argc));
  if (code.ok()) return *code;
  slipway::bench::say(slipway::str("error: ", code.error().message));
  return code.error().code == slipway::Code::kUsage ? 2 : 1;
}
