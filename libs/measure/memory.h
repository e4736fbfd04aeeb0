// What this process takes of the machine's memory.
#pragma once

#include <cstdint>
#include <optional>

namespace slipway::measure {

std::optional<std::uint64_t> resident_bytes();
// The most that it ever was.
std::optional<std::uint64_t> resident_peak_bytes();

}  // namespace slipway::measure
