#include "bundle/fit.h"

#include <algorithm>
#include <cctype>

#include "base/str.h"
#include "cli/text.h"
#include "device/machine.h"
#include "kernels/simd/isa.h"

namespace slipway::bundle {
namespace {

// The next number of a version, cut off with the dot after it; digits only, without zeros before.
std::string_view take_number(std::string_view& version) {
  std::size_t end = 0;
  while (end < version.size() && version[end] >= '0' && version[end] <= '9') ++end;
  std::string_view number = version.substr(0, end);
  const bool goes_on = end < version.size() && version[end] == '.';
  version = goes_on ? version.substr(end + 1) : std::string_view();
  while (number.starts_with('0')) number.remove_prefix(1);
  return number;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::string named(std::string_view text) {
  return text.empty() ? std::string("one that is not told") : std::string(text);
}

std::string bytes(std::uint64_t count) { return bytes_text(static_cast<std::int64_t>(count)); }

class Judge {
 public:
  explicit Judge(const MachineFacts& machine) : machine_(machine) {}

  void instruction_sets(const Needs& needs) {
    std::vector<std::string> missing;
    for (const std::string& set : needs.instruction_sets) {
      if (std::ranges::find(machine_.instruction_sets, set) == machine_.instruction_sets.end())
        missing.push_back(set);
    }
    if (missing.empty()) return;
    add("needs the instructions ", join(missing), ", this processor has ",
        machine_.instruction_sets.empty() ? "none of those known"
                                          : join(machine_.instruction_sets));
  }

  void engine(const Needs& needs) {
    if (needs.engine.empty()) return;
    const auto here = machine_.engines.find(needs.engine);
    if (here == machine_.engines.end()) {
      add("needs the engine ", needs.engine, ", which is not here");
    } else if (compare_dotted(here->second, needs.engine_version) < 0) {
      add("needs ", needs.engine, " ", needs.engine_version, ", ", here->second, " is here");
    }
  }

  void drivers(const Needs& needs) {
    for (const auto& [name, version] : needs.drivers) {
      const auto here = machine_.drivers.find(name);
      if (here == machine_.drivers.end()) {
        add("needs ", name, " ", version, ", which is not here");
      } else if (compare_dotted(here->second, version) < 0) {
        add("needs ", name, " ", version, ", ", here->second, " is here");
      }
    }
  }

  void memory(const Needs& needs) {
    if (needs.memory_bytes == 0) return;
    if (!machine_.free_memory_bytes.has_value()) {
      add("needs ", bytes(needs.memory_bytes),
          " of memory, this machine does not tell what is free");
    } else if (*machine_.free_memory_bytes < needs.memory_bytes) {
      add("needs ", bytes(needs.memory_bytes), " of memory, ", bytes(*machine_.free_memory_bytes),
          " are free");
    }
  }

  template <typename... Parts>
  void add(const Parts&... parts) {
    reasons_.push_back(str(parts...));
  }
  std::vector<std::string> reasons() && { return std::move(reasons_); }

 private:
  const MachineFacts& machine_;
  std::vector<std::string> reasons_;
};

}  // namespace

MachineFacts machine_facts(const device::Root& root) {
  const device::Machine machine = device::describe(root);
  MachineFacts facts;
  facts.architecture = device::architecture();
  for (const Isa isa : isas_here()) {
    if (isa != Isa::kScalar) facts.instruction_sets.emplace_back(isa_name(isa));
  }
  facts.name = machine.board.model.empty() ? machine.cpu.model : machine.board.model;
  facts.power_mode = machine.board.power_mode;
  facts.drivers = machine.drivers;
  facts.free_memory_bytes = device::available_memory_bytes(root);
  return facts;
}

std::strong_ordering compare_dotted(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const std::string_view left = take_number(a);
    const std::string_view right = take_number(b);
    if (left.size() != right.size()) return left.size() <=> right.size();
    if (left != right) return left <=> right;
  }
  return std::strong_ordering::equal;
}

std::vector<std::string> unmet(const Needs& needs, const MachineFacts& machine) {
  Judge judge(machine);
  if (!needs.architecture.empty() && needs.architecture != machine.architecture)
    judge.add("needs ", needs.architecture, ", this is ", named(machine.architecture));
  judge.instruction_sets(needs);
  if (!needs.board.empty() && lower(machine.name).find(lower(needs.board)) == std::string::npos)
    judge.add("needs the board ", needs.board, ", this is ", named(machine.name));
  judge.engine(needs);
  judge.drivers(needs);
  if (!needs.power_mode.empty() && needs.power_mode != machine.power_mode)
    judge.add("needs the power mode ", needs.power_mode, ", in force is ",
              named(machine.power_mode));
  judge.memory(needs);
  for (const std::string& key : needs.unknown)
    judge.add("states the need '", shorten(key, 60),
              "', which this Slipway does not know: take a newer one");
  return std::move(judge).reasons();
}

Choice choose_target(const Manifest& manifest, const MachineFacts& machine) {
  Choice choice;
  for (const Target& target : manifest.targets) {
    choice.reasons.push_back(unmet(target.needs, machine));
    if (choice.reasons.back().empty() && !choice.target.has_value())
      choice.target = choice.reasons.size() - 1;
  }
  return choice;
}

std::string refusal(const Manifest& manifest, const Choice& choice) {
  std::string text = str("this machine can run none of the targets of ", manifest.name, " ",
                         manifest.version.text(), ":");
  for (std::size_t i = 0; i < manifest.targets.size(); ++i) {
    const Target& target = manifest.targets[i];
    text += str("\n  ", target.name, " in ", target.precision, ": ", join(choice.reasons[i], "; "));
  }
  return text;
}

}  // namespace slipway::bundle
