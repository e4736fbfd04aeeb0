// Can this machine run a target? Decided by the manifest alone, before any other byte moves.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/manifest.h"
#include "device/root.h"

namespace slipway::bundle {

struct MachineFacts {
  std::string architecture;                   // as Needs has them
  std::vector<std::string> instruction_sets;  // every one that it runs
  std::string name;                           // the board's, else the processor's
  std::string power_mode;
  std::map<std::string, std::string> drivers;
  std::map<std::string, std::string> engines;  // versions of those that are here
  std::optional<std::uint64_t> free_memory_bytes;
};

// All but the engines, which whoever runs models knows.
MachineFacts machine_facts(const device::Root& root);

// By their numbers, from the left; one that is missing is 0: "12.2" is "12.2.0", and less than
// "12.10". What follows the numbers ("-rc1") plays no part.
std::strong_ordering compare_dotted(std::string_view a, std::string_view b);

// What stands against it, a sentence each: "needs aarch64, this is x86-64". What a machine does not
// tell does not meet a need.
std::vector<std::string> unmet(const Needs& needs, const MachineFacts& machine);

struct Choice {
  std::optional<std::size_t> target;              // the first that this machine can run
  std::vector<std::vector<std::string>> reasons;  // for each target, what stands against it
};
Choice choose_target(const Manifest& manifest, const MachineFacts& machine);

// Why it can run none, in one message.
std::string refusal(const Manifest& manifest, const Choice& choice);

}  // namespace slipway::bundle
