// How fast one core reads weights that do not stay in its first cache.
#pragma once

#include <cstddef>

namespace slipway::bench {

// Bytes a second, of `bytes` of memory read from end to end over and over.
double measure_reads(std::size_t bytes);

}  // namespace slipway::bench
