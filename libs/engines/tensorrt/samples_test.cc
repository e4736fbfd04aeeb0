#include "engines/tensorrt/samples.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <numeric>

#include "tensor/npy.h"
#include "tensor/npz.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

class SamplesOf : public testing::Test {
 protected:
  SamplesOf() : folder_(fs::path(testing::TempDir()) / ("samples." + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~SamplesOf() override { fs::remove_all(folder_); }

  static Tensor counted(const Shape& shape) {
    std::vector<float> values(*element_count(shape));
    std::iota(values.begin(), values.end(), 0.0F);
    return Tensor::of<float>(shape, values);
  }
  static float first(std::span<const std::byte> bytes) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  fs::path folder_;
  std::vector<Port> one_ = {{"x", DType::kFloat32, {2, 3}, 24}};
  std::vector<Port> two_ = {{"x", DType::kFloat32, {2, 3}, 24}, {"y", DType::kFloat32, {1}, 4}};
};

TEST_F(SamplesOf, OneInputAreCutIntoBatches) {
  ASSERT_TRUE(write_npy(folder_ / "x.npy", counted({7, 3})).ok());
  const auto samples = Samples::read(folder_ / "x.npy", one_);
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  EXPECT_EQ(samples->batches(), 3U) << "the seventh sample is left over";
  EXPECT_EQ(samples->batch(0, 2).size(), 24U);
  EXPECT_EQ(first(samples->batch(0, 2)), 12);
}

TEST_F(SamplesOf, SeveralInputsHaveAsManyBatchesAsTheShortest) {
  const std::vector<NamedArray> arrays = {{"y", counted({2})}, {"x", counted({8, 3})}};
  ASSERT_TRUE(write_npz(folder_ / "all.npz", arrays).ok());
  const auto samples = Samples::read(folder_ / "all.npz", two_);
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  EXPECT_EQ(samples->batches(), 2U);
  EXPECT_EQ(first(samples->batch(0, 1)), 6);
  EXPECT_EQ(first(samples->batch(1, 1)), 1);
}

TEST_F(SamplesOf, ThatDoNotFitAreNamed) {
  const auto says = [&](const fs::path& file, std::span<const Port> ports, const char* words) {
    const auto samples = Samples::read(file, ports);
    ASSERT_FALSE(samples.ok());
    EXPECT_NE(samples.error().message.find(words), std::string::npos) << samples.error().message;
  };
  ASSERT_TRUE(write_npy(folder_ / "x.npy", counted({7, 3})).ok());
  ASSERT_TRUE(write_npy(folder_ / "few.npy", counted({1, 3})).ok());
  ASSERT_TRUE(write_npy(folder_ / "wide.npy", counted({4, 4})).ok());
  ASSERT_TRUE(
      write_npy(folder_ / "double.npy", Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6})).ok());
  const std::vector<NamedArray> arrays = {{"z", counted({8, 3})}};
  ASSERT_TRUE(write_npz(folder_ / "z.npz", arrays).ok());
  says(folder_ / "x.npy", two_, "the model has 2 inputs");
  says(folder_ / "few.npy", one_, "fewer than one batch of 2");
  says(folder_ / "wide.npy", one_, "is float[4,4], the model takes float[2,3]");
  says(folder_ / "double.npy", one_, "double");
  says(folder_ / "z.npz", one_, "has no array x");
  says(folder_ / "x.csv", one_, ".npz or a .npy");
  says(folder_ / "none.npy", one_, "none.npy");
}

}  // namespace
}  // namespace slipway::engines
