#include "device/energy.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <vector>

#include "base/str.h"

namespace slipway::device {
namespace {

// --- counters of energy ---

constexpr std::string_view kPowercap = "/sys/devices/virtual/powercap/intel-rapl";
constexpr std::string_view kPowercapClass = "/sys/class/powercap";

class Rapl : public EnergyMeter {
 public:
  static std::unique_ptr<EnergyMeter> find(const Root& root) {
    for (const std::string_view folder : {kPowercap, kPowercapClass}) {
      auto meter = std::make_unique<Rapl>(root);
      for (const std::string& zone : root.names(folder, "intel-rapl:")) {
        const std::string path = str(folder, "/", zone);
        // Zones within a package (cores, memory) count what the package counts.
        if (std::ranges::count(zone, ':') != 1) continue;
        if (!root.text(str(path, "/name")).value_or("").starts_with("package")) continue;
        const auto range = root.number(str(path, "/max_energy_range_uj"));
        if (!root.number(str(path, "/energy_uj")).has_value() || range.value_or(0) <= 0) continue;
        meter->zones_.push_back({str(path, "/energy_uj"), *range, {}});
      }
      if (!meter->zones_.empty()) return meter;
    }
    return nullptr;
  }

  explicit Rapl(const Root& root) : root_(root) {}
  const std::string& source() const override { return source_; }

  void update(double now_s) override {
    double added_uj = 0;
    for (Zone& zone : zones_) {
      const auto now_uj = root_.number(zone.path);
      if (!now_uj.has_value() || *now_uj < 0) {
        is_broken_ = true;
        return;
      }
      if (zone.last_uj.has_value()) {
        std::int64_t step = *now_uj - *zone.last_uj;
        if (step < 0) step += zone.range_uj;  // the counter began again
        added_uj += static_cast<double>(std::max<std::int64_t>(step, 0));
      }
      zone.last_uj = now_uj;
    }
    if (last_s_.has_value()) {
      joules_ = joules_.value_or(0) + added_uj * 1e-6;
      if (now_s > *last_s_) watts_ = added_uj * 1e-6 / (now_s - *last_s_);
    }
    last_s_ = now_s;
  }

  std::optional<double> joules() const override { return is_broken_ ? std::nullopt : joules_; }
  std::optional<double> watts() const override { return is_broken_ ? std::nullopt : watts_; }

 private:
  struct Zone {
    std::string path;
    std::int64_t range_uj;
    std::optional<std::int64_t> last_uj;
  };
  Root root_;
  std::string source_ = "package (RAPL)";
  std::vector<Zone> zones_;
  std::optional<double> last_s_;
  std::optional<double> joules_;
  std::optional<double> watts_;
  bool is_broken_ = false;
};

// --- power of the moment ---

// Sums power over time, as a line between two readings.
class Summed : public EnergyMeter {
 public:
  using ReadWatts = std::function<std::optional<double>()>;
  Summed(std::string source, ReadWatts read) : source_(std::move(source)), read_(std::move(read)) {}
  const std::string& source() const override { return source_; }

  void update(double now_s) override {
    const std::optional<double> now_w = read_();
    if (!now_w.has_value()) {
      is_broken_ = true;
      return;
    }
    if (watts_.has_value())
      joules_ = joules_.value_or(0) + (now_s - last_s_) * (*watts_ + *now_w) / 2;
    watts_ = now_w;
    last_s_ = now_s;
  }

  std::optional<double> joules() const override { return is_broken_ ? std::nullopt : joules_; }
  std::optional<double> watts() const override { return is_broken_ ? std::nullopt : watts_; }

