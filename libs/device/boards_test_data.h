// Files of boards, as their systems show them, and a tree in a temporary folder that holds them.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/str.h"
#include "device/root.h"

namespace slipway::device {

struct FileRow {
  std::string path;
  std::string content;
};

class Tree {
 public:
  explicit Tree(const std::vector<FileRow>& files) {
    static int counter = 0;
    folder_ =
        std::filesystem::temp_directory_path() / str("slipway-device-", getpid(), "-", ++counter);
    std::filesystem::create_directories(folder_);
    for (const FileRow& file : files) write(file.path, file.content);
  }
  ~Tree() { std::filesystem::remove_all(folder_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void write(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = folder_ / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  void remove(const std::string& path) const { std::filesystem::remove(folder_ / path); }

  // Commands answer what `outputs` has for their words, joined by blanks.
  Root root() const {
    return Root(folder_, [this](std::span<const std::string> words) -> std::optional<std::string> {
      const auto found = outputs.find(join(words, " "));
      return found == outputs.end() ? std::nullopt : std::optional(found->second);
    });
  }

  std::map<std::string, std::string> outputs;

 private:
  std::filesystem::path folder_;
};

inline std::vector<FileRow> jetson_orin() {
  const std::string ina = "sys/bus/i2c/devices/1-0040/hwmon/hwmon3/";
  return {
      {"etc/nv_tegra_release", "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n"},
      {"etc/os-release", "NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\n"},
      {"etc/nvpmodel.conf",
       "< POWER_MODEL ID=0 NAME=15W >\nCPU_ONLINE CORE_0 1\n< POWER_MODEL ID=1 NAME=25W >\n"},
      {"var/lib/nvpmodel/status", "pmode:0001\n"},
      {"proc/device-tree/model",
       std::string("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\0", 66)},
      {"proc/device-tree/compatible", std::string("nvidia,p3768-0000\0nvidia,tegra234\0", 34)},
      {"proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd42\n"},
      {"proc/meminfo", "MemTotal:        7802884 kB\nMemFree: 1 kB\nMemAvailable:    5400000 kB\n"},
      {"proc/sys/kernel/osrelease", "5.15.148-tegra\n"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1510400\n"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq", "115200\n"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq", "1728000\n"},
      {"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n"},
      {"sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "1728000\n"},
      {"sys/devices/system/cpu/cpu1/online", "1\n"},
      {"sys/devices/system/cpu/cpu2/online", "0\n"},
      {"sys/devices/system/cpu/cpufreq/boost", "0\n"},
      {"sys/devices/virtual/thermal/thermal_zone0/type", "cpu-thermal\n"},
      {"sys/devices/virtual/thermal/thermal_zone0/temp", "51687\n"},
      {"sys/devices/virtual/thermal/thermal_zone1/type", "cv0-thermal\n"},  // off: no temp
      {"sys/devices/virtual/thermal/thermal_zone2/type", "tj-thermal\n"},
      {"sys/devices/virtual/thermal/thermal_zone2/temp", "52500\n"},
      {"sys/devices/virtual/thermal/thermal_zone3/type", "PMIC-Die\n"},
      {"sys/devices/virtual/thermal/thermal_zone3/temp", "100000\n"},
      {"sys/devices/virtual/thermal/thermal_zone10/type", "gpu-thermal\n"},
      {"sys/devices/virtual/thermal/thermal_zone10/temp", "-256000\n"},
      {"sys/bus/i2c/devices/1-0040/name", "ina3221\n"},
      {"sys/bus/i2c/devices/1-0050/name", "24c02\n"},
      {ina + "in1_label", "VDD_IN\n"},
      {ina + "in1_input", "5000\n"},
      {ina + "curr1_input", "1200\n"},
      {ina + "in2_label", "VDD_CPU_GPU_CV\n"},
      {ina + "in2_input", "5000\n"},
      {ina + "curr2_input", "400\n"},
      {ina + "in3_label", "NC\n"},
      {ina + "in3_input", "5000\n"},
      {ina + "curr3_input", "9999\n"},
      {"sys/class/hwmon/hwmon1/name", "soctherm_oc\n"},
      {"sys/class/hwmon/hwmon1/oc1_event_cnt", "0\n"},
      {"sys/class/hwmon/hwmon1/oc2_event_cnt", "7\n"},
      {"sys/class/hwmon/hwmon1/oc3_event_cnt", "3\n"},
      {"sys/class/thermal/cooling_device0/type", "pwm-fan\n"},
      {"sys/class/thermal/cooling_device0/cur_state", "2\n"},
  };
}

// JetPack 4, no rail for the whole board.
inline std::vector<FileRow> jetson_nano_old() {
  const std::string ina = "sys/bus/i2c/devices/6-0040/iio:device0/";
  return {
      {"etc/nv_tegra_release", "# R32 (release), REVISION: 7.1, GCID: 29818004\n"},
      {"proc/device-tree/model", std::string("NVIDIA Jetson Nano Developer Kit\0", 33)},
      {"sys/bus/i2c/devices/6-0040/name", "ina3221x\n"},
      {ina + "rail_name_0", "POM_5V_GPU\n"},
      {ina + "in_voltage0_input", "5000\n"},
      {ina + "in_current0_input", "100 ma\n"},
      {ina + "rail_name_1", "POM_5V_CPU\n"},
      {ina + "in_voltage1_input", "5000\n"},
      {ina + "in_current1_input", "300\n"},
      {ina + "rail_name_2", "POM_3V\n"},
  };
}

inline std::vector<FileRow> raspberry_pi5() {
  return {
      {"proc/device-tree/model", std::string("Raspberry Pi 5 Model B Rev 1.0\0", 31)},
      {"proc/device-tree/compatible", std::string("raspberrypi,5-model-b\0brcm,bcm2712\0", 35)},
      {"proc/cpuinfo", "CPU implementer\t: 0x41\nCPU part\t: 0xd0b\n"},
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand\n"},
      {"sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"},
      {"sys/class/thermal/thermal_zone0/temp", "61450\n"},
      {"sys/class/hwmon/hwmon2/name", "rpi_volt\n"},
      {"sys/class/hwmon/hwmon2/in0_lcrit_alarm", "0\n"},
  };
}

inline std::vector<FileRow> intel_pc() {
  const std::string rapl = "sys/devices/virtual/powercap/intel-rapl/";
  return {
      {"proc/cpuinfo",
       "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) N100\ncpu MHz\t\t: "
       "806.5\n"
       "processor\t: 1\nmodel name\t: Intel(R) N100\ncpu MHz\t\t: 2900.1\n"},
      {"proc/meminfo", "MemTotal: 16000000 kB\n"},
      {"sys/devices/virtual/dmi/id/product_name", "Mini PC 7\n"},
      {"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n"},
      {"sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "0\n"},
      {"sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n"},
      {"sys/class/thermal/thermal_zone0/temp", "48000\n"},
      {"sys/class/hwmon/hwmon0/name", "coretemp\n"},
      {"sys/class/hwmon/hwmon0/temp1_input", "49000\n"},
      {"sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n"},
      {"sys/class/hwmon/hwmon1/name", "nvme\n"},
      {"sys/class/hwmon/hwmon1/temp1_input", "99000\n"},
      {rapl + "intel-rapl:0/name", "package-0\n"},
      {rapl + "intel-rapl:0/energy_uj", "999000000\n"},
      {rapl + "intel-rapl:0/max_energy_range_uj", "1000000000\n"},
      {rapl + "intel-rapl:0/intel-rapl:0:0/name", "core\n"},
      {rapl + "intel-rapl:0:0/name", "core\n"},
      {rapl + "intel-rapl:0:0/energy_uj", "5\n"},
      {rapl + "intel-rapl:0:0/max_energy_range_uj", "1000000000\n"},
      {rapl + "intel-rapl:1/name", "psys\n"},
      {rapl + "intel-rapl:1/energy_uj", "7\n"},
      {rapl + "intel-rapl:1/max_energy_range_uj", "1000000000\n"},
  };
}

}  // namespace slipway::device
