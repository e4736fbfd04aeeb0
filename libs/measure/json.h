// JSON of what measuring gives. Keys are stable: programs read them. What a machine does not tell
// is left out; what JSON has no number for (NaN, infinities) is text.
#pragma once

#include <nlohmann/json.hpp>

#include "device/machine.h"
#include "measure/result.h"

namespace slipway::measure {

using Json = nlohmann::ordered_json;

Json json_of(const device::Machine& machine);
Json json_of(const LoadResult& result);
Json json_of(const CompareResult& result);

}  // namespace slipway::measure
