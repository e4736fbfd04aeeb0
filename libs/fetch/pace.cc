#include "fetch/pace.h"

#include <algorithm>

namespace slipway::fetch {

std::int64_t Shaper::wait_ms(std::uint64_t bytes, std::int64_t now_ms) {
  if (most_bytes_per_s_ == 0) return 0;
  due_ms_ = std::max(due_ms_, now_ms);
  // bytes * 1000 stays far below 2^64: they come in pieces of memory.
  const std::uint64_t owed = bytes * 1000 + remainder_;
  due_ms_ += static_cast<std::int64_t>(owed / most_bytes_per_s_);
  remainder_ = owed % most_bytes_per_s_;
  return due_ms_ - now_ms;
}

void StallGuard::start(std::int64_t now_ms) {
  start_ms_ = now_ms;
  bytes_ = 0;
}

bool StallGuard::has_stalled(std::int64_t now_ms) {
  if (now_ms - start_ms_ < window_ms_) return false;
  const bool is_slow = bytes_ < least_bytes_per_s_ * static_cast<std::uint64_t>(window_ms_) / 1000;
  start(now_ms);
  return is_slow;
}

}  // namespace slipway::fetch
