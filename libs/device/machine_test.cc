#include "device/machine.h"

#include "device/boards_test_data.h"

namespace slipway::device {
namespace {

TEST(Machine, JetsonOrin) {
  const Tree tree(jetson_orin());
  const Machine machine = describe(tree.root());
  EXPECT_EQ(machine.board.kind, BoardKind::kJetson);
  EXPECT_EQ(machine.board.model,
            "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super");
  EXPECT_EQ(machine.board.release, "R36, revision 4.3");
  EXPECT_EQ(machine.board.power_mode, "25W");
  EXPECT_EQ(machine.cpu.model, "Cortex-A78AE");
  EXPECT_EQ(machine.cpu.cores, 2U);
  EXPECT_EQ(machine.cpu.governor, "schedutil, performance");
  EXPECT_EQ(machine.cpu.min_mhz, 115.2);
  EXPECT_EQ(machine.cpu.max_mhz, 1728);
  EXPECT_EQ(machine.memory_bytes, 7802884ULL * 1024);
  EXPECT_EQ(machine.system, "Ubuntu 22.04.5 LTS");
  EXPECT_EQ(machine.kernel, "5.15.148-tegra");
  EXPECT_EQ(clock_mhz(tree.root()), (1510.4 + 1728) / 2);
  EXPECT_EQ(available_memory_bytes(tree.root()), 5400000ULL * 1024);
}

TEST(Machine, JetsonWithoutAPowerModeInForce) {
  const Tree tree(jetson_nano_old());
  const Machine machine = describe(tree.root());
  EXPECT_EQ(machine.board.kind, BoardKind::kJetson);
  EXPECT_EQ(machine.board.release, "R32, revision 7.1");
  EXPECT_EQ(machine.board.power_mode, "");
  tree.write("var/lib/nvpmodel/status", "pmode:0003 fmode:quiet");
  EXPECT_EQ(describe(tree.root()).board.power_mode, "mode 3");
}

TEST(Machine, RaspberryPi) {
  const Tree tree(raspberry_pi5());
  const Machine machine = describe(tree.root());
  EXPECT_EQ(machine.board.kind, BoardKind::kRaspberryPi);
  EXPECT_EQ(machine.board.model, "Raspberry Pi 5 Model B Rev 1.0");
  EXPECT_EQ(machine.cpu.model, "Cortex-A76");
  EXPECT_EQ(machine.cpu.governor, "ondemand");
  EXPECT_FALSE(machine.cpu.max_mhz.has_value());
}

TEST(Machine, Intel) {
  const Tree tree(intel_pc());
  const Machine machine = describe(tree.root());
  EXPECT_EQ(machine.board.kind, BoardKind::kIntel);
  EXPECT_EQ(machine.board.model, "Mini PC 7");
  EXPECT_EQ(machine.cpu.model, "Intel(R) N100");
  EXPECT_EQ(machine.cpu.governor, "");
  EXPECT_DOUBLE_EQ(*clock_mhz(tree.root()), (806.5 + 2900.1) / 2);
}

struct DriverRow {
  const char* file;
  const char* text;
  const char* name;
  const char* version;  // "": not told
};

TEST(Machine, DriversAsTheirFilesTell) {
  const DriverRow rows[] = {
      {"proc/driver/nvidia/version",
       "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
       "GCC version:  gcc version 12.2.0\n",
       "nvidia", "535.104.05"},
      {"proc/driver/nvidia/version",
       "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.4.0  Release Build\n",
       "nvidia", "540.4.0"},
      {"proc/driver/nvidia/version", "NVRM version: nothing\nGCC version: 12.2.0\n", "nvidia", ""},
      {"usr/local/cuda/version.json",
       R"({"cccl": {"version": "9.9"}, "cuda": {"name": "CUDA SDK", "version": "12.6.11"},)"
       R"( "cublas": {"version": "1.1"}})",
       "cuda", "12.6.11"},
      {"usr/local/cuda/version.json", R"({"cuda": {"version": "unknown"}})", "cuda", ""},
      {"usr/local/cuda/version.txt", "CUDA Version 10.2.300\n", "cuda", "10.2.300"},
      {"etc/nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 38968081\n", "l4t", "36.4.3"},
      {"etc/nv_tegra_release", "# R, REVISION: 4.3", "l4t", ""},
      {"etc/nv_tegra_release", "# R36 (release), REVISION: , GCID", "l4t", ""}};
  for (const DriverRow& row : rows) {
    const Tree tree(std::vector<FileRow>{{row.file, row.text}});
    const std::map<std::string, std::string> drivers = describe(tree.root()).drivers;
    const auto found = drivers.find(row.name);
    EXPECT_EQ(found == drivers.end() ? "" : found->second, row.version) << row.text;
  }
}

TEST(Machine, NothingToldIsNothingSaid) {
  const Tree tree({});
  const Machine machine = describe(tree.root());
  EXPECT_EQ(machine.board.kind, BoardKind::kPlain);
  EXPECT_EQ(machine.board.model, "");
  EXPECT_EQ(machine.cpu.cores, 0U);
  EXPECT_FALSE(machine.memory_bytes.has_value());
  EXPECT_FALSE(clock_mhz(tree.root()).has_value());
}

TEST(Machine, NonsenseIsNotTold) {
  const Tree tree({{"proc/meminfo", "MemTotal: -5 kB\nMemAvailable: lots\n"},
                   {"proc/cpuinfo", std::string(1 << 20, ':')},
                   {"proc/device-tree/model", std::string(1 << 20, 'm')},
                   {"etc/os-release", "PRETTY_NAME=\"\n"},
                   {"etc/nv_tegra_release", "# R"},
                   {"var/lib/nvpmodel/status", "pmode:99999999999999999999"},
                   {"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "<unknown>"}});
  const Machine machine = describe(tree.root());
  EXPECT_FALSE(machine.memory_bytes.has_value());
  EXPECT_LT(machine.board.model.size(), 200U);
  EXPECT_FALSE(clock_mhz(tree.root()).has_value());
}

TEST(Machine, ThisOne) {
  const Machine machine = describe(Root());
  EXPECT_GE(machine.cpu.cores, 1U);
  EXPECT_GT(machine.memory_bytes.value_or(0), 1U << 20);
}

TEST(RunCommand, OutputFailureAndAbsence) {
  const std::vector<std::string> echo = {"echo", "two words"};
  EXPECT_EQ(run_command(echo), "two words\n");
  const std::vector<std::string> fails = {"false"};
  EXPECT_FALSE(run_command(fails).has_value());
  const std::vector<std::string> absent = {"no-such-command-here"};
  EXPECT_FALSE(run_command(absent).has_value());
  const std::vector<std::string> endless = {"yes"};
  EXPECT_FALSE(run_command(endless).has_value());  // stopped by the closed pipe
}

}  // namespace
}  // namespace slipway::device
