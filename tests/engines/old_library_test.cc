#include <gtest/gtest.h>

#include "engines/engine.h"

namespace slipway::engines {
namespace {

TEST(OldOnnxRuntime, IsRefusedWithItsVersion) {
  const Engine& engine = **find_engine("onnxruntime");
  Subject subject;
  subject.model = "examples/autopilot/autopilot.onnx";
  subject.options = {{"library", SLIPWAY_OLD_ONNXRUNTIME}};
  const auto session = engine.open(subject, nullptr);
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.error().code, Code::kUnsupported);
  const std::string& message = session.error().message;
  // Built without the header, the engine says that instead.
  if (message.find("built without") != std::string::npos) GTEST_SKIP() << message;
  EXPECT_NE(message.find("is ONNX Runtime 1.11.0; Slipway needs 1.12 or newer"), std::string::npos)
      << message;
}

}  // namespace
}  // namespace slipway::engines
