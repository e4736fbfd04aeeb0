#include "jitter.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/files.h"
#include "base/percentile.h"
#include "base/str.h"
#include "cli/options.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "clock.h"
#include "engine.h"
#include "measure.h"
#include "models.h"

namespace slipway::bench {
namespace {

constexpr Option kOptions[] = {
    {"--seconds", "N", "of the loop in all, both engines together (60)"},
    {"--rate", "HZ", "how often the model runs (1000)"},
    {"--load", "N", "programs that compete (one for each processor)"},
    {"--ordinary", "", "no real-time priority"},
    {"--json", "FILE", "the rows as JSON, too"},
    {"--made", "FOLDER", "where plans go"},
    {"--library", "FILE", "ONNX Runtime's shared library"},
    {"--own-library", "FILE", "not used"},
    {"--help", "", "this text"},
};
constexpr std::size_t kTurns = 6;  // of each engine

struct Settings {
  Entry entry{.name = "autopilot", .model = "examples/autopilot/autopilot.onnx"};
  double seconds = 60;
  std::int64_t rate_hz = 1000;
  std::size_t load = std::max(1U, std::thread::hardware_concurrency());
  bool is_ordinary = false;
};

// Programs that compute and stream memory until they are ended.
class Load {
 public:
  explicit Load(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const pid_t child = fork();
      if (child == 0) compete();
      if (child > 0) children_.push_back(child);
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() {
    for (const pid_t child : children_) kill(child, SIGKILL);
    for (const pid_t child : children_) waitpid(child, nullptr, 0);
  }

 private:
  [[noreturn]] static void compete() {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<float> data(std::size_t{4} << 20U, 1.0F);
    for (;;) {
      for (float& x : data) x = x * 0.999F + 0.001F;
      asm volatile("" : : "r"(data.data()) : "memory");
    }
  }

  std::vector<pid_t> children_;
};

// One engine's record.
struct Record {
  std::vector<double> wake_us;   // from the moment it was due to the moment it ran
  std::vector<double> run_us;    // of the model
  std::vector<double> total_us;  // from due to done
  std::size_t missed = 0;        // not done when the next one was due
  long faults = 0;
  long interruptions = 0;
};

rusage usage_of_thread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage;
}

Status loop(Engine& engine, double seconds, double period_us, Record& record) {
  for (int i = 0; i < 10; ++i) TRY(engine.run());
  const auto ticks = static_cast<std::size_t>(seconds * 1e6 / period_us);
  for (auto* values : {&record.wake_us, &record.run_us, &record.total_us})
    values->reserve(values->size() + ticks);
  const rusage before = usage_of_thread();
  double due_us = now_us() + period_us;
  for (std::size_t i = 0; i < ticks; ++i) {
    const auto due_ns = static_cast<long>(due_us * 1000);
    const timespec due = {due_ns / 1'000'000'000, due_ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr);
    const double woke_us = now_us();
    TRY(engine.run());
    const double done_us = now_us();
    record.wake_us.push_back(woke_us - due_us);
    record.run_us.push_back(done_us - woke_us);
    record.total_us.push_back(done_us - due_us);
    due_us += period_us;
    for (; due_us < done_us; due_us += period_us) ++record.missed;
  }
  const rusage after = usage_of_thread();
  record.faults += after.ru_minflt + after.ru_majflt - before.ru_minflt - before.ru_majflt;
  record.interruptions += after.ru_nivcsw - before.ru_nivcsw;
  return {};
}

// Says how the loop is scheduled, which the system may refuse.
std::string become_punctual(bool is_ordinary) {
  const bool is_locked = mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
  std::string how = is_locked ? "memory locked" : "memory not locked (not permitted)";
  if (is_ordinary) return str("ordinary priority, ", how);
  const sched_param parameters{.sched_priority = 50};
  const bool is_real_time = sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
  return str(
      is_real_time ? "SCHED_FIFO priority 50, " : "ordinary priority (SCHED_FIFO not permitted), ",
      how);
}

std::string text_of(const std::array<Record, 2>& records) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto add = [&](const char* what, const std::vector<double>& sorted, bool is_last) {
      const auto time = [&](double share) {
        return seconds_text(nearest_rank(sorted, share) * 1e-6);
      };
      rows.push_back(
          {rows.size() % 3 == 0 ? kEngineNames[i] : "", what, time(0.5), time(0.99), time(0.999),
           seconds_text(sorted.back() * 1e-6), is_last ? str(records[i].missed) : "",
           is_last ? str(records[i].interruptions) : "", is_last ? str(records[i].faults) : ""});
    };
    add("wake", records[i].wake_us, false);
    add("run", records[i].run_us, false);
    add("due to done", records[i].total_us, true);
  }
  return table_text({{"engine"},
                     {""},
                     {"p50", true},
                     {"p99", true},
                     {"p99.9", true},
                     {"max", true},
                     {"missed", true},
                     {"interrupted", true},
                     {"page faults", true}},
                    rows, std::max<std::size_t>(width_columns(stdout), 100));
}

std::string json_of(const Settings& settings, const std::array<Record, 2>& records) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < records.size(); ++i) {
    nlohmann::ordered_json row = {{"model", settings.entry.name},
                                  {"engine", kEngineNames[i]},
                                  {"rate_hz", settings.rate_hz},
                                  {"load", settings.load},
                                  {"runs", records[i].run_us.size()}};
    const auto add = [&](const std::string& what, const std::vector<double>& sorted) {
      row[what + "_p50_us"] = nearest_rank(sorted, 0.5);
      row[what + "_p99_us"] = nearest_rank(sorted, 0.99);
      row[what + "_p999_us"] = nearest_rank(sorted, 0.999);
      row[what + "_max_us"] = sorted.back();
    };
    add("wake", records[i].wake_us);
    add("run", records[i].run_us);
    add("total", records[i].total_us);
    row["missed"] = records[i].missed;
    row["interruptions"] = records[i].interruptions;
    row["page_faults"] = records[i].faults;
    rows.push_back(std::move(row));
  }
  return rows.dump(2) + "\n";
}

