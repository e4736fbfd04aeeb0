#include "plan/plan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "plan/builder.h"
#include "plan/params.h"

namespace slipway::plan {
namespace {

// y = relu(x + w) over [batch, 4], by way of a tensor in the arena.
Tensor small_plan() {
  Builder builder;
  const Dim rows[] = {{0, 1}, {4, 0}};
  const Dim row[] = {{4, 0}};
  const float w[] = {1, 2, 3, 4};
  const std::uint64_t at = builder.add_weights(std::as_bytes(std::span(w)));
  const std::uint32_t x = builder.add_tensor({"x", DType::kFloat32, Place::kInput, {}, rows, 0});
  const std::uint32_t c = builder.add_tensor({"w", DType::kFloat32, Place::kWeights, {}, row, at});
  const std::uint32_t t = builder.add_tensor({"t", DType::kFloat32, Place::kArena, {}, rows, 0});
  const std::uint32_t y = builder.add_tensor({"y", DType::kFloat32, Place::kOutput, {}, rows, 0});
  const std::uint32_t sum[] = {x, c};
  const UnaryParams relu{1, 0, 0};
  builder.add_step({"add", KernelId::kChain, sum, {&t, 1}, {}, 4});
  builder.add_step(
      {"relu", KernelId::kUnary, {&t, 1}, {&y, 1}, std::as_bytes(std::span(&relu, 1)), 0});
  builder.add_input("x", x);
  builder.add_output("y", y);
  builder.add_metadata("name", "small");
  return builder.finish(64).value();
}

template <typename Record>
Record* section(std::span<std::byte> bytes, SectionId id) {
  const auto* header = reinterpret_cast<const Header*>(bytes.data());
  return reinterpret_cast<Record*>(bytes.data() +
                                   header->sections[static_cast<std::size_t>(id)].offset);
}

TEST(Plan, IsReadAsItWasBuilt) {
  const Tensor file = small_plan();
  const Result<Plan> plan = Plan::parse(file.bytes());
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->steps().size(), 2U);
  EXPECT_EQ(plan->text(plan->steps()[1].name), "relu");
  EXPECT_EQ(plan->text(plan->inputs()[0].name), "x");
  EXPECT_EQ(plan->step_inputs(plan->steps()[0]).size(), 2U);
  EXPECT_EQ(plan->header().multiply_adds, 4U);
  EXPECT_TRUE(plan->has_batch());
  EXPECT_EQ(plan->text(plan->metadata()[0].value), "small");
}

TEST(Plan, EqualWeightsAreKeptOnce) {
  Builder builder;
  const float a[] = {1, 2};
  const float b[] = {1, 3};
  const std::uint64_t first = builder.add_weights(std::as_bytes(std::span(a)));
  EXPECT_NE(builder.add_weights(std::as_bytes(std::span(b))), first);
  EXPECT_EQ(builder.add_weights(std::as_bytes(std::span(a))), first);
}

struct Damage {
  const char* name;
  std::function<void(std::span<std::byte>)> harm;
  const char* said;
};

Header& header_of(std::span<std::byte> bytes) { return *reinterpret_cast<Header*>(bytes.data()); }

const Damage kDamages[] = {
    {"magic", [](auto b) { b[0] = std::byte{'X'}; }, "not a plan"},
    {"newer format", [](auto b) { header_of(b).format_version = 2; }, "format 2"},
    {"newer numerics", [](auto b) { header_of(b).numerics_version = 9; }, "numerics 9"},
    {"older numerics", [](auto b) { header_of(b).numerics_version = 1; },
     "numerics 1; this build reads format 1 and numerics 5: compile the model again"},
    {"arena beyond reason", [](auto b) { header_of(b).arena_bytes = ~std::uint64_t{0}; }, "arena"},
    {"section beyond the end",
     [](auto b) { header_of(b).sections[2].offset = std::uint64_t{1} << 40; }, "section 2"},
    {"section whose end overflows",
     [](auto b) { header_of(b).sections[8].bytes = ~std::uint64_t{0} - 63; }, "section 8"},
    {"section not aligned", [](auto b) { header_of(b).sections[1].offset += 8; }, "section 1"},
    {"section of half a record", [](auto b) { header_of(b).sections[3].bytes -= 8; }, "section 3"},
    {"section inside the header", [](auto b) { header_of(b).sections[0].offset = 64; },
     "section 0"},
    {"type of strings", [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[0].dtype = 8; },
     "element type"},
    {"type unknown", [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[0].dtype = 99; },
     "element type"},
    {"rank", [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[0].rank = 33; },
     "impossible shape"},
    {"dims beyond the section",
     [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[3].first_dim = 1000; },
     "impossible shape"},
    {"place", [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[0].place = Place{9}; },
     "impossible shape"},
    {"negative extent",
     [](auto b) { section<slipway::plan::Dim>(b, SectionId::kDims)[1].fixed = -4; },
     "out of range"},
    {"extent beyond the arena",
     [](auto b) {
       section<slipway::plan::Dim>(b, SectionId::kDims)[4].fixed = std::int64_t{1} << 39;
     },
     "in the arena"},
    {"extents whose product overflows",
     [](auto b) {
       section<slipway::plan::Dim>(b, SectionId::kDims)[0] = {std::int64_t{1} << 40, 0};
       section<slipway::plan::Dim>(b, SectionId::kDims)[1] = {std::int64_t{1} << 40, 0};
     },
     "too large"},
    {"two extents that grow",
     [](auto b) {
       section<slipway::plan::Dim>(b, SectionId::kDims)[1] = {0, 4};
     },
     "grows with the batch"},
    {"constant that grows",
     [](auto b) {
       section<slipway::plan::Dim>(b, SectionId::kDims)[2] = {0, 4};
     },
     "among the weights"},
    {"tensor beyond the arena",
     [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[2].offset = 64; }, "in the arena"},
    {"tensor not aligned",
     [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[2].offset = 4; }, "in the arena"},
    {"constant beyond the weights",
     [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[1].offset = 64; },
     "among the weights"},
    {"input that does not exist",
     [](auto b) { section<TensorRecord>(b, SectionId::kTensors)[0].offset = 5; }, "does not exist"},
    {"operand beyond the tensors",
     [](auto b) { *section<std::uint32_t>(b, SectionId::kOperands) = 77; }, "before it is written"},
    {"operands beyond the section",
     [](auto b) { section<StepRecord>(b, SectionId::kSteps)[1].first_operand = 100; },
     "do not lie in the file"},
    {"params beyond the section",
     [](auto b) { section<StepRecord>(b, SectionId::kSteps)[1].params_bytes = 4096; },
     "do not lie in the file"},
    {"step that reads what comes later",
     [](auto b) { section<std::uint32_t>(b, SectionId::kOperands)[0] = 2; },
     "before it is written"},
    {"step that writes a constant",
     [](auto b) { section<std::uint32_t>(b, SectionId::kOperands)[2] = 1; }, "must not be written"},
    {"output that no step writes",
     [](auto b) { section<std::uint32_t>(b, SectionId::kOperands)[4] = 2; }, "never written"},
    {"port without a tensor",
     [](auto b) { section<PortRecord>(b, SectionId::kPorts)[0].tensor = 9; }, "no tensor"},
    {"port that is no input",
     [](auto b) { section<PortRecord>(b, SectionId::kPorts)[0].tensor = 2; }, "caller's memory"},
    {"ports that are not all there", [](auto b) { header_of(b).output_count = 2; },
     "not all there"},
    {"name beyond the text",
     [](auto b) { section<StepRecord>(b, SectionId::kSteps)[0].name.bytes = 1 << 20; },
     "text section"},
    {"metadata beyond the text",
     [](auto b) { section<MetadataRecord>(b, SectionId::kMetadata)[0].key.offset = 1 << 20; },
     "text section"},
};

TEST(Plan, EveryDamageIsToldAndNoneIsRead) {
  for (const Damage& damage : kDamages) {
    Tensor file = small_plan();
    const std::span<std::byte> bytes = file.mutable_bytes();
    damage.harm(bytes);
    header_of(bytes).checksum = checksum_of(bytes.subspan(kChecksummedFrom));
    const Result<Plan> plan = Plan::parse(bytes);
    ASSERT_FALSE(plan.ok()) << damage.name;
    EXPECT_NE(plan.error().message.find(damage.said), std::string::npos)
        << damage.name << ": " << plan.error().message;
  }
}

TEST(Plan, EveryByteIsUnderTheChecksumOrCheckedByItself) {
  const Tensor file = small_plan();
  for (std::size_t i = 0; i < file.bytes().size(); ++i) {
    Tensor copy = file;
    copy.mutable_bytes()[i] ^= std::byte{0x40};
    EXPECT_FALSE(Plan::parse(copy.bytes()).ok()) << "byte " << i;
  }
}

TEST(Plan, EveryTruncationIsTold) {
  const Tensor file = small_plan();
  for (std::size_t size = 0; size < file.bytes().size(); ++size)
    EXPECT_FALSE(Plan::parse(file.bytes().first(size)).ok()) << size;
}

TEST(Plan, UnalignedBytesAreRefused) {
  const Tensor file = small_plan();
  EXPECT_EQ(Plan::parse(file.bytes().subspan(8)).error().code, Code::kUsage);
}

TEST(Plan, AFileThatIsNotThereIsNamed) {
  const Result<Plan> plan = Plan::open("/nowhere/x.plan");
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, Code::kNotFound);
  EXPECT_NE(plan.error().message.find("/nowhere/x.plan"), std::string::npos);
}

}  // namespace
}  // namespace slipway::plan
