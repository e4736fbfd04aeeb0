#include "measure/soak.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/str.h"

namespace slipway::measure {
namespace {

constexpr std::size_t kLeastWindows = 8;
constexpr double kLeastDrift = 0.02;
constexpr double kLeastSeconds = 1e-9;  // of a median, as the clock counts
constexpr double kSlowedClock = 0.9;
// Of what a steady drift adds from begin to end, what the medians of the first and the last fifth
// of it are apart.
constexpr double kFifthsApart = 0.8;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

struct Line {
  double drift = 0;  // from the first window to the last
  double noise = 0;  // median distance from it, as a standard deviation
};

// Of logarithms: a line of times that rise steeply would begin below zero, where no share of it
// means anything.
Line fit(const std::vector<Window>& windows) {
  std::vector<double> heights;
  for (const Window& window : windows)
    heights.push_back(std::log(std::max(window.p50_s, kLeastSeconds)));
  std::vector<double> slopes;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    for (std::size_t j = i + 1; j < windows.size(); ++j) {
      const double apart_s = windows[j].start_s - windows[i].start_s;
      if (apart_s > 0) slopes.push_back((heights[j] - heights[i]) / apart_s);
    }
  }
  const double slope = median(std::move(slopes));
  for (std::size_t i = 0; i < windows.size(); ++i)
    heights[i] -= slope * (windows[i].start_s - windows.front().start_s);
  const double start = median(heights);
  for (double& height : heights) height = std::abs(height - start);
  Line line;
  line.drift = std::expm1(slope * (windows.back().start_s - windows.front().start_s));
  line.noise = std::expm1(1.4826 * median(std::move(heights)));
  return line;
}

std::vector<Window> part(const std::vector<Window>& windows, bool is_last) {
  const std::size_t count = std::max<std::size_t>(windows.size() / 5, 1);
  const auto length = static_cast<std::ptrdiff_t>(count);
  return is_last ? std::vector<Window>(windows.end() - length, windows.end())
                 : std::vector<Window>(windows.begin(), windows.begin() + length);
}

double median_p50(const std::vector<Window>& windows) {
  std::vector<double> values;
  for (const Window& window : windows) values.push_back(window.p50_s);
  return median(std::move(values));
}

double median_mhz(const std::vector<Window>& windows) {
  std::vector<double> values;
  for (const Window& window : windows) {
    if (window.mhz.has_value()) values.push_back(*window.mhz);
  }
  return median(std::move(values));
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * std::abs(share));
  return text;
}

std::string verdict(const Soak& soak, const std::vector<std::string>& throttling,
                    double clock_ratio) {
  std::string text;
  if (soak.windows.size() < kLeastWindows) {
    text = "too short to tell a drift: soak for longer";
  } else if (soak.was_disturbed) {
    const double moved = soak.last_s / soak.first_s - 1;
    text = str("no drift: ", percent(soak.drift), soak.drift > 0 ? " slower" : " faster",
               " by all that was run, but at the end ", percent(moved),
               moved >= 0 ? " slower" : " faster",
               " than at the beginning: something disturbed it in between");
  } else if (!soak.is_drifting) {
    text = str("steady: ", percent(soak.drift), soak.drift >= 0 ? " slower" : " faster",
               " from begin to end, within the noise of ", percent(soak.noise), " and the ",
               percent(kLeastDrift), " that count");
  } else {
    text = str("drifting: ", percent(soak.drift), soak.drift > 0 ? " slower" : " faster",
               " at the end than at the beginning");
  }
  if (!throttling.empty()) return str(text, "; throttled: ", join(throttling));
  if (soak.is_throttled) text += str("; the clock fell by ", percent(1 - clock_ratio));
  return text;
}

}  // namespace

Soak judge_soak(std::vector<Window> windows, const std::vector<std::string>& throttling) {
  Soak soak;
  soak.windows = std::move(windows);
  std::erase_if(soak.windows, [](const Window& window) { return window.queries == 0; });
  double clock_ratio = 1;
  if (!soak.windows.empty()) {
    const std::vector<Window> first = part(soak.windows, false);
    const std::vector<Window> last = part(soak.windows, true);
    soak.first_s = median_p50(first);
    soak.last_s = median_p50(last);
    const double start_mhz = median_mhz(first);
    if (start_mhz > 0) clock_ratio = median_mhz(last) / start_mhz;
  }
  if (soak.windows.size() >= kLeastWindows) {
    const Line line = fit(soak.windows);
    soak.drift = line.drift;
    soak.noise = line.noise;
    // The spread that the end of a line through n points has by chance.
    const double chance = soak.noise * std::sqrt(12.0 / static_cast<double>(soak.windows.size()));
    const bool is_line = std::abs(soak.drift) > std::max(kLeastDrift, 3 * chance);
    const double moved = soak.first_s > 0 ? soak.last_s / soak.first_s - 1 : 0;
    const double towards = soak.drift > 0 ? moved : -moved;
    soak.is_drifting = is_line && towards > kFifthsApart * kLeastDrift;
    soak.was_disturbed = is_line && !soak.is_drifting;
  }
  soak.is_throttled = !throttling.empty() || clock_ratio < kSlowedClock;
  soak.verdict = verdict(soak, throttling, clock_ratio);
  return soak;
}

}  // namespace slipway::measure
