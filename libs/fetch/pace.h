// How fast bytes may come, and how slowly.
#pragma once

#include <cstdint>

namespace slipway::fetch {

// Bytes a second at most, on average from the first byte on.
class Shaper {
 public:
  // 0: as fast as they come.
  explicit Shaper(std::uint64_t most_bytes_per_s) : most_bytes_per_s_(most_bytes_per_s) {}
  // How long to wait after so many bytes before more are taken. A pause does not earn a burst.
  std::int64_t wait_ms(std::uint64_t bytes, std::int64_t now_ms);

 private:
  std::uint64_t most_bytes_per_s_;
  std::int64_t due_ms_ = 0;      // when all the bytes so far are paid for
  std::uint64_t remainder_ = 0;  // thousandths of a byte per second that are not a whole ms yet
};

// A transfer that crawls is given up: fewer than so many bytes a second over a whole window.
class StallGuard {
 public:
  StallGuard(std::uint64_t least_bytes_per_s, std::int64_t window_ms)
      : least_bytes_per_s_(least_bytes_per_s), window_ms_(window_ms) {}
  void start(std::int64_t now_ms);
  void received(std::uint64_t bytes) { bytes_ += bytes; }
  // Time that the receiver itself took.
  void paused(std::int64_t ms) { start_ms_ += ms; }
  bool has_stalled(std::int64_t now_ms);

 private:
  std::uint64_t least_bytes_per_s_;
  std::int64_t window_ms_;
  std::int64_t start_ms_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace slipway::fetch
