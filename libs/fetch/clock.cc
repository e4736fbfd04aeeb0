#include "fetch/clock.h"

#include <chrono>
#include <thread>

namespace slipway::fetch {
namespace {

class RealClock : public Clock {
 public:
  std::int64_t now_ms() override {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  }
  void sleep(std::int64_t ms) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  }
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

}  // namespace slipway::fetch
