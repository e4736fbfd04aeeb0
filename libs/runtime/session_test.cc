#include "runtime/session.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "plan/builder.h"
#include "plan/params.h"

namespace slipway::runtime {
namespace {

using plan::Place;

// y = |x| over [batch, 6], or over [2, 6] where the batch is fixed.
std::shared_ptr<const plan::Plan> absolute(bool has_batch) {
  plan::Builder builder;
  const plan::Dim dims[] = {has_batch ? plan::Dim{0, 1} : plan::Dim{2, 0}, {6, 0}};
  const std::uint32_t x = builder.add_tensor({"x", DType::kFloat32, Place::kInput, {}, dims, 0});
  const std::uint32_t y = builder.add_tensor({"y", DType::kFloat32, Place::kOutput, {}, dims, 0});
  const plan::UnaryParams params{12, 0, 0};
  builder.add_step(
      {"abs", plan::KernelId::kUnary, {&x, 1}, {&y, 1}, std::as_bytes(std::span(&params, 1)), 0});
  builder.add_input("x", x);
  builder.add_output("y", y);
  auto file = std::make_shared<Tensor>(builder.finish(0).value());
  const std::span<const std::byte> bytes = file->bytes();
  return std::make_shared<const plan::Plan>(plan::Plan::parse(bytes, std::move(file)).value());
}

std::string error_of(const std::shared_ptr<const plan::Plan>& plan, const PrepareOptions& options) {
  const auto session = Session::prepare(plan, options);
  return session.ok() ? "" : session.error().message;
}

TEST(Session, RunsAtTheBatchItWasPreparedFor) {
  const auto plan = absolute(true);
  for (const std::int64_t batch : {1, 2, 7}) {
    PrepareOptions options;
    options.batch = batch;
    const auto session = Session::prepare(plan, options);
    ASSERT_TRUE(session.ok()) << session.error().message;
    ASSERT_EQ((*session)->inputs()[0].dims[0], batch);
    const auto count = static_cast<std::size_t>(batch) * 6;
    ASSERT_EQ((*session)->inputs()[0].bytes, count * sizeof(float));
    const std::vector<float> x(count, -2.0F);
    std::vector<float> y(count + 1, 7.0F);
    const void* const inputs[] = {x.data()};
    void* const outputs[] = {y.data()};
    ASSERT_EQ((*session)->run(inputs, outputs), RunCode::kOk);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(y[i], 2.0F);
    EXPECT_EQ(y[count], 7.0F);
  }
}

TEST(Session, WhatCannotBePreparedIsTold) {
  PrepareOptions batch;
  batch.batch = 3;
  EXPECT_NE(error_of(absolute(false), batch).find("fixed batch"), std::string::npos);
  batch.batch = 0;
  EXPECT_NE(error_of(absolute(true), batch).find("batch of 0"), std::string::npos);
  batch.batch = plan::kMaxBatch + 1;
  EXPECT_NE(error_of(absolute(true), batch).find("cannot be prepared"), std::string::npos);
  PrepareOptions threads;
  threads.threads = 0;
  EXPECT_NE(error_of(absolute(true), threads).find("0 threads"), std::string::npos);
  threads.threads = 100000;
  EXPECT_NE(error_of(absolute(true), threads).find("100000 threads"), std::string::npos);
}

TEST(Session, PointersThatCannotBeUsedAreRefused) {
  const auto session = Session::prepare(absolute(true));
  ASSERT_TRUE(session.ok());
  alignas(8) std::array<std::byte, 64> x{};
  alignas(8) std::array<std::byte, 64> y{};
  const void* const none[] = {nullptr};
  const void* const odd[] = {x.data() + 1};
  const void* const good[] = {x.data()};
  void* const to[] = {y.data()};
  void* const to_odd[] = {y.data() + 2};
  EXPECT_EQ((*session)->run(none, to), RunCode::kBadPointer);
  EXPECT_EQ((*session)->run(odd, to), RunCode::kBadPointer);
  EXPECT_EQ((*session)->run(good, to_odd), RunCode::kBadPointer);
  EXPECT_EQ((*session)->run({}, to), RunCode::kBadPointer);
  EXPECT_EQ((*session)->run(good, {}), RunCode::kBadPointer);
  EXPECT_EQ((*session)->run(good, to), RunCode::kOk);
}

// t = |x|, y = |t|: something in the arena.
std::shared_ptr<const plan::Plan> with_arena(std::uint16_t kernel) {
  plan::Builder builder;
  const plan::Dim dims[] = {{16, 0}};
  const std::uint32_t x = builder.add_tensor({"x", DType::kFloat32, Place::kInput, {}, dims, 0});
  const std::uint32_t t = builder.add_tensor({"t", DType::kFloat32, Place::kArena, {}, dims, 0});
  const std::uint32_t y = builder.add_tensor({"y", DType::kFloat32, Place::kOutput, {}, dims, 0});
  const plan::UnaryParams params{12, 0, 0};
  const auto bytes = std::as_bytes(std::span(&params, 1));
  builder.add_step({"one", plan::KernelId{kernel}, {&x, 1}, {&t, 1}, bytes, 0});
  builder.add_step({"two", plan::KernelId::kUnary, {&t, 1}, {&y, 1}, bytes, 0});
  builder.add_input("x", x);
  builder.add_output("y", y);
  auto file = std::make_shared<Tensor>(builder.finish(64).value());
  const std::span<const std::byte> all = file->bytes();
  return std::make_shared<const plan::Plan>(plan::Plan::parse(all, std::move(file)).value());
}

TEST(Session, LivesInTheCallersMemory) {
  const auto plan = with_arena(static_cast<std::uint16_t>(plan::KernelId::kUnary));
  alignas(64) std::array<std::byte, 256> memory{};
  PrepareOptions options;
  options.memory = std::span(memory).first(32);
  EXPECT_NE(error_of(plan, options).find("needs 64 bytes"), std::string::npos);
  options.memory = std::span(memory).subspan(8);
  EXPECT_NE(error_of(plan, options).find("aligned to 64"), std::string::npos);
  options.memory = memory;
  const auto session = Session::prepare(plan, options);
  ASSERT_TRUE(session.ok()) << session.error().message;
  EXPECT_EQ((*session)->memory_bytes(), 64U);
  const std::vector<float> x(16, -3.0F);
  std::vector<float> y(16);
  const void* const inputs[] = {x.data()};
  void* const outputs[] = {y.data()};
  ASSERT_EQ((*session)->run(inputs, outputs), RunCode::kOk);
  EXPECT_EQ(y[15], 3.0F);
  EXPECT_EQ(reinterpret_cast<const float*>(memory.data())[0], 3.0F);
}

TEST(Session, AKernelThatThisBuildLacksIsNamed) {
  EXPECT_NE(error_of(with_arena(60000), {}).find("kernel number 60000"), std::string::npos);
}

TEST(Session, ManySessionsShareAPlan) {
  const auto plan = absolute(true);
  std::vector<std::thread> threads;
  std::array<bool, 4> is_good{};
  for (std::size_t t = 0; t < is_good.size(); ++t) {
    threads.emplace_back([&, t] {
      PrepareOptions options;
      options.batch = static_cast<std::int64_t>(t + 1);
      const auto session = Session::prepare(plan, options);
      if (!session.ok()) return;
      const std::vector<float> x(6 * (t + 1), -1.0F);
      std::vector<float> y(x.size());
      const void* const inputs[] = {x.data()};
      void* const outputs[] = {y.data()};
      bool all = true;
      for (int i = 0; i < 100; ++i)
        all = (*session)->run(inputs, outputs) == RunCode::kOk && y.back() == 1.0F && all;
      is_good[t] = all;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool good : is_good) EXPECT_TRUE(good);
}

}  // namespace
}  // namespace slipway::runtime
