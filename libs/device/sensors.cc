#include "device/sensors.h"

#include <algorithm>
#include <array>

#include "base/str.h"
#include "device/machine.h"

namespace slipway::device {
namespace {

// What silicon has while it computes; others say that a sensor is off or absent.
constexpr double kLeastCelsius = -60;
constexpr double kMostCelsius = 180;

void add(std::vector<Temperature>& found, std::string sensor, std::optional<std::int64_t> milli) {
  if (!milli.has_value()) return;
  const double celsius = static_cast<double>(*milli) / 1000;
  if (celsius < kLeastCelsius || celsius > kMostCelsius) return;
  found.push_back({std::move(sensor), celsius});
}

void read_zones(const Root& root, std::string_view folder, std::vector<Temperature>& found) {
  for (const std::string& zone : root.names(folder, "thermal_zone")) {
    const std::string path = str(folder, "/", zone);
    const std::string type = root.text(str(path, "/type")).value_or(zone);
    if (type.starts_with("PMIC")) continue;  // a constant
    add(found, shorten(type, 40), root.number(str(path, "/temp")));
  }
}

// Processors whose temperatures are no thermal zones.
void read_hwmon(const Root& root, std::vector<Temperature>& found) {
  constexpr std::string_view kHwmon = "/sys/class/hwmon";
  for (const std::string& hwmon : root.names(kHwmon)) {
    const std::string path = str(kHwmon, "/", hwmon);
    const std::string chip = root.text(str(path, "/name")).value_or("");
    if (chip != "coretemp" && chip != "k10temp" && chip != "zenpower") continue;
    for (const std::string& file : root.names(path, "temp")) {
      if (!file.ends_with("_input")) continue;
      const std::string label =
          root.text(str(path, "/", file.substr(0, file.size() - 6), "_label")).value_or("");
      add(found, shorten(str(chip, label.empty() ? "" : " ", label), 40),
          root.number(str(path, "/", file)));
    }
  }
}

// Bits of the Raspberry Pi's firmware: now, and (16 higher) since it was switched on.
struct FlagRow {
  unsigned bit;
  std::string_view what;
};
constexpr std::array kFlags = {FlagRow{0, "undervoltage"}, FlagRow{1, "the clock is capped"},
                               FlagRow{2, "throttled"},
                               FlagRow{3, "the soft limit of temperature"}};

// Jetson's over-current events.
constexpr std::array<std::string_view, 3> kOverCurrent = {
    "undervoltage", "the average current is over its limit", "the current is over its limit"};

std::optional<std::int64_t> parse_flags(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals != std::string_view::npos) text.remove_prefix(equals + 1);
  text = trimmed(text);
  return text.starts_with("0x") ? whole_number(text) : whole_number(str("0x", text));
}

bool limits_clock(std::string_view type) {
  return type == "Processor" || type.starts_with("thermal-cpufreq") ||
         type.starts_with("thermal-devfreq") || type.starts_with("cpufreq") ||
         type.starts_with("devfreq") || type.starts_with("cpu-") || type.starts_with("gpu-");
}

void add_once(std::vector<std::string>& all, std::string_view what) {
  if (std::ranges::find(all, what) == all.end()) all.emplace_back(what);
}

}  // namespace

std::vector<Temperature> read_temperatures(const Root& root) {
  std::vector<Temperature> found;
  read_zones(root, "/sys/class/thermal", found);
  if (found.empty()) read_zones(root, "/sys/devices/virtual/thermal", found);
  read_hwmon(root, found);
  return found;
}

