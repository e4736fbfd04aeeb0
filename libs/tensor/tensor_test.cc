#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace slipway {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> bytes;
  for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(DType, NumbersAreThoseOfOnnx) {
  for (const DTypeInfo& row : all_dtypes()) {
    EXPECT_EQ(dtype_from_number(static_cast<std::int64_t>(row.dtype)), row.dtype) << row.name;
    EXPECT_EQ(dtype_from_name(row.name), row.dtype) << row.name;
  }
  EXPECT_EQ(static_cast<int>(DType::kBfloat16), 16);
  EXPECT_EQ(static_cast<int>(DType::kFloat6e3m2), 28);
  EXPECT_EQ(dtype_from_number(0), std::nullopt);
  EXPECT_EQ(dtype_from_number(29), std::nullopt);
}

struct BadShape {
  const char* name;
  Shape shape;
  Code code;
};

TEST(Tensor, RefusesShapesBeforeItAllocates) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const BadShape rows[] = {
      {"negative", {2, -1}, Code::kInvalid},
      {"product overflows", {kMost, kMost}, Code::kTooLarge},
      {"one element too many for bytes", {kMost}, Code::kTooLarge},
      {"more than the machine has", {std::int64_t{1} << 50}, Code::kTooLarge},
      {"negative beside zero", {0, -1}, Code::kInvalid},
  };
  for (const BadShape& row : rows) {
    const Result<Tensor> tensor = Tensor::create(DType::kFloat64, row.shape);
    ASSERT_FALSE(tensor.ok()) << row.name;
    EXPECT_EQ(tensor.error().code, row.code) << row.name;
  }
}

TEST(Tensor, EmptyShapesAreFineHoweverLargeTheOtherDimensions) {
  const Result<Tensor> tensor = Tensor::create(DType::kFloat32, {1LL << 62, 0, 1LL << 62});
  ASSERT_TRUE(tensor.ok()) << tensor.error().message;
  EXPECT_EQ(tensor->size(), 0U);
}

TEST(Tensor, CopiesDoNotSeeEachOthersWrites) {
  Tensor a = Tensor::of<float>({1.0F, 2.0F});
  Tensor b = a;
  b.mutable_data<float>()[0] = 9.0F;
  EXPECT_EQ(a.data<float>()[0], 1.0F);
  EXPECT_EQ(b.data<float>()[0], 9.0F);
}

struct PackedRow {
  DType dtype;
  std::vector<std::byte> file;
  std::vector<std::byte> elements;
};

TEST(Tensor, SubByteElementsArePackedInFilesLowBitsFirst) {
  const PackedRow rows[] = {
      {DType::kInt4, bytes_of({0x71, 0x0F}), bytes_of({1, 7, 0xFF})},
      {DType::kUint4, bytes_of({0xA1, 0x0F}), bytes_of({1, 10, 15})},
      {DType::kInt2, bytes_of({0b00111001}), bytes_of({1, 0xFE, 0xFF})},
      {DType::kUint2, bytes_of({0b00111001}), bytes_of({1, 2, 3})},
      {DType::kFloat6e2m3, bytes_of({0x41, 0xF0, 0x03}), bytes_of({0x01, 0x01, 0x3F})},
  };
  for (const PackedRow& row : rows) {
    const Result<Tensor> mapped = Tensor::mapped(row.dtype, {3}, row.file, nullptr);
    ASSERT_TRUE(mapped.ok()) << name(row.dtype) << mapped.error().message;
    const Tensor direct = *mapped->direct();
    EXPECT_TRUE(std::equal(row.elements.begin(), row.elements.end(), direct.bytes().begin()))
        << name(row.dtype);
    EXPECT_EQ(direct.file_bytes(), row.file) << name(row.dtype);
  }
}

TEST(Tensor, MappedBytesMustFitTheShape) {
  const std::vector<std::byte> file(7);
  EXPECT_FALSE(Tensor::mapped(DType::kFloat32, {2}, file, nullptr).ok());
  EXPECT_FALSE(Tensor::mapped(DType::kString, {7}, file, nullptr).ok());
  EXPECT_FALSE(Tensor::mapped(DType::kInt8, {-7}, file, nullptr).ok());
  EXPECT_TRUE(Tensor::mapped(DType::kInt8, {7}, file, nullptr).ok());
}

TEST(Tensor, UnalignedMappedElementsBecomeAligned) {
  std::vector<std::byte> file(9);
  const float value = 1.5F;
  std::memcpy(file.data() + 1, &value, sizeof value);
  const std::span<const std::byte> odd = std::span(file).subspan(1, 4);
  const Tensor direct = *Tensor::mapped(DType::kFloat32, {1}, odd, nullptr)->direct();
  EXPECT_EQ(direct.data<float>()[0], 1.5F);
}

TEST(Tensor, AlignedMappedElementsAreLentAndNeverWritten) {
  const auto file = std::make_shared<std::vector<float>>(std::vector<float>{1.0F, 2.0F});
  const auto bytes = std::as_bytes(std::span(*file));
  Tensor tensor = *Tensor::mapped(DType::kFloat32, {2}, bytes, file)->direct();
  const Tensor other = *tensor.reshaped({2, 1});
  EXPECT_EQ(tensor.bytes().data(), bytes.data());
  EXPECT_EQ(file.use_count(), 2);
  tensor.mutable_data<float>()[0] = 9.0F;
  EXPECT_NE(tensor.bytes().data(), bytes.data());
  EXPECT_EQ(other.data<float>()[0], 1.0F);
  EXPECT_EQ((*file)[0], 1.0F);
}

TEST(Tensor, MappedElementsWithoutOwnerAreCopied) {
  const float value = 1.5F;
  const auto bytes = std::as_bytes(std::span(&value, 1));
  EXPECT_NE(Tensor::mapped(DType::kFloat32, {1}, bytes, nullptr)->direct()->bytes().data(),
            bytes.data());
}

TEST(Tensor, AnyNonZeroByteOfAMappedBoolIsTrue) {
  const std::vector<std::byte> file = bytes_of({0, 1, 2, 255});
  const Tensor direct = *Tensor::mapped(DType::kBool, {4}, file, nullptr)->direct();
  EXPECT_EQ(direct.bytes()[2], std::byte{1});
  EXPECT_FALSE(direct.data<bool>()[0]);
  EXPECT_TRUE(direct.data<bool>()[3]);
}

TEST(Tensor, ReshapedKeepsTheCount) {
  const Tensor tensor = Tensor::of<float>({1, 2, 3, 4});
  EXPECT_EQ(tensor.reshaped({2, 2})->dim(1), 2);
  EXPECT_FALSE(tensor.reshaped({3}).ok());
}

}  // namespace
}  // namespace slipway
