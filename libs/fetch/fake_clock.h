// For tests: time that passes where it is slept away.
#pragma once

#include "fetch/clock.h"

namespace slipway::fetch {

struct FakeClock : Clock {
  std::int64_t now = 1'000'000;
  std::int64_t slept = 0;

  std::int64_t now_ms() override { return now; }
  void sleep(std::int64_t ms) override {
    now += ms;
    slept += ms;
  }
};

}  // namespace slipway::fetch
