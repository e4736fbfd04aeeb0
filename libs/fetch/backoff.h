// When a fetch is tried again.
#pragma once

#include <cstdint>
#include <random>

#include "fetch/http_fetcher.h"

namespace slipway::fetch {

// A server that breaks off every time, but brings so much each time, is not given up.
inline constexpr std::uint64_t kProgressBytes = 64 << 10;

// Counts the attempts of one fetch.
class Backoff {
 public:
  Backoff(const Patience& patience, std::uint64_t farthest_bytes)
      : patience_(patience), farthest_bytes_(farthest_bytes) {}

  // After an attempt failed that came as far as this. False when enough were made.
  bool may_try_again(std::uint64_t farthest_bytes);
  // Until the next attempt: anything from 0 to a bound that doubles each time ("full jitter"), but
  // no less than the server asked for.
  std::int64_t wait_ms(std::int64_t retry_after_ms, std::mt19937_64& random) const;
  std::uint32_t failures() const { return failures_; }

 private:
  const Patience& patience_;
  std::uint64_t farthest_bytes_;
  std::uint32_t failures_ = 0;
};

}  // namespace slipway::fetch
