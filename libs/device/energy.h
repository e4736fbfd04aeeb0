// Energy that a machine says it takes. Some count it (RAPL), others tell the power of the moment
// (INA3221, the Pi 5's PMIC), which is then summed over time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "device/root.h"

namespace slipway::device {

class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;

  virtual const std::string& source() const = 0;  // "package (RAPL)"
  // Reads the sensors; `now_s` never goes back. To be called at least once a minute: counters wrap,
  // and power is taken to change evenly between two readings.
  virtual void update(double now_s) = 0;
  // Since the first update; nullopt before the second, and for good once a reading failed.
  virtual std::optional<double> joules() const = 0;
  // At the last update, over the time since the one before where only energy is told.
  virtual std::optional<double> watts() const = 0;
};

// The one that tells most of the machine; null where nothing does.
std::unique_ptr<EnergyMeter> find_energy_meter(const Root& root);

}  // namespace slipway::device
