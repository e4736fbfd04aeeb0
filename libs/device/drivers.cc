#include "device/drivers.h"

#include <algorithm>

namespace slipway::device {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The first number with a dot in it: "12.2.0" of "CUDA SDK 12.2.0,".
std::string first_version(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit(text[i])) continue;
    std::size_t end = i;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    while (text[end - 1] == '.') --end;
    const std::string_view found = text.substr(i, end - i);
    const bool has_dot = found.find('.') != std::string_view::npos;
    if (has_dot && found.find("..") == std::string_view::npos && found.size() <= 40)
      return std::string(found);
    i = end;
  }
  return {};
}

// "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 ...". "x86_64" has no
// dot.
std::string nvidia(const Root& root) {
  const std::string text = root.text("/proc/driver/nvidia/version").value_or("");
  const std::size_t at = text.find("Kernel Module");
  if (at == std::string::npos) return {};
  std::string_view line = std::string_view(text).substr(at);
  return first_version(take_until(line, '\n'));
}

// {"cuda": {"name": "CUDA SDK", "version": "12.2.20230823"}, ...}; older ones say it in a line.
std::string cuda(const Root& root) {
  const std::string json = root.text("/usr/local/cuda/version.json").value_or("");
  if (const std::size_t at = json.find("\"cuda\""); at != std::string::npos) {
    std::string_view part = std::string_view(json).substr(at);
    return first_version(take_until(part, '}'));
  }
  return first_version(root.text("/usr/local/cuda/version.txt").value_or(""));
}

// "# R36 (release), REVISION: 4.3, GCID: ..." as "36.4.3".
std::string l4t(const Root& root) {
  const std::string text = root.text("/etc/nv_tegra_release").value_or("");
  constexpr std::string_view kStart = "# R";
  constexpr std::string_view kRevision = "REVISION: ";
  const std::size_t revision = text.find(kRevision);
  if (!text.starts_with(kStart) || revision == std::string::npos) return {};
  const std::string_view release = std::string_view(text).substr(kStart.size());
  const auto digits = std::ranges::find_if_not(release, is_digit) - release.begin();
  if (digits == 0 || digits > 4) return {};
  const std::string minor = first_version(std::string_view(text).substr(revision));
  if (minor.empty()) return {};
  return std::string(release.substr(0, static_cast<std::size_t>(digits))) + "." + minor;
}

}  // namespace

std::map<std::string, std::string> describe_drivers(const Root& root) {
  std::map<std::string, std::string> drivers;
  const auto add = [&](const char* name, std::string version) {
    if (!version.empty()) drivers.emplace(name, std::move(version));
  };
  add("nvidia", nvidia(root));
  add("cuda", cuda(root));
  add("l4t", l4t(root));
  return drivers;
}

}  // namespace slipway::device
