#include "noise.h"

#include <algorithm>
#include <vector>

#include "base/percentile.h"
#include "clock.h"

namespace slipway::bench {

Noise measure_noise(double seconds) {
  constexpr double kGapUs = 2;  // a hundred times what reading the clock takes
  std::vector<double> gaps_us;
  gaps_us.reserve(100'000);
  const double start_us = now_us();
  const double end_us = start_us + seconds * 1e6;
  double last_us = start_us;
  while (last_us < end_us && gaps_us.size() < gaps_us.capacity()) {
    const double us = now_us();
    if (us - last_us > kGapUs) gaps_us.push_back(us - last_us);
    last_us = us;
  }
  if (gaps_us.empty()) return {};
  std::sort(gaps_us.begin(), gaps_us.end());
  return {static_cast<double>(gaps_us.size()) / (last_us - start_us) * 1e6,
          nearest_rank(gaps_us, 0.5), gaps_us.back()};
}

}  // namespace slipway::bench
