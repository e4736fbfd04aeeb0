#include "serve/served.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "base/str.h"
#include "graph/text.h"
#include "onnx/writer.h"

namespace slipway::serve {
namespace {

using Floats = std::vector<float>;

std::unique_ptr<Served> serve_text(const std::string& inputs, const std::string& body,
                                   const std::string& outputs, ServeOptions options = {}) {
  const auto model = parse_model(str("slipway-text 1\nir 8\nopset ai.onnx 18\ngraph g(", inputs,
                                     ") {\n", body, "\nreturn ", outputs, "\n}\n"));
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
  const auto bytes = model_bytes(*model);
  EXPECT_TRUE(bytes.ok());
  auto served = Served::read(std::as_bytes(std::span(*bytes)), std::move(options));
  EXPECT_TRUE(served.ok()) << (served.ok() ? "" : served.error().message);
  return served.ok() ? std::move(served).value() : nullptr;
}

Floats numbers(std::size_t count) {
  Floats values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 37 % 101) / 64 - 0.75F;
  return values;
}

// One input and one output of floats.
Result<Floats> run(Served& served, const Floats& values, const Shape& shape) {
  const std::shared_ptr<Pool> pool = TRY(served.sessions_for({shape}));
  const Lease lease = TRY(pool->take());
  Floats result(lease.session().outputs()[0].bytes / sizeof(float));
  const void* const from[] = {values.data()};
  void* const to[] = {result.data()};
  EXPECT_EQ(lease.session().run(from, to), runtime::RunCode::kOk);
  return result;
}

Floats reference(Served& served, const Floats& values, const Shape& shape) {
  const std::string name = served.signature().graph.value(served.inputs()[0]).name;
  std::vector<NamedValue> inputs;
  inputs.push_back({name, Tensor::of(shape, values)});
  const auto outputs = served.interpret(std::move(inputs));
  EXPECT_TRUE(outputs.ok()) << (outputs.ok() ? "" : outputs.error().message);
  if (!outputs.ok()) return {};
  const auto data = outputs->front().value.tensor().data<float>();
  return {data.begin(), data.end()};
}

void expect_same_bits(const Floats& a, const Floats& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)), 0);
}

TEST(Served, EveryBatchOfTheAutopilotHasTheBitsOfItsRows) {
  auto served = Served::open("examples/autopilot/autopilot.onnx");
  ASSERT_TRUE(served.ok()) << served.error().message;
  const Floats values = numbers(5 * 20 * 25);
  const auto all = run(**served, values, {5, 20, 25});
  ASSERT_TRUE(all.ok()) << all.error().message;
  for (std::size_t i = 0; i < 5; ++i) {
    const Floats row(values.begin() + static_cast<std::ptrdiff_t>(i * 500),
                     values.begin() + static_cast<std::ptrdiff_t>(i * 500 + 500));
    const auto alone = run(**served, row, {1, 20, 25});
    ASSERT_TRUE(alone.ok());
    expect_same_bits({(*all)[i]}, *alone);
  }
}

TEST(Served, OpenDimensionsBehindTheBatchAreAsTheShapesHaveThem) {
  const auto served =
      serve_text("%x: float[n,t]", "%e = Exp(%x)\n%y = ReduceSum(%e) {keepdims = 0}", "%y");
  for (const Shape& shape : {Shape{2, 3}, Shape{4, 7}, Shape{1, 1}, Shape{2, 3}}) {
    const Floats values = numbers(static_cast<std::size_t>(shape[0] * shape[1]));
    const auto result = run(*served, values, shape);
    ASSERT_TRUE(result.ok()) << result.error().message;
    expect_same_bits(*result, reference(*served, values, shape));
  }
}

TEST(Served, MoreShapesThanAreKept) {
  const auto served = serve_text("%x: float[n,t]", "%y = Softmax(%x)", "%y");
  for (std::int64_t t = 1; t <= static_cast<std::int64_t>(Served::kMostPools) + 3; ++t) {
    const Floats values = numbers(static_cast<std::size_t>(2 * t));
    const auto result = run(*served, values, {2, t});
    ASSERT_TRUE(result.ok()) << result.error().message;
    expect_same_bits(*result, reference(*served, values, {2, t}));
  }
}

TEST(Served, AShapeThatIsNotTheModelsIsToldByItsInput) {
  const auto served = serve_text("%x: float[n,4]", "%y = Relu(%x)", "%y");
  const auto wrong = run(*served, numbers(6), {2, 3});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
  EXPECT_EQ(wrong.error().message, "input 'x' has the shape [2,3], the model takes [n,4]");
}

TEST(Served, AnInputWithADefaultHasIt) {
  const auto served = serve_text("%x: float[n,2], %w: float[2]",
                                 "init %w = float[2] {0.5, -1.0}\n%y = Mul(%x, %w)", "%y");
  ASSERT_EQ(served->inputs().size(), 1U);
  const auto result = run(*served, {1, 2, 3, 4}, {2, 2});
  ASSERT_TRUE(result.ok()) << result.error().message;
  expect_same_bits(*result, {0.5, -2, 1.5, -4});
}

TEST(Served, OneNameIsOneExtent) {
  const auto served = serve_text("%a: float[n], %b: float[n]", "%y = Add(%a, %b)", "%y");
  const Shape three = {3};
  const Shape four = {4};
  const auto wrong = served->sessions_for({three, four});
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("'n' is 3 in a dimension before"), std::string::npos)
      << wrong.error().message;
}

TEST(Served, WhatNoPlanHoldsIsInterpreted) {
  const auto served = serve_text("%x: float[2]", "%s = SequenceConstruct(%x, %x)", "%s");
  ASSERT_TRUE(served->why_interpreted().has_value());
  EXPECT_EQ(*served->why_interpreted(), "'s' is a sequence, which plans do not hold");
  const Shape two = {2};
  EXPECT_FALSE(served->sessions_for({two}).ok());
  std::vector<NamedValue> inputs;
  inputs.push_back({"x", Tensor::of<float>({1.0F, 2.0F})});
  const auto outputs = served->interpret(std::move(inputs));
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  EXPECT_EQ(outputs->front().value.sequence().items.size(), 2U);
}

TEST(Served, ThreadsHaveSessionsOfTheirOwnAndTheSameBits) {
  auto served = Served::open("examples/autopilot/autopilot.onnx");
  ASSERT_TRUE(served.ok());
  const Floats values = numbers(500);
  const auto wanted = run(**served, values, {1, 20, 25});
  ASSERT_TRUE(wanted.ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        const auto result = run(**served, values, {1, 20, 25});
        ASSERT_TRUE(result.ok());
        expect_same_bits(*result, *wanted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Served, AStateIsOneSessionsAndThreadsTakeTurns) {
  ServeOptions options;
  options.states.push_back({"h_out", "h_in"});
  const auto served =
      serve_text("%x: float[1], %h_in: float[1]", "%h_out = Add(%x, %h_in)\n%y = Identity(%h_out)",
                 "%h_out, %y", std::move(options));
  ASSERT_NE(served, nullptr);
  ASSERT_EQ(served->inputs().size(), 1U);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) EXPECT_TRUE(run(*served, {1.0F}, {1}).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto result = run(*served, {1.0F}, {1});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->front(), 201.0F);
}

TEST(Served, AFileThatIsNotThere) {
  auto model = Served::open("examples/autopilot/missing.onnx");
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace slipway::serve
