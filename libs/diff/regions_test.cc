// Where tensors lie, and that those of plans are known by how their kernels want them.
#include "diff/regions.h"

#include <cmath>

#include "diff/members.h"
#include "diff/tensor_encoder.h"
#include "diff/testing.h"
#include "plan/builder.h"

namespace slipway::diff {
namespace {

constexpr std::size_t kBlocks = 2;
constexpr std::size_t kColumns = 40;  // fours of input channels and taps
constexpr std::size_t kChannels = 16;
constexpr std::size_t kFour = 4;

// Weights of a convolution of bytes, and what they are where each channel's factor is another.
std::vector<std::int8_t> packed_weights(bool again) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 30);
  std::vector<std::int8_t> packed(kBlocks * kColumns * kChannels * kFour);
  for (std::size_t i = 0; i < packed.size(); ++i) {
    const std::size_t channel = i / kFour % kChannels + i / (packed.size() / kBlocks) * kChannels;
    const float factor = again ? 1 + static_cast<float>(channel % 11) / 40 : 1;
    packed[i] = static_cast<std::int8_t>(std::clamp(std::nearbyint(normal(random)), -90.F, 90.F));
    packed[i] = static_cast<std::int8_t>(std::nearbyint(static_cast<float>(packed[i]) * factor));
  }
  return packed;
}

Tensor byte_plan(bool has_sums) {
  plan::Builder builder;
  const plan::Dim line[] = {{64, 0}};
  const auto constant = [&]<typename T>(const char* name, DType dtype, const std::vector<T>& data) {
    const plan::Dim dims[] = {{static_cast<std::int64_t>(data.size()), 0}};
    const std::uint64_t at = builder.add_weights(std::as_bytes(std::span(data)));
    return builder.add_tensor({name, dtype, plan::Place::kWeights, {}, dims, at});
  };
  const std::uint32_t x = builder.add_tensor({"x", DType::kInt8, plan::Place::kInput, {}, line, 0});
  const std::uint32_t y =
      builder.add_tensor({"y", DType::kInt8, plan::Place::kOutput, {}, line, 0});
  const std::uint32_t w = constant("w", DType::kInt8, packed_weights(false));
  const std::uint32_t sums =
      constant("sums", DType::kInt32, std::vector<std::int32_t>(kBlocks * 9 * kChannels, 7));
  const std::uint32_t factors =
      constant("factors", DType::kFloat32, std::vector<float>(kBlocks * kChannels, 0.5F));
  const std::uint32_t none = plan::kNoTensor;
  const std::uint32_t inputs[] = {x, w, has_sums ? sums : none, none, factors};
  builder.add_step({"conv", plan::KernelId::kByteConv, inputs, {&y, 1}, {}, 1});
  builder.add_input("x", x);
  builder.add_output("y", y);
  return builder.finish(0).value();
}

const Region* region_of(const std::vector<Region>& regions, std::string_view name) {
  for (const Region& region : regions) {
    if (region.name == name) return &region;
  }
  return nullptr;
}

void expect_panels(const Region* region, std::uint64_t lanes, std::uint64_t shared) {
  ASSERT_NE(region, nullptr);
  ASSERT_TRUE(region->panels.has_value());
  EXPECT_EQ(region->panels->count, kBlocks);
  EXPECT_EQ(region->panels->lanes, lanes);
  EXPECT_EQ(region->panels->shared, shared);
}

TEST(PlanRegions, OfBytesSayHowChannelsLie) {
  const Tensor file = byte_plan(true);
  const std::vector<Region> regions = find_regions(file.bytes());
  ASSERT_EQ(regions.size(), 3U);
  expect_panels(region_of(regions, "w"), kChannels * kFour, kFour);
  expect_panels(region_of(regions, "sums"), kChannels, 1);
  EXPECT_FALSE(region_of(regions, "factors")->panels.has_value());
}

TEST(PlanRegions, OfADepthwiseStepHaveOneByteOfAChannel) {
  const Tensor file = byte_plan(false);
  expect_panels(region_of(find_regions(file.bytes()), "w"), kChannels, 1);
}

// Each channel's factor is told once, however many of its elements stand side by side.
TEST(TensorOperation, SharesScales) {
  const std::string was = file_of(packed_weights(false));
  const std::string is = file_of(packed_weights(true));
  const Piece piece{delta::Element::kI8, bytes_of(was), bytes_of(is)};
  const delta::Matrix shared{was.size(), kColumns, kChannels * kFour, kFour};
  const delta::Matrix apart{was.size(), kColumns, kChannels * kFour, 1};
  const delta::Matrix wrong{was.size(), kColumns * kFour, kChannels, 1};
  const std::size_t size = encode_tensor(piece, shared, nullptr).payload.size();
  EXPECT_LT(size * 10, encode_tensor(piece, apart, nullptr).payload.size() * 9);
  EXPECT_LT(size * 2, encode_tensor(piece, wrong, nullptr).payload.size());
}

}  // namespace
}  // namespace slipway::diff
