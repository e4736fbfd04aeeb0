// How the machine is at a moment: temperatures, clocks, throttling, energy.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/energy.h"
#include "device/root.h"

namespace slipway::device {

struct Temperature {
  std::string sensor;  // "CPU-therm"
  double celsius = 0;
};

// Every sensor that tells; those that are off, or tell nonsense, are left out.
std::vector<Temperature> read_temperatures(const Root& root);

// What holds the machine back, each a few words: "undervoltage", "the clock is capped". Counters
// and flags of what once happened count from when this was made.
class ThrottleWatch {
 public:
  explicit ThrottleWatch(const Root& root);
  std::vector<std::string> read();
  // Whether this machine tells about throttling at all.
  bool is_told() const { return is_told_; }

 private:
  struct Counter {
    std::string path;
    std::string what;
    std::int64_t start = 0;
  };
  std::optional<std::int64_t> firmware_flags() const;

  Root root_;
  std::vector<Counter> counters_;
  std::optional<std::int64_t> first_flags_;
  bool is_told_ = false;
};

struct Reading {
  std::optional<Temperature> hottest;
  std::optional<double> mhz;
  std::optional<double> watts;
  std::vector<std::string> throttling;
};

class Sensors {
 public:
  explicit Sensors(const Root& root);

  // `now_s` never goes back; energy counts from the first reading on. Takes some tenths of a
  // millisecond, on a Raspberry Pi some milliseconds.
  Reading read(double now_s);
  std::optional<double> joules() const;
  // Empty where no energy is told.
  std::string energy_source() const;

 private:
  Root root_;
  ThrottleWatch throttle_;
  std::unique_ptr<EnergyMeter> energy_;
};

}  // namespace slipway::device