 private:
  std::string source_;
  ReadWatts read_;
  double last_s_ = 0;
  std::optional<double> joules_;
  std::optional<double> watts_;
  bool is_broken_ = false;
};

// Files of one rail: millivolts and milliamperes, or milliwatts.
struct Rail {
  std::string label;
  std::string millivolts;
  std::string milliamperes;
};

// "NC" is not connected; "Sum of shunt voltages" is no rail.
bool is_rail(std::string_view label) {
  return !label.empty() && label != "NC" && !label.starts_with("Sum") && !label.starts_with("sum");
}

// Since JetPack 5: hwmonN/in1_label, in1_input, curr1_input.
void add_hwmon_rails(const Root& root, const std::string& device, std::vector<Rail>& rails) {
  for (const std::string& hwmon : root.names(str(device, "/hwmon"), "hwmon")) {
    for (const char channel : {'1', '2', '3'}) {
      const std::string base = str(device, "/hwmon/", hwmon, "/");
      const std::string label = root.text(str(base, "in", channel, "_label")).value_or("");
      if (is_rail(label))
        rails.push_back(
            {label, str(base, "in", channel, "_input"), str(base, "curr", channel, "_input")});
    }
  }
}

// JetPack 4: iio:deviceN/rail_name_0, in_voltage0_input, in_current0_input.
void add_iio_rails(const Root& root, const std::string& device, std::vector<Rail>& rails) {
  for (const std::string& iio : root.names(device, "iio:device")) {
    for (const char channel : {'0', '1', '2'}) {
      const std::string base = str(device, "/", iio, "/");
      const std::string label = root.text(str(base, "rail_name_", channel)).value_or("");
      if (is_rail(label))
        rails.push_back({label, str(base, "in_voltage", channel, "_input"),
                         str(base, "in_current", channel, "_input")});
    }
  }
}

std::optional<double> rail_watts(const Root& root, const Rail& rail) {
  const auto millivolts = root.number(rail.millivolts);
  const auto milliamperes = root.number(rail.milliamperes);
  if (!millivolts.has_value() || !milliamperes.has_value()) return std::nullopt;
  return static_cast<double>(*millivolts) * static_cast<double>(*milliamperes) * 1e-6;
}

std::unique_ptr<EnergyMeter> find_ina3221(const Root& root) {
  constexpr std::string_view kDevices = "/sys/bus/i2c/devices";
  std::vector<Rail> rails;
  for (const std::string& device : root.names(kDevices)) {
    const std::string path = str(kDevices, "/", device);
    if (root.text(str(path, "/name")).value_or("").find("ina3221") == std::string::npos) continue;
    add_hwmon_rails(root, path, rails);
    add_iio_rails(root, path, rails);
  }
  std::erase_if(rails, [&](const Rail& rail) { return !rail_watts(root, rail).has_value(); });
  if (rails.empty()) return nullptr;
  const auto total = std::ranges::find_if(
      rails, [](const Rail& rail) { return rail.label == "VDD_IN" || rail.label == "POM_5V_IN"; });
  if (total != rails.end()) {
    return std::make_unique<Summed>(str(total->label, " (INA3221)"),
                                    [root, rail = *total] { return rail_watts(root, rail); });
  }
  std::vector<std::string> labels;
  for (const Rail& rail : rails) labels.push_back(rail.label);
  return std::make_unique<Summed>(str(join(labels), " (INA3221)"),
                                  [root, rails]() -> std::optional<double> {
                                    double sum = 0;
                                    for (const Rail& rail : rails) {
                                      const auto watts = rail_watts(root, rail);
                                      if (!watts.has_value()) return std::nullopt;
                                      sum += *watts;
                                    }
                                    return sum;
                                  });
}

// Lines "VDD_CORE_A current(7)=0.94657990A" and "VDD_CORE_V volt(15)=0.87691960V": the power of
// every rail of which both are told.
std::optional<double> pmic_watts(const Root& root) {
  const std::optional<std::string> output = root.command({"vcgencmd", "pmic_read_adc"});
  if (!output.has_value()) return std::nullopt;
  std::map<std::string, std::pair<std::optional<double>, std::optional<double>>, std::less<>> rails;
  std::string_view rest = *output;
  while (!rest.empty()) {
    std::string_view line = trimmed(take_until(rest, '\n'));
    const std::string_view rail = take_until(line, ' ');
    const bool is_current = line.starts_with("current");
    if (rail.size() < 3 || (!is_current && !line.starts_with("volt"))) continue;
    take_until(line, '=');
    auto& [volts, amperes] = rails[std::string(rail.substr(0, rail.size() - 2))];
    (is_current ? amperes : volts) = real_number(line);
  }
  double sum = 0;
  bool is_told = false;
  for (const auto& [name, rail] : rails) {
    if (!rail.first.has_value() || !rail.second.has_value()) continue;
    sum += *rail.first * *rail.second;
    is_told = true;
  }
  if (!is_told) return std::nullopt;
  return sum;
}

std::unique_ptr<EnergyMeter> find_pmic(const Root& root) {
  if (!root.text("/proc/device-tree/model").value_or("").starts_with("Raspberry Pi"))
    return nullptr;
  if (!pmic_watts(root).has_value()) return nullptr;
  return std::make_unique<Summed>("rails of the board (PMIC)", [root] { return pmic_watts(root); });
}

constexpr std::array kMeters = {find_ina3221, find_pmic, Rapl::find};

}  // namespace

std::unique_ptr<EnergyMeter> find_energy_meter(const Root& root) {
  for (const auto find : kMeters) {
    std::unique_ptr<EnergyMeter> meter = find(root);
    if (meter != nullptr) return meter;
  }
  return nullptr;
}

}  // namespace slipway::device
