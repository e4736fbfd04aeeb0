#include "choose/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/str.h"
#include "cli/text.h"
#include "kernels/simd/isa.h"

namespace slipway::choose {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && (line.back() == '\0' || line.back() == ' ')) line.pop_back();
  return line.substr(0, 200);
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2, 200);
  }
  return "not told";
}

}  // namespace

MachineFacts machine_facts() {
  MachineFacts out;
  const std::string board = first_line("/proc/device-tree/model");
  const std::string cpu = processor();
  const unsigned cores = std::thread::hardware_concurrency();
  out.name = board.empty() ? cpu : board;
  out.id = str(out.name, ", ", cpu, ", ", cores, " cores, ", isa_name(best_isa()));
  if (!board.empty()) out.facts.emplace_back("board", board);
  out.facts.emplace_back("processor", cpu);
  out.facts.emplace_back("cores", str(cores));
  out.facts.emplace_back("instructions", isa_name(best_isa()));
  const long pages = sysconf(_SC_PHYS_PAGES);
  if (pages > 0)
    out.facts.emplace_back("memory",
                           bytes_text(static_cast<std::int64_t>(pages) * sysconf(_SC_PAGESIZE)));
  const std::string governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  out.facts.emplace_back("governor", governor.empty() ? "not told" : governor);
  utsname kernel{};
  if (uname(&kernel) == 0) out.facts.emplace_back("kernel", kernel.release);
  return out;
}

}  // namespace slipway::choose
