#include "device/machine.h"

#include <algorithm>
#include <array>

#include "base/str.h"
#include "device/board.h"
#include "device/drivers.h"

namespace slipway::device {
namespace {

constexpr std::string_view kCpus = "/sys/devices/system/cpu";

// Arm's and NVIDIA's numbers of the cores that robots have: implementer, part.
struct PartRow {
  std::int64_t implementer;
  std::int64_t part;
  std::string_view name;
};
constexpr std::array kParts = {
    PartRow{0x41, 0xd03, "Cortex-A53"},    PartRow{0x41, 0xd05, "Cortex-A55"},
    PartRow{0x41, 0xd07, "Cortex-A57"},    PartRow{0x41, 0xd08, "Cortex-A72"},
    PartRow{0x41, 0xd09, "Cortex-A73"},    PartRow{0x41, 0xd0a, "Cortex-A75"},
    PartRow{0x41, 0xd0b, "Cortex-A76"},    PartRow{0x41, 0xd0c, "Neoverse-N1"},
    PartRow{0x41, 0xd40, "Neoverse-V1"},   PartRow{0x41, 0xd41, "Cortex-A78"},
    PartRow{0x41, 0xd42, "Cortex-A78AE"},  PartRow{0x41, 0xd4f, "Neoverse-V2"},
    PartRow{0x41, 0xd83, "Neoverse-V3AE"}, PartRow{0x4e, 0x003, "Denver 2"},
    PartRow{0x4e, 0x004, "Carmel"},
};

// The value of the first line "key   : value".
std::string field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    if (!line.starts_with(key)) continue;
    const std::string_view rest = trimmed(line.substr(key.size()));
    if (rest.starts_with(':')) return std::string(trimmed(rest.substr(1)));
  }
  return {};
}

std::string cpu_model(const Root& root) {
  const std::string cpuinfo = root.text("/proc/cpuinfo").value_or("");
  std::string model = field(cpuinfo, "model name");
  if (!model.empty()) return shorten(model);
  const auto implementer = whole_number(field(cpuinfo, "CPU implementer"));
  const auto part = whole_number(field(cpuinfo, "CPU part"));
  for (const PartRow& row : kParts) {
    if (implementer == row.implementer && part == row.part) return std::string(row.name);
  }
  return shorten(field(cpuinfo, "Hardware"));
}

// Numbered folders that are cores: cpu0, not cpufreq.
std::vector<std::string> cores(const Root& root) {
  std::vector<std::string> found;
  for (const std::string& name : root.names(kCpus, "cpu")) {
    if (name.size() <= 3 || name.find_first_not_of("0123456789", 3) != std::string::npos) continue;
    if (root.number(str(kCpus, "/", name, "/online")).value_or(1) == 0) continue;
    found.push_back(str(kCpus, "/", name));
  }
  return found;
}

std::optional<double> mhz(std::optional<std::int64_t> khz) {
  if (!khz.has_value() || *khz <= 0) return std::nullopt;
  return static_cast<double>(*khz) / 1000;
}

Cpu describe_cpu(const Root& root) {
  Cpu cpu;
  cpu.model = cpu_model(root);
  std::vector<std::string> governors;
  const std::vector<std::string> folders = cores(root);
  cpu.cores = folders.size();
  for (const std::string& core : folders) {
    const auto governor = root.text(str(core, "/cpufreq/scaling_governor"));
    if (governor.has_value() && std::ranges::find(governors, *governor) == governors.end())
      governors.push_back(*governor);
    const auto least = mhz(root.number(str(core, "/cpufreq/scaling_min_freq")));
    const auto most = mhz(root.number(str(core, "/cpufreq/scaling_max_freq")));
    if (least.has_value()) cpu.min_mhz = std::min(cpu.min_mhz.value_or(*least), *least);
    if (most.has_value()) cpu.max_mhz = std::max(cpu.max_mhz.value_or(*most), *most);
  }
  cpu.governor = join(governors);
  return cpu;
}

// "MemTotal:  16384 kB"
std::optional<std::uint64_t> memory(const Root& root, std::string_view key) {
  const auto kib = whole_number(field(root.text("/proc/meminfo").value_or(""), key));
  if (!kib.has_value() || *kib <= 0 || *kib > (std::int64_t{1} << 50)) return std::nullopt;
  return static_cast<std::uint64_t>(*kib) * 1024;
}

std::string system_name(const Root& root) {
  const std::string release = root.text("/etc/os-release").value_or("");
  std::string_view rest = release;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    if (!line.starts_with("PRETTY_NAME=")) continue;
    line = trimmed(line.substr(12));
    if (line.size() >= 2 && line.front() == '"') line = line.substr(1, line.size() - 2);
    return shorten(line);
  }
  return {};
}

}  // namespace

Machine describe(const Root& root) {
  Machine machine;
  machine.board = describe_board(root);
  machine.cpu = describe_cpu(root);
  machine.memory_bytes = memory(root, "MemTotal");
  machine.drivers = describe_drivers(root);
  machine.system = system_name(root);
  machine.kernel = shorten(root.text("/proc/sys/kernel/osrelease").value_or(""));
  return machine;
}

std::string_view architecture() {
#if defined(__x86_64__)
  return "x86-64";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "another";
#endif
}

std::optional<double> clock_mhz(const Root& root) {
  double sum = 0;
  std::size_t count = 0;
  for (const std::string& core : cores(root)) {
    const auto clock = mhz(root.number(str(core, "/cpufreq/scaling_cur_freq")));
    if (!clock.has_value()) continue;
    sum += *clock;
    ++count;
  }
  if (count > 0) return sum / static_cast<double>(count);
  const std::string cpuinfo = root.text("/proc/cpuinfo").value_or("");
  std::string_view rest = cpuinfo;
  while (!rest.empty()) {
    std::string_view line = take_until(rest, '\n');
    if (!line.starts_with("cpu MHz")) continue;
    take_until(line, ':');
    const auto clock = real_number(line);
    if (!clock.has_value() || *clock <= 0) continue;
    sum += *clock;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

std::optional<std::uint64_t> available_memory_bytes(const Root& root) {
  return memory(root, "MemAvailable");
}

}  // namespace slipway::device
