#include "device/sensors.h"

#include "device/boards_test_data.h"

namespace slipway::device {
namespace {

using Words = std::vector<std::string>;

TEST(Sensors, TemperaturesOfAJetson) {
  const Tree tree(jetson_orin());
  const std::vector<Temperature> all = read_temperatures(tree.root());
  ASSERT_EQ(all.size(), 2U);  // cv0 is off, gpu says so by -256, PMIC tells a constant
  EXPECT_EQ(all[0].sensor, "cpu-thermal");
  EXPECT_DOUBLE_EQ(all[0].celsius, 51.687);
  EXPECT_EQ(all[1].sensor, "tj-thermal");
}

TEST(Sensors, TemperaturesOfAPc) {
  const Tree tree(intel_pc());
  Sensors sensors(tree.root());
  const Reading reading = sensors.read(0);
  ASSERT_TRUE(reading.hottest.has_value());  // the disk is hotter, and not meant
  EXPECT_EQ(reading.hottest->sensor, "coretemp Package id 0");
  EXPECT_EQ(reading.hottest->celsius, 49);
  EXPECT_EQ(read_temperatures(tree.root()).size(), 2U);
}

TEST(Sensors, NothingIsTold) {
  const Tree tree({});
  Sensors sensors(tree.root());
  for (const double now_s : {0.0, 1.0}) {
    const Reading reading = sensors.read(now_s);
    EXPECT_FALSE(reading.hottest.has_value());
    EXPECT_FALSE(reading.mhz.has_value());
    EXPECT_FALSE(reading.watts.has_value());
    EXPECT_TRUE(reading.throttling.empty());
  }
  EXPECT_FALSE(sensors.joules().has_value());
  EXPECT_EQ(sensors.energy_source(), "");
  EXPECT_FALSE(ThrottleWatch(tree.root()).is_told());
}

TEST(Throttle, OverCurrentSinceTheStart) {
  const Tree tree(jetson_orin());
  ThrottleWatch watch(tree.root());
  EXPECT_TRUE(watch.read().empty());  // 7 events of the past, and a fan that turns
  tree.write("sys/class/hwmon/hwmon1/oc2_event_cnt", "8\n");
  EXPECT_EQ(watch.read(), Words{"the average current is over its limit"});
}

TEST(Throttle, FlagsOfTheFirmware) {
  Tree tree(raspberry_pi5());
  tree.outputs["vcgencmd get_throttled"] = "throttled=0x50000\n";
  ThrottleWatch watch(tree.root());
  EXPECT_TRUE(watch.read().empty());  // undervoltage and throttling of yesterday
  tree.outputs["vcgencmd get_throttled"] = "throttled=0x50002\n";
  EXPECT_EQ(watch.read(), Words{"the clock is capped"});
  tree.outputs["vcgencmd get_throttled"] = "throttled=0xd0000\n";
  EXPECT_EQ(watch.read(), Words{"the soft limit of temperature"});  // between two readings
  tree.outputs.clear();
  tree.write("sys/class/hwmon/hwmon2/in0_lcrit_alarm", "1");
  EXPECT_EQ(watch.read(), Words{"undervoltage"});
}

TEST(Throttle, HeatOfAPc) {
  const Tree tree(intel_pc());
  ThrottleWatch watch(tree.root());
  EXPECT_TRUE(watch.is_told());
  EXPECT_TRUE(watch.read().empty());
  tree.write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "6");
  tree.write("sys/class/thermal/cooling_device3/type", "Processor");
  tree.write("sys/class/thermal/cooling_device3/cur_state", "1");
  EXPECT_EQ(watch.read(), (Words{"a core is slowed down by heat", "heat limits Processor"}));
}

TEST(Energy, RaplCountsOverItsWrap) {
  const Tree tree(intel_pc());
  const auto meter = find_energy_meter(tree.root());
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->source(), "package (RAPL)");
  const std::string counter = "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj";
  meter->update(10);
  EXPECT_FALSE(meter->joules().has_value());
  tree.write(counter, "999500000");
  meter->update(11);
  EXPECT_DOUBLE_EQ(*meter->joules(), 0.5);
  tree.write(counter, "1500000");  // 0.5 J to the end, 1.5 J from the start
  meter->update(13);
  EXPECT_DOUBLE_EQ(*meter->joules(), 2.5);
  EXPECT_DOUBLE_EQ(*meter->watts(), 1);
  tree.remove(counter);
  meter->update(14);
  EXPECT_FALSE(meter->joules().has_value());
}

TEST(Energy, RaplThatMayNotBeRead) {
  const Tree tree(intel_pc());
  tree.remove("sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj");
  EXPECT_EQ(find_energy_meter(tree.root()), nullptr);
}

TEST(Energy, TheRailOfTheWholeJetson) {
  const Tree tree(jetson_orin());
  const auto meter = find_energy_meter(tree.root());
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->source(), "VDD_IN (INA3221)");
  meter->update(0);
  EXPECT_DOUBLE_EQ(*meter->watts(), 6);
  tree.write("sys/bus/i2c/devices/1-0040/hwmon/hwmon3/curr1_input", "2400");
  meter->update(2);  // from 6 W to 12 W in 2 s
  EXPECT_DOUBLE_EQ(*meter->joules(), 18);
}

TEST(Energy, TheSumOfRailsWhereNoneIsTheWhole) {
  const Tree tree(jetson_nano_old());
  const auto meter = find_energy_meter(tree.root());
  ASSERT_NE(meter, nullptr);
  EXPECT_EQ(meter->source(), "POM_5V_GPU, POM_5V_CPU (INA3221)");
  meter->update(0);
  EXPECT_DOUBLE_EQ(*meter->watts(), 2);
}

TEST(Energy, ThePowerChipOfAPi) {
  Tree tree(raspberry_pi5());
  EXPECT_EQ(find_energy_meter(tree.root()), nullptr);
  tree.outputs["vcgencmd pmic_read_adc"] =
      " VDD_CORE_A current(7)=2.00000000A\n 3V3_SYS_A current(1)=0.50000000A\n"
      " VDD_CORE_V volt(15)=0.75000000V\n 3V3_SYS_V volt(9)=3.00000000V\n"
      " EXT5V_V volt(24)=5.11478000V\n broken\n";
  const auto meter = find_energy_meter(tree.root());
  ASSERT_NE(meter, nullptr);
  meter->update(0);
  meter->update(2);
  EXPECT_DOUBLE_EQ(*meter->watts(), 3);  // EXT5V has no current of its own
  EXPECT_DOUBLE_EQ(*meter->joules(), 6);
}

}  // namespace
}  // namespace slipway::device
