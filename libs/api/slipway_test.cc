#include "slipway/slipway.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>

#include "slipway/session.h"

namespace slipway {
namespace {

constexpr const char* kAutopilot = "examples/autopilot/autopilot.onnx";

std::vector<std::byte> bytes_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(Api, RunsAModelFromAFileAndFromMemoryAlike) {
  auto from_file = Model::open(kAutopilot);
  ASSERT_TRUE(from_file) << from_file.error();
  auto from_memory = Model::read(bytes_of(kAutopilot));
  ASSERT_TRUE(from_memory) << from_memory.error();
  float answers[2] = {NAN, NAN};
  float* answer = answers;
  for (Model* model : {&*from_file, &*from_memory}) {
    auto session = model->prepare();
    ASSERT_TRUE(session) << session.error();
    ASSERT_EQ(session->input_count(), 1U);
    ASSERT_EQ(session->output_count(), 1U);
    EXPECT_EQ(session->input(0).name, "sensors");
    EXPECT_EQ(session->input(0).type, SLIPWAY_FLOAT32);
    EXPECT_EQ(session->input(0).dims.size(), 3U);
    const std::vector<float> window(session->input(0).bytes / sizeof(float), 0.25F);
    EXPECT_EQ(session->run({window.data()}, {answer++}), Status::kOk);
  }
  EXPECT_EQ(answers[0], answers[1]);
  EXPECT_LE(std::fabs(answers[0]), 1.0F);
}

TEST(Api, ASessionOutlivesItsModel) {
  auto model = Model::open(kAutopilot);
  ASSERT_TRUE(model) << model.error();
  auto session = model->prepare();
  ASSERT_TRUE(session) << session.error();
  model = Expected<Model>(Status::kInternal, "gone");
  const std::vector<float> window(session->input(0).bytes / sizeof(float), 0.5F);
  float rudder = NAN;
  EXPECT_EQ(session->run({window.data()}, {&rudder}), Status::kOk);
  EXPECT_FALSE(std::isnan(rudder));
}

TEST(Api, AWindowSlidesAndItsPastIsTakenAndPutBack) {
  auto model = Model::compile("examples/pitwall/tcn.onnx", {0, {"telemetry=2"}, {}});
  ASSERT_TRUE(model) << model.error();
  auto session = model->prepare();
  ASSERT_TRUE(session) << session.error();
  ASSERT_EQ(session->input(0).bytes, 16 * sizeof(float));
  float loss = 0;
  const auto run = [&](float x) {
    const std::vector<float> sample(16, x);
    EXPECT_EQ(session->run({sample.data()}, {&loss}), Status::kOk);
    return loss;
  };
  const float first = run(0.5F);
  std::vector<std::byte> past(session->state_bytes());
  EXPECT_GT(past.size(), 0U);
  ASSERT_EQ(session->snapshot(past), Status::kOk);
  const float second = run(-0.25F);
  EXPECT_NE(run(-0.25F), second);
  ASSERT_EQ(session->restore(past), Status::kOk);
  EXPECT_EQ(run(-0.25F), second);
  session->reset();
  EXPECT_EQ(run(0.5F), first);
  past.pop_back();
  EXPECT_EQ(session->snapshot(past), Status::kBadUsage);
  EXPECT_EQ(session->restore(past), Status::kBadUsage);
  auto nothing = Model::compile("examples/pitwall/tcn.onnx", {0, {"telemetry"}, {}});
  EXPECT_EQ(nothing.status(), Status::kBadUsage);
  EXPECT_NE(nothing.error().find("INPUT=AXIS"), std::string::npos) << nothing.error();
}

TEST(Api, TheBatchIsBoundWhenASessionIsPrepared) {
  auto model = Model::compile("examples/pitwall/tcn.onnx", {-1, {}, {}});
  ASSERT_TRUE(model) << model.error();
  Options options;
  options.batch = 3;
  auto three = model->prepare(options);
  auto one = model->prepare();
  ASSERT_TRUE(three && one) << three.error() << one.error();
  EXPECT_EQ(three->input(0).dims[0], 3);
  std::vector<float> windows(three->input(0).bytes / sizeof(float));
  for (std::size_t i = 0; i < windows.size(); ++i)
    windows[i] = static_cast<float>(i * 31 % 67) / 32.0F - 1.0F;
  float all[3] = {};
  ASSERT_EQ(three->run({windows.data()}, {all}), Status::kOk);
  for (int i = 0; i < 3; ++i) {
    float alone = 0;
    ASSERT_EQ(one->run({windows.data() + windows.size() / 3 * i}, {&alone}), Status::kOk);
    EXPECT_EQ(all[i], alone) << i;
  }
  EXPECT_EQ(Model::compile("examples/pitwall/tcn.onnx", {-2, {}, {}}).status(), Status::kBadUsage);
}

TEST(Api, WhatCannotBeLoadedIsTold) {
  struct Row {
    const char* path;
    Status status;
    const char* said;
  };
  const Row kRows[] = {
      {"/nowhere/x.plan", Status::kNotFound, "/nowhere/x.plan"},
      {"README.md", Status::kInvalid, "plain text"},
      {"libs", Status::kBadUsage, "libs"},
  };
  for (const Row& row : kRows) {
    auto model = Model::open(row.path);
    ASSERT_FALSE(model) << row.path;
    EXPECT_EQ(model.status(), row.status) << row.path << ": " << model.error();
    EXPECT_NE(model.error().find(row.said), std::string::npos) << model.error();
  }
  const std::vector<std::byte> few(5, std::byte{1});
  EXPECT_FALSE(Model::read(few));
}

TEST(Api, WrongCallsAreRefused) {
  slipway_model* model = nullptr;
  slipway_session* session = nullptr;
  EXPECT_EQ(slipway_model_open(nullptr, &model), SLIPWAY_BAD_USAGE);
  EXPECT_EQ(slipway_model_open(kAutopilot, nullptr), SLIPWAY_BAD_USAGE);
  EXPECT_EQ(slipway_model_read(nullptr, 8, &model), SLIPWAY_BAD_USAGE);
  EXPECT_EQ(slipway_session_create(nullptr, nullptr, &session), SLIPWAY_BAD_USAGE);
  EXPECT_STRNE(slipway_last_error(), "");
  slipway_model_free(nullptr);
  slipway_session_free(nullptr);

  auto opened = Model::open(kAutopilot);
  ASSERT_TRUE(opened) << opened.error();
  Options options;
  options.threads = 100000;
  EXPECT_EQ(opened->prepare(options).status(), Status::kBadUsage);
  alignas(64) std::byte small[64];
  Options memory;
  memory.memory = small;
  auto cramped = opened->prepare(memory);
  EXPECT_EQ(cramped.status(), Status::kBadUsage);
  EXPECT_NE(cramped.error().find("needs"), std::string::npos) << cramped.error();
  auto ready = opened->prepare();
  ASSERT_TRUE(ready) << ready.error();
  float rudder = 0;
  EXPECT_EQ(ready->run({nullptr}, {&rudder}), Status::kBadPointer);
  EXPECT_EQ(ready->run({}, {&rudder}), Status::kBadUsage);
}

}  // namespace
}  // namespace slipway
