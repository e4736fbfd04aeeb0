// What `slipway bench` prints for people.
#pragma once

#include <string>

#include "device/machine.h"
#include "measure/result.h"

namespace slipway {

// "p50      12.3 us" and so on. Percentiles that the runs are too few to tell are left out.
std::string latency_text(const measure::LoadResult& result);
// How the runs are spread, a bar a line.
std::string histogram_text(const measure::Latency& latency, std::size_t width_columns);
// Answers a second, memory of the process, energy, temperature, throttling: what is told.
std::string conditions_text(const measure::LoadResult& result, const device::Machine& machine);
std::string soak_text(const measure::Soak& soak);

}  // namespace slipway
