// Sessions and clocks of tests: time passes by what a query is told to take.
#pragma once

#include <cstddef>
#include <functional>

#include "measure/load.h"

namespace slipway::measure {

class FakeClock : public Clock {
 public:
  double now_s() override { return time_s; }
  void wait_until(double until_s) override { time_s = until_s > time_s ? until_s : time_s; }
  double time_s = 1000;
};

// Takes `takes_s(i)` for the i-th query, those of the warm-up included.
class FakeSession {
 public:
  explicit FakeSession(std::function<double(std::size_t)> takes_s) : takes_s_(std::move(takes_s)) {}
  Stream stream() {
    return {[this]() -> Status {
              clock.time_s += takes_s_(queries++);
              return {};
            },
            &clock};
  }
  FakeClock clock;
  std::size_t queries = 0;

 private:
  std::function<double(std::size_t)> takes_s_;
};

}  // namespace slipway::measure
