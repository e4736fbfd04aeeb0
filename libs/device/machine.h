// What machine is this: what does not change while a program runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/root.h"

namespace slipway::device {

enum class BoardKind : std::uint8_t { kPlain, kJetson, kRaspberryPi, kIntel };
std::string_view name(BoardKind kind);  // "plain", "jetson", "raspberry pi", "intel"

struct Board {
  BoardKind kind = BoardKind::kPlain;
  std::string model;       // "NVIDIA Jetson Orin Nano ..."; empty: not told
  std::string release;     // of the board's system: "R36, revision 4.3"
  std::string power_mode;  // "15W"
};

struct Cpu {
  std::string model;              // "Cortex-A78AE", "Intel(R) Xeon(R) ..."
  std::size_t cores = 0;          // that are online, counted as the system counts them
  std::string governor;           // "schedutil"; "performance, powersave" where they differ
  std::optional<double> min_mhz;  // that it may go down to
  std::optional<double> max_mhz;
};

struct Machine {
  Board board;
  Cpu cpu;
  std::optional<std::uint64_t> memory_bytes;
  std::map<std::string, std::string> drivers;  // versions: "nvidia", "cuda", "l4t" (Jetson's Linux)
  std::string system;                          // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel;                          // "6.1.0-18-amd64"
};

Machine describe(const Root& root);

// Of this program: what it can load is of it. "x86-64", "aarch64".
std::string_view architecture();

// The mean of the clocks that cores have now.
std::optional<double> clock_mhz(const Root& root);
std::optional<std::uint64_t> available_memory_bytes(const Root& root);

}  // namespace slipway::device
