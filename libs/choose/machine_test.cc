#include "choose/machine.h"

#include <gtest/gtest.h>

#include "device/boards_test_data.h"
#include "engines/engine.h"
#include "kernels/simd/isa.h"

namespace slipway::choose {
namespace {

const Setup kNative{"native", "f32", 1};

TEST(Needs, AreOfTheBoardThatMeasured) {
  const device::Tree tree(device::jetson_orin());
  const report::Needs needs = needs_of(kNative, {}, "Orin Nano", tree.root());
  EXPECT_FALSE(needs.architecture.empty());
  EXPECT_EQ(needs.power_mode, "25W");
  EXPECT_EQ(needs.board, "Orin Nano");
  EXPECT_TRUE(needs.drivers.empty());  // the native engine goes through none
  EXPECT_EQ(needs.engine_version, (*engines::find_engine("native"))->probe().version);
  const bool has_vectors = best_isa() != Isa::kScalar;
  EXPECT_EQ(needs.instruction_sets.size(), has_vectors ? 1U : 0U);
}

TEST(Needs, DriversAreThoseOfAnEngineOnAGpu) {
  const device::Tree tree(device::jetson_orin());
  const auto drivers = [&](const char* engine, const std::map<std::string, std::string>& options) {
    return needs_of({engine, "f16", 1}, options, "", tree.root()).drivers.count("l4t");
  };
  EXPECT_EQ(drivers("tensorrt", {}), 1U);
  EXPECT_EQ(drivers("onnxruntime", {{"provider", "cuda"}}), 1U);
  EXPECT_EQ(drivers("onnxruntime", {{"provider", "tensorrt"}}), 1U);
  EXPECT_EQ(drivers("onnxruntime", {{"provider", "cpu"}}), 0U);
  EXPECT_EQ(drivers("onnxruntime", {}), 0U);
}

TEST(Needs, OptionsThatNameFilesStayWhereTheFilesAre) {
  const std::map<std::string, std::string> options = {
      {"provider", "cuda"}, {"library", "/home/me/libonnxruntime.so"}, {"engine_cache", "cache"}};
  EXPECT_EQ(portable_options("onnxruntime", options),
            (std::map<std::string, std::string>{{"provider", "cuda"}}));
  EXPECT_TRUE(portable_options("nothing", options).empty());
}

}  // namespace
}  // namespace slipway::choose
