// Run times as the report keeps them.
#pragma once

#include <vector>

#include "choose/search.h"
#include "measure/result.h"
#include "report/report.h"

namespace slipway::choose {

inline constexpr std::size_t kMostBins = 48;
inline constexpr std::size_t kRunsForTail = 1000;  // below it, one run in a thousand is none

// Of all slices together, one or more. Bins are of equal ratio.
report::Latency latency_of(const std::vector<Slice>& slices);

// Of a load scenario.
report::Latency latency_of(const measure::LoadResult& load);

}  // namespace slipway::choose
