#include "measure/memory.h"

#include <string>

#include "device/root.h"

namespace slipway::measure {
namespace {

// "VmRSS:      5128 kB"
std::optional<std::uint64_t> status_bytes(std::string_view key) {
  const std::string status = device::Root().text("/proc/self/status").value_or("");
  std::string_view rest = status;
  while (!rest.empty()) {
    std::string_view line = device::take_until(rest, '\n');
    if (device::take_until(line, ':') != key) continue;
    const auto kib = device::whole_number(line);
    if (kib.has_value() && *kib > 0) return static_cast<std::uint64_t>(*kib) * 1024;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> resident_bytes() { return status_bytes("VmRSS"); }
std::optional<std::uint64_t> resident_peak_bytes() { return status_bytes("VmHWM"); }

}  // namespace slipway::measure