ThrottleWatch::ThrottleWatch(const Root& root) : root_(root) {
  const auto count = [&](std::string path, std::string_view what) {
    const auto start = root_.number(path);
    if (start.has_value()) counters_.push_back({std::move(path), std::string(what), *start});
  };
  constexpr std::string_view kHwmon = "/sys/class/hwmon";
  for (const std::string& hwmon : root_.names(kHwmon)) {
    const std::string path = str(kHwmon, "/", hwmon);
    if (root_.text(str(path, "/name")) != "soctherm_oc") continue;
    for (std::size_t i = 0; i < kOverCurrent.size(); ++i)
      count(str(path, "/oc", i + 1, "_event_cnt"), kOverCurrent[i]);
  }
  constexpr std::string_view kCpus = "/sys/devices/system/cpu";
  for (const std::string& cpu : root_.names(kCpus, "cpu")) {
    const std::string path = str(kCpus, "/", cpu, "/thermal_throttle");
    count(str(path, "/core_throttle_count"), "a core is slowed down by heat");
    count(str(path, "/package_throttle_count"), "the package is slowed down by heat");
  }
  first_flags_ = firmware_flags();
  is_told_ = !counters_.empty() || first_flags_.has_value() ||
             !root_.names("/sys/class/thermal", "cooling_device").empty();
}

std::optional<std::int64_t> ThrottleWatch::firmware_flags() const {
  const auto told = root_.text("/sys/devices/platform/soc/soc:firmware/get_throttled");
  if (told.has_value()) return parse_flags(*told);
  // A process only where it can answer.
  if (!root_.text("/proc/device-tree/model").value_or("").starts_with("Raspberry Pi"))
    return std::nullopt;
  const auto output = root_.command({"vcgencmd", "get_throttled"});
  return output.has_value() ? parse_flags(*output) : std::nullopt;
}

std::vector<std::string> ThrottleWatch::read() {
  std::vector<std::string> throttling;
  for (const Counter& counter : counters_) {
    if (root_.number(counter.path).value_or(counter.start) > counter.start)
      add_once(throttling, counter.what);
  }
  if (first_flags_.has_value()) {
    const auto flags = firmware_flags().value_or(0);
    for (const FlagRow& row : kFlags) {
      const bool is_now = ((flags >> row.bit) & 1) != 0;
      const bool came = (((flags & ~*first_flags_) >> (row.bit + 16)) & 1) != 0;
      if (is_now || came) add_once(throttling, row.what);
    }
  }
  constexpr std::string_view kThermal = "/sys/class/thermal";
  for (const std::string& device : root_.names(kThermal, "cooling_device")) {
    const std::string path = str(kThermal, "/", device);
    if (root_.number(str(path, "/cur_state")).value_or(0) <= 0) continue;
    const std::string type = root_.text(str(path, "/type")).value_or("");
    if (limits_clock(type)) add_once(throttling, str("heat limits ", shorten(type, 40)));
  }
  constexpr std::string_view kHwmon = "/sys/class/hwmon";
  for (const std::string& hwmon : root_.names(kHwmon)) {
    const std::string path = str(kHwmon, "/", hwmon);
    if (root_.text(str(path, "/name")) == "rpi_volt" &&
        root_.number(str(path, "/in0_lcrit_alarm")).value_or(0) > 0)
      add_once(throttling, "undervoltage");
  }
  return throttling;
}

Sensors::Sensors(const Root& root)
    : root_(root), throttle_(root), energy_(find_energy_meter(root)) {}

Reading Sensors::read(double now_s) {
  Reading reading;
  const std::vector<Temperature> all = read_temperatures(root_);
  const auto hottest = std::ranges::max_element(all, {}, &Temperature::celsius);
  if (hottest != all.end()) reading.hottest = *hottest;
  reading.mhz = clock_mhz(root_);
  reading.throttling = throttle_.read();
  if (energy_ != nullptr) {
    energy_->update(now_s);
    reading.watts = energy_->watts();
  }
  return reading;
}

std::optional<double> Sensors::joules() const {
  return energy_ == nullptr ? std::nullopt : energy_->joules();
}

std::string Sensors::energy_source() const {
  return energy_ == nullptr ? std::string() : energy_->source();
}

}  // namespace slipway::device
