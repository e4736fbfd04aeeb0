// The most multiply-adds a second that this machine's cores do now: fused ones on registers alone.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace slipway::bench {

// float32, on so many threads at once, by the widest vectors there are.
double measure_peak_multiply_adds(std::size_t threads);

}  // namespace slipway::bench
