// What the machine takes from a program that only reads the clock: a tail of this is no engine's.
#pragma once

namespace slipway::bench {

struct Noise {
  double a_second = 0;  // how often the processor was away
  double median_us = 0;
  double max_us = 0;
};

// Watches for about so long.
Noise measure_noise(double seconds);

}  // namespace slipway::bench
