#include "choose/machine.h"

#include <algorithm>
#include <cstdio>

#include "base/str.h"
#include "cli/text.h"
#include "device/machine.h"
#include "engines/engine.h"
#include "kernels/simd/isa.h"

namespace slipway::choose {
namespace {

void add(report::Facts& facts, const char* key, const std::string& value) {
  if (!value.empty()) facts.emplace_back(key, value);
}

std::string mhz_text(double mhz) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f MHz", mhz);
  return text;
}

}  // namespace

MachineFacts machine_facts(const device::Root& root) {
  const device::Machine machine = device::describe(root);
  MachineFacts out;
  out.name = machine.board.model.empty() ? machine.cpu.model : machine.board.model;
  out.id = str(out.name, ", ", machine.cpu.model, ", ", machine.cpu.cores, " cores, ",
               isa_name(best_isa()));
  add(out.facts, "board", machine.board.model);
  add(out.facts, "board software", machine.board.release);
  add(out.facts, "power mode", machine.board.power_mode);
  add(out.facts, "processor", machine.cpu.model);
  add(out.facts, "cores", str(machine.cpu.cores));
  add(out.facts, "instructions", isa_name(best_isa()));
  add(out.facts, "governor", machine.cpu.governor.empty() ? "not told" : machine.cpu.governor);
  if (machine.cpu.max_mhz) add(out.facts, "highest clock", mhz_text(*machine.cpu.max_mhz));
  if (machine.memory_bytes)
    add(out.facts, "memory", bytes_text(static_cast<std::int64_t>(*machine.memory_bytes)));
  add(out.facts, "system", machine.system);
  add(out.facts, "kernel", machine.kernel);
  return out;
}

report::Needs needs_of(const Setup& setup, const std::map<std::string, std::string>& engine_options,
                       const std::string& board, const device::Root& root) {
  const device::Machine machine = device::describe(root);
  report::Needs needs;
  needs.architecture = device::architecture();
  // The native engine's slowest kernels for vectors: faster ones give the same bits.
  if (setup.engine == "native") {
    for (const Isa isa : {Isa::kAvx2, Isa::kNeon}) {
      if (std::ranges::find(isas_here(), isa) != isas_here().end())
        needs.instruction_sets.emplace_back(isa_name(isa));
    }
  }
  if (const auto engine = engines::find_engine(setup.engine); engine.ok())
    needs.engine_version = (*engine)->probe().version;
  const auto provider = engine_options.find("provider");
  const bool is_on_gpu = setup.engine == "tensorrt" ||
                         (provider != engine_options.end() &&
                          (provider->second == "cuda" || provider->second == "tensorrt"));
  if (is_on_gpu) needs.drivers = machine.drivers;
  needs.power_mode = machine.board.power_mode;
  needs.board = board;
  return needs;
}

std::map<std::string, std::string> portable_options(
    const std::string& engine, const std::map<std::string, std::string>& options) {
  std::map<std::string, std::string> portable;
  const auto found = engines::find_engine(engine);
  if (!found.ok()) return portable;
  for (const engines::OptionRow& row : (*found)->options()) {
    const auto given = options.find(std::string(row.name));
    const bool is_path = row.values == "FILE" || row.values == "DIR";
    if (given != options.end() && !is_path) portable.insert(*given);
  }
  return portable;
}

ClimateWatch::ClimateWatch(const device::Root& root)
    : throttle_(root), sensors_(root), start_(std::chrono::steady_clock::now()) {
  read();
}

void ClimateWatch::read() {
  const double now_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const device::Reading reading = sensors_.read(now_s);
  if (reading.hottest) {
    const double celsius = reading.hottest->celsius;
    if (!climate_.start_c) climate_.start_c = celsius;
    climate_.max_c = std::max(climate_.max_c.value_or(celsius), celsius);
    climate_.end_c = celsius;
  }
  if (reading.watts) climate_.power_w = reading.watts;
  if (throttle_.is_told())
    climate_.was_throttled = climate_.was_throttled.value_or(false) || !reading.throttling.empty();
}

}  // namespace slipway::choose
