#include "bench_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/str.h"
#include "cli/text.h"

namespace slipway {
namespace {

constexpr std::size_t kBars = 12;

// "p99.9" and blanks up to where values begin.
std::string label(std::string_view text) {
  std::string made(text);
  made.resize(std::max<std::size_t>(made.size() + 1, 9), ' ');
  return made;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// 0.999 as "99.9".
std::string percent_number(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", share * 100);
  return text;
}

std::string joules_text(double joules) {
  if (joules >= 1) return str(fixed(joules, 2), " J");
  if (joules >= 1e-3) return str(fixed(joules * 1e3, 2), " mJ");
  return str(fixed(joules * 1e6, 2), " uJ");
}

std::string heat_text(const measure::Conditions& conditions) {
  std::string text;
  if (conditions.start_c.has_value() && conditions.max_c.has_value()) {
    text += str(label("heat"), fixed(*conditions.start_c, 1), " C at the start, ",
                fixed(*conditions.max_c, 1), " C at the most\n");
  }
  if (conditions.start_mhz.has_value() && conditions.min_mhz.has_value()) {
    text += str(label("clock"), fixed(*conditions.start_mhz, 0), " MHz at the start, ",
                fixed(*conditions.min_mhz, 0), " MHz at the least\n");
  }
  if (!conditions.throttling.empty())
    text += str(label("held back"), join(conditions.throttling), "\n");
  return text;
}

std::string machine_text(const device::Machine& machine) {
  std::vector<std::string> words;
  if (!machine.board.model.empty()) words.push_back(machine.board.model);
  if (!machine.cpu.model.empty()) words.push_back(machine.cpu.model);
  words.push_back(str(machine.cpu.cores, machine.cpu.cores == 1 ? " core" : " cores"));
  if (!machine.cpu.governor.empty()) words.push_back(str("governor ", machine.cpu.governor));
  if (!machine.board.power_mode.empty())
    words.push_back(str("power mode ", machine.board.power_mode));
  return str(label("machine"), printable(join(words)), "\n");
}

}  // namespace

std::string latency_text(const measure::LoadResult& result) {
  const measure::Latency& latency = result.latency;
  std::string text;
  for (const measure::Percentile& percentile : latency.percentiles) {
    // With fewer runs it is the slowest one.
    const double beyond = (1 - percentile.share) * static_cast<double>(latency.queries);
    if (percentile.share > 0.99 && beyond < 1 - 1e-9) continue;
    text +=
        str(label(str("p", percent_number(percentile.share))), seconds_text(percentile.seconds));
    if (percentile.bound_s.has_value() && percentile.share > 0.5) {
      text += str("  (of all runs, ", percent_number(latency.confidence), " % sure: within ",
                  seconds_text(*percentile.bound_s), ")");
    }
    text += "\n";
  }
  text += str(label("max"), seconds_text(latency.max_s), "\n");
  text += str(label("jitter"), seconds_text(latency.jitter_s), " from one run to the next\n");
  if (result.rate_hz.has_value()) {
    text += str(label("late"), grouped(static_cast<std::int64_t>(result.late)), " of ",
                grouped(static_cast<std::int64_t>(latency.queries)),
                " runs began after they were due\n");
    if (result.unserved > 0) {
      text += str(label("unserved"), grouped(static_cast<std::int64_t>(result.unserved)),
                  " runs were due and never began: the rate is too high\n");
    }
  }
  return text;
}

std::string histogram_text(const measure::Latency& latency, std::size_t width_columns) {
  if (latency.bins.empty()) return {};
  // Several bins a bar.
  const std::size_t per_bar = (latency.bins.size() + kBars - 1) / kBars;
  std::vector<measure::Bin> bars;
  for (std::size_t i = 0; i < latency.bins.size(); ++i) {
    if (i % per_bar == 0) bars.push_back({latency.bins[i].from_s, 0, 0});
    bars.back().to_s = latency.bins[i].to_s;
    bars.back().count += latency.bins[i].count;
  }
  std::uint64_t most = 1;
  for (const measure::Bin& bar : bars) most = std::max(most, bar.count);
  const std::size_t room = std::clamp<std::size_t>(width_columns, 50, 100) - 40;
  std::string text;
  for (const measure::Bin& bar : bars) {
    const double share = static_cast<double>(bar.count) / static_cast<double>(most);
    auto length = static_cast<std::size_t>(std::lround(share * static_cast<double>(room)));
    if (bar.count > 0) length = std::max<std::size_t>(length, 1);
    std::string range = str(seconds_text(bar.from_s), " to ", seconds_text(bar.to_s));
    range.resize(std::max<std::size_t>(range.size(), 22), ' ');
    text += str("  ", range, "  ", std::string(length, '#'), length > 0 ? " " : "",
                grouped(static_cast<std::int64_t>(bar.count)), "\n");
  }
  return text;
}

std::string conditions_text(const measure::LoadResult& result, const device::Machine& machine) {
  std::string text =
      str(label("answers"), approximate(std::llround(result.throughput_hz)), " a second");
  if (result.streams > 1) text += str(", ", result.streams, " streams");
  if (result.samples_per_query > 1) text += str(", ", result.samples_per_query, " in each run");
  text += "\n";
  if (result.resident_peak_bytes.has_value()) {
    text +=
        str(label("process"), bytes_text(static_cast<std::int64_t>(*result.resident_peak_bytes)),
            " of memory at the most\n");
  }
  if (result.query_j.has_value()) {
    text += str(label("energy"), joules_text(*result.query_j), " a run, by ",
                result.conditions.energy_source, "\n");
  }
  return str(text, heat_text(result.conditions), machine_text(machine));
}

std::string soak_text(const measure::Soak& soak) {
  return str(label("soak"), soak.verdict, "\n", label(""), "p50 ", seconds_text(soak.first_s),
             " in the first fifth, ", seconds_text(soak.last_s), " in the last\n");
}

}  // namespace slipway