Result<Settings> parse_settings(const Arguments& arguments) {
  Settings settings;
  const auto number = [&](const char* option, std::int64_t least, std::int64_t most,
                          std::int64_t otherwise) -> Result<std::int64_t> {
    if (!arguments.has(option)) return otherwise;
    return parse_number(option, arguments.value(option), least, most);
  };
  settings.seconds = static_cast<double>(TRY(number("--seconds", 1, 86'400, 60)));
  settings.rate_hz = TRY(number("--rate", 1, 100'000, 1000));
  settings.load = static_cast<std::size_t>(
      TRY(number("--load", 0, 1024, static_cast<std::int64_t>(settings.load))));
  settings.is_ordinary = arguments.has("--ordinary");
  if (arguments.positional().size() > 1) return Error{Code::kUsage, "name one model"};
  if (!arguments.positional().empty()) {
    settings.entry.model = arguments.positional()[0];
    settings.entry.name = settings.entry.model.stem().string();
  }
  return settings;
}

}  // namespace

Status run_jitter(const std::vector<std::string>& words) {
  const Arguments arguments = TRY(parse_options(kOptions, words));
  if (arguments.has("--help")) {
    std::printf("usage: ./dev bench jitter [OPTION...] [MODEL.onnx]\n\n%s",
                options_text(kOptions).c_str());
    return {};
  }
  const Settings settings = TRY(parse_settings(arguments));
  const std::filesystem::path plan = std::filesystem::path(arguments.value("--made")) / "plans" /
                                     str(settings.entry.name, ".jitter.plan");
  const Prepared prepared = TRY(prepare_model(settings.entry, {}, plan));
  Subject subject;
  subject.model = settings.entry.model;
  subject.plan = plan;
  subject.extents = prepared.extents;
  const Opened ours = TRY(open_slipway(subject));
  const Opened theirs = TRY(open_onnxruntime(subject, arguments.value("--library")));
  const std::array<Engine*, 2> engines = {ours.engine.get(), theirs.engine.get()};
  for (Engine* engine : engines) TRY(engine->run());
  TRY(compare_answers(ours.engine->outputs(), theirs.engine->outputs(), settings.entry.tolerance));

  const Load load(settings.load);
  const std::string how = become_punctual(settings.is_ordinary);
  std::fprintf(stderr, "%s at %s Hz, %zu competing programs, %s\n", settings.entry.name.c_str(),
               grouped(settings.rate_hz).c_str(), settings.load, how.c_str());
  std::array<Record, 2> records;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < engines.size(); ++i) {
      TRY(loop(*engines[i], settings.seconds / (2 * kTurns),
               1e6 / static_cast<double>(settings.rate_hz), records[i]));
    }
  }
  for (Record& record : records) {
    if (record.run_us.empty()) return Error{Code::kUsage, "no run fits into --seconds: give more"};
    for (auto* values : {&record.wake_us, &record.run_us, &record.total_us})
      std::sort(values->begin(), values->end());
  }
  std::fputs(text_of(records).c_str(), stdout);
  if (arguments.has("--json"))
    TRY(write_file(arguments.value("--json"), json_of(settings, records)));
  return {};
}

}  // namespace slipway::bench
