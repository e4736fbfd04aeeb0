#include "bundle/fit.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/str.h"
#include "bundle/sample.h"
#include "device/boards_test_data.h"

namespace slipway::bundle {
namespace {

MachineFacts boat() {
  MachineFacts machine;
  machine.architecture = "aarch64";
  machine.instruction_sets = {"neon", "dotprod"};
  machine.name = "NVIDIA Jetson Orin Nano Developer Kit";
  machine.power_mode = "15W";
  machine.drivers = {{"cuda", "12.6.11"}, {"nvidia", "540.4.0"}};
  machine.engines = {{"native", "0.1.0"}};
  machine.free_memory_bytes = std::uint64_t{1} << 30;
  return machine;
}

TEST(Fit, TheMachineOfTheSampleMeetsItsNeeds) {
  EXPECT_EQ(unmet(sample_manifest().targets[0].needs, boat()), std::vector<std::string>());
  EXPECT_EQ(unmet(Needs(), MachineFacts()), std::vector<std::string>());
}

struct NeedRow {
  const char* name;
  std::function<void(Needs&, MachineFacts&)> change;
  const char* reason;
};

class UnmetNeed : public testing::TestWithParam<NeedRow> {};

TEST_P(UnmetNeed, IsSaid) {
  Needs needs = sample_manifest().targets[0].needs;
  MachineFacts machine = boat();
  GetParam().change(needs, machine);
  EXPECT_EQ(unmet(needs, machine), std::vector<std::string>{GetParam().reason});
}

INSTANTIATE_TEST_SUITE_P(
    All, UnmetNeed,
    testing::Values(
        NeedRow{"Architecture", [](Needs&, MachineFacts& m) { m.architecture = "x86-64"; },
                "needs aarch64, this is x86-64"},
        NeedRow{"ArchitectureUntold", [](Needs&, MachineFacts& m) { m.architecture = ""; },
                "needs aarch64, this is one that is not told"},
        NeedRow{"InstructionSet", [](Needs&, MachineFacts& m) { m.instruction_sets = {"neon"}; },
                "needs the instructions dotprod, this processor has neon"},
        NeedRow{"NoInstructionSets", [](Needs&, MachineFacts& m) { m.instruction_sets.clear(); },
                "needs the instructions dotprod, neon, this processor has none of those known"},
        NeedRow{"Board", [](Needs&, MachineFacts& m) { m.name = "Raspberry Pi 5"; },
                "needs the board Jetson Orin, this is Raspberry Pi 5"},
        NeedRow{"Engine",
                [](Needs&, MachineFacts& m) {
                  m.engines = {{"onnxruntime", "1.30"}};
                },
                "needs the engine native, which is not here"},
        NeedRow{"EngineVersion", [](Needs& n, MachineFacts&) { n.engine_version = "0.10.0"; },
                "needs native 0.10.0, 0.1.0 is here"},
        NeedRow{"Driver", [](Needs&, MachineFacts& m) { m.drivers.erase("cuda"); },
                "needs cuda 12.2, which is not here"},
        NeedRow{"DriverVersion", [](Needs& n, MachineFacts&) { n.drivers["cuda"] = "12.10"; },
                "needs cuda 12.10, 12.6.11 is here"},
        NeedRow{"PowerMode", [](Needs&, MachineFacts& m) { m.power_mode = "7W"; },
                "needs the power mode 15W, in force is 7W"},
        NeedRow{"PowerModeUntold", [](Needs&, MachineFacts& m) { m.power_mode = ""; },
                "needs the power mode 15W, in force is one that is not told"},
        NeedRow{"Memory", [](Needs&, MachineFacts& m) { m.free_memory_bytes = 700 << 10; },
                "needs 1.00 MiB of memory, 700 KiB are free"},
        NeedRow{"MemoryUntold", [](Needs&, MachineFacts& m) { m.free_memory_bytes.reset(); },
                "needs 1.00 MiB of memory, this machine does not tell what is free"},
        NeedRow{"Unknown", [](Needs& n, MachineFacts&) { n.unknown = {"qubits"}; },
                "states the need 'qubits', which this Slipway does not know: take a newer one"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Fit, TheFirstTargetThatFitsIsTaken) {
  Manifest manifest = sample_manifest();
  Choice choice = choose_target(manifest, boat());
  EXPECT_EQ(choice.target, 0U);
  MachineFacts desk = boat();
  desk.architecture = "x86-64";
  choice = choose_target(manifest, desk);
  EXPECT_EQ(choice.target, 1U);
  EXPECT_EQ(choice.reasons[0].size(), 1U);
  EXPECT_TRUE(choice.reasons[1].empty());
}

TEST(Fit, WhereNoneFitsEachSaysWhy) {
  Manifest manifest = sample_manifest();
  manifest.targets[1].needs.engine = "tensorrt";
  MachineFacts desk = boat();
  desk.architecture = "x86-64";
  desk.power_mode = "7W";
  const Choice choice = choose_target(manifest, desk);
  EXPECT_FALSE(choice.target.has_value());
  EXPECT_EQ(refusal(manifest, choice),
            "this machine can run none of the targets of autopilot 1.2.0-rc.1+7:\n"
            "  boat in int8: needs aarch64, this is x86-64; needs the power mode 15W, in force is "
            "7W\n"
            "  desk in f32: needs the engine tensorrt, which is not here");
}

TEST(Fit, VersionsAreComparedByTheirNumbers) {
  const auto less = std::strong_ordering::less;
  const auto equal = std::strong_ordering::equal;
  EXPECT_EQ(compare_dotted("12.2", "12.10"), less);
  EXPECT_EQ(compare_dotted("12.2", "12.2.0"), equal);
  EXPECT_EQ(compare_dotted("12.2", "12.2.1"), less);
  EXPECT_EQ(compare_dotted("535.104.05", "535.104.5"), equal);
  EXPECT_EQ(compare_dotted("9", "10"), less);
  EXPECT_EQ(compare_dotted("", "0.0.1"), less);
  EXPECT_EQ(compare_dotted("", ""), equal);
  EXPECT_EQ(compare_dotted("1.30.0-rc1", "1.30.0"), equal);
  EXPECT_EQ(compare_dotted("none", "0"), equal);
  EXPECT_EQ(compare_dotted("99999999999999999999998", "99999999999999999999999"), less);
}

TEST(Fit, FactsOfABoard) {
  const device::Tree tree(device::jetson_orin());
  const MachineFacts facts = machine_facts(tree.root());
  EXPECT_EQ(facts.name, "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super");
  EXPECT_EQ(facts.power_mode, "25W");
  EXPECT_EQ(facts.drivers.at("l4t"), "36.4.3");
  EXPECT_EQ(facts.free_memory_bytes, std::uint64_t{5400000} * 1024);
  EXPECT_FALSE(facts.architecture.empty());
}

}  // namespace
}  // namespace slipway::bundle
