#include "measure/clock.h"

#include <ctime>

namespace slipway::measure {
namespace {

constexpr double kSpin_s = 150e-6;

class MachineClock final : public Clock {
 public:
  double now_s() override {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
  }

  void wait_until(double until_s) override {
    const double sleep_s = until_s - kSpin_s;
    if (sleep_s > now_s()) {
      timespec until{};
      until.tv_sec = static_cast<time_t>(sleep_s);
      until.tv_nsec = static_cast<long>((sleep_s - static_cast<double>(until.tv_sec)) * 1e9);
      while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) continue;
    }
    while (now_s() < until_s) continue;
  }
};

}  // namespace

Clock& machine_clock() {
  static MachineClock clock;
  return clock;
}

}  // namespace slipway::measure
