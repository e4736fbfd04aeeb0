// Plans of one step that may lie: what a test says of a step, and what preparing it must answer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "plan/builder.h"
#include "plan/params.h"
#include "runtime/session.h"

namespace slipway::runtime {

// What a step takes: an input of the plan, a constant where there are bytes, or memory of the
// session where it is not plain. Of no type: it is left out.
struct Given {
  DType dtype = DType::kFloat32;
  Shape dims;
  std::vector<std::byte> constant = {};
  plan::Layout layout = plan::Layout::kPlain;
};

struct Lie {
  const char* name;
  plan::KernelId kernel;
  std::vector<Given> inputs;
  Given output;
  std::vector<std::byte> params;
  const char* error;             // part of the message; null: it is true and must prepare
  std::vector<Given> more = {};  // outputs after the first
};

template <typename T>
std::vector<std::byte> raw(std::vector<T> values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}
template <typename P>
std::vector<std::byte> raw_of(P params) {
  return raw<P>({params});
}

inline Given floats(Shape dims) { return {DType::kFloat32, std::move(dims)}; }
inline Given whole(Shape dims) { return {DType::kInt64, std::move(dims)}; }
inline Given indexes(std::vector<std::int64_t> values) {
  return {DType::kInt64, {static_cast<std::int64_t>(values.size())}, raw(values)};
}

class OneStepPlan {
 public:
  explicit OneStepPlan(const Lie& lie) {
    std::vector<std::uint32_t> inputs;
    for (const Given& given : lie.inputs) inputs.push_back(add(given, plan::Place::kInput));
    std::vector<std::uint32_t> outputs = {add(lie.output, plan::Place::kOutput)};
    for (const Given& given : lie.more) outputs.push_back(add(given, plan::Place::kOutput));
    builder_.add_step({"liar", lie.kernel, inputs, outputs, lie.params});
    for (const std::uint32_t output : outputs) {
      if (output != plan::kNoTensor && lie.output.layout == plan::Layout::kPlain)
        builder_.add_output(std::string(1, static_cast<char>('p' + outputs_named_++)), output);
    }
  }

  Result<std::unique_ptr<Session>> prepare() const {
    const Tensor file = TRY(builder_.finish(arena_));
    plan::Plan parsed = TRY(plan::Plan::parse(file.bytes(), nullptr));
    bytes_ = file;
    return Session::prepare(std::make_shared<plan::Plan>(std::move(parsed)));
  }

 private:
  std::uint32_t add(const Given& given, plan::Place place) {
    if (given.dtype == DType::kUndefined) return plan::kNoTensor;
    if (given.layout == plan::Layout::kPlain) return add_plain(given, place);
    const std::uint32_t blocked = add_tensor(given, plan::Place::kArena, arena_);
    arena_ += kRoom;
    if (place == plan::Place::kInput) {
      Given outside = given;
      outside.layout = plan::Layout::kPlain;
      const std::vector<std::uint32_t> from = {add_plain(outside, place)};
      const std::vector<std::uint32_t> to = {blocked};
      builder_.add_step({"relayout", plan::KernelId::kRelayout, from, to, {}});
    }
    return blocked;
  }

  std::uint32_t add_plain(const Given& given, plan::Place place) {
    if (!given.constant.empty()) {
      return add_tensor(given, plan::Place::kWeights, builder_.add_weights(given.constant));
    }
    if (place != plan::Place::kInput) return add_tensor(given, place, outputs_++);
    const std::uint32_t tensor = add_tensor(given, place, ports_);
    builder_.add_input(std::string(1, static_cast<char>('a' + ports_)), tensor);
    ++ports_;
    return tensor;
  }

  std::uint32_t add_tensor(const Given& given, plan::Place place, std::uint64_t offset) {
    std::vector<plan::Dim> dims;
    for (const std::int64_t extent : given.dims) dims.push_back({extent, 0});
    return builder_.add_tensor({"t", given.dtype, place, given.layout, dims, offset});
  }

  static constexpr std::uint64_t kRoom = 64 * 1024;  // of each tensor in the arena

  plan::Builder builder_;
  std::uint64_t arena_ = 0;
  mutable Tensor bytes_;
  std::uint64_t ports_ = 0;
  std::uint64_t outputs_ = 0;
  char outputs_named_ = 0;
};

inline void expect_told(const std::vector<Lie>& lies) {
  for (const Lie& lie : lies) {
    const OneStepPlan plan(lie);
    const auto session = plan.prepare();
    if (lie.error == nullptr) {
      EXPECT_TRUE(session.ok()) << lie.name << ": " << session.error().message;
      continue;
    }
    ASSERT_FALSE(session.ok()) << lie.name;
    EXPECT_EQ(session.error().code, Code::kInvalid) << lie.name;
    EXPECT_NE(session.error().message.find(lie.error), std::string::npos)
        << lie.name << ": " << session.error().message;
  }
}

}  // namespace slipway::runtime
