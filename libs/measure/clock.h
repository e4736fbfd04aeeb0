// Time as measuring sees it. Tests have one of their own, in which nothing takes time but what they
// say.
#pragma once

namespace slipway::measure {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual double now_s() = 0;  // never goes back
  // Returns at `until_s` or at once where that is past, never before.
  virtual void wait_until(double until_s) = 0;
};

// The machine's, from its start. The last part of a wait is spun, so that what a timer comes late
// is not taken for latency. Any number of threads may use it.
Clock& machine_clock();

}  // namespace slipway::measure
