#include "fetch/backoff.h"

#include <algorithm>

namespace slipway::fetch {

bool Backoff::may_try_again(std::uint64_t farthest_bytes) {
  if (farthest_bytes - farthest_bytes_ >= kProgressBytes) {
    farthest_bytes_ = farthest_bytes;
    failures_ = 0;
  }
  ++failures_;
  return failures_ <= patience_.retries;
}

std::int64_t Backoff::wait_ms(std::int64_t retry_after_ms, std::mt19937_64& random) const {
  std::int64_t bound_ms = std::min(patience_.first_wait_ms, patience_.most_wait_ms);
  for (std::uint32_t i = 1; i < failures_ && bound_ms < patience_.most_wait_ms; ++i)
    bound_ms = std::min(bound_ms * 2, patience_.most_wait_ms);
  const auto choices = static_cast<std::uint64_t>(std::max<std::int64_t>(bound_ms, 0)) + 1;
  return std::max(retry_after_ms, static_cast<std::int64_t>(random() % choices));
}

}  // namespace slipway::fetch
