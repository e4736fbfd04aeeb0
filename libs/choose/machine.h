// What machine this is and how it fares, for a report.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "choose/setup.h"
#include "device/root.h"
#include "device/sensors.h"
#include "report/report.h"

namespace slipway::choose {

struct MachineFacts {
  report::Facts facts;
  std::string name;  // "Raspberry Pi 5 Model B", else the processor's
  std::string id;    // equal: figures of one may be expected of the other
};

MachineFacts machine_facts(const device::Root& root);

// What a bundle will say that the chosen one needs. `board`: words of the recipe's target.
report::Needs needs_of(const Setup& setup, const std::map<std::string, std::string>& engine_options,
                       const std::string& board, const device::Root& root);

// Options that mean something on another machine: none that name a file or folder.
std::map<std::string, std::string> portable_options(
    const std::string& engine, const std::map<std::string, std::string>& options);

// Reads the sensors when it is told to, and keeps what the report wants of it.
class ClimateWatch {
 public:
  explicit ClimateWatch(const device::Root& root);

  void read();
  const report::Climate& climate() const { return climate_; }

 private:
  device::ThrottleWatch throttle_;
  device::Sensors sensors_;
  std::chrono::steady_clock::time_point start_;
  report::Climate climate_;
};

}  // namespace slipway::choose
