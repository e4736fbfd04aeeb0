// The passing of time, so that tests need not wait for it.
#pragma once

#include <cstdint>

namespace slipway::fetch {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() = 0;  // never goes back; from any beginning
  virtual void sleep(std::int64_t ms) = 0;
};

// The machine's own.
Clock& real_clock();

}  // namespace slipway::fetch
