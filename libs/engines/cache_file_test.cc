#include "engines/cache_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "base/files.h"
#include "plan/plan.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

class CacheFile : public testing::Test {
 protected:
  CacheFile() : file_(fs::path(testing::TempDir()) / ("cache_file." + std::to_string(getpid()))) {
    key_.add("model", "0123");
    key_.add("driver", "");
    golden_.inputs = {{"x", Tensor::of<float>({2, 2}, {1, 2, 3, 4})},
                      {"n", Tensor::of<std::int64_t>({1}, {-7})}};
    golden_.outputs = {{"y", Tensor::of<float>({0, 3}, {})}, {"z", Tensor::scalar<float>(5)}};
    for (int i = 0; i < 200; ++i) payload_.push_back(static_cast<std::byte>(i));
    EXPECT_TRUE(write_entry(file_, key_, golden_, payload_).ok());
    bytes_ = *read_file(file_);
  }
  ~CacheFile() override { fs::remove(file_); }

  static Result<CacheEntry> read(const std::string& bytes) {
    auto tensor = std::make_shared<Tensor>(
        *Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes.size())}));
    if (!bytes.empty()) std::memcpy(tensor->mutable_bytes().data(), bytes.data(), bytes.size());
    const std::span<const std::byte> own = tensor->bytes();
    return parse_entry(own, std::move(tensor));
  }
  static std::string with_checksum(std::string bytes) {
    if (bytes.size() < 64) return bytes;
    const std::uint64_t size = bytes.size();
    std::memcpy(bytes.data() + 16, &size, sizeof size);
    const std::uint64_t sum = plan::checksum_of(std::as_bytes(std::span(bytes)).subspan(32));
    std::memcpy(bytes.data() + 24, &sum, sizeof sum);
    return bytes;
  }

  fs::path file_;
  CacheKey key_;
  Golden golden_;
  std::vector<std::byte> payload_;
  std::string bytes_;
};

TEST_F(CacheFile, HoldsWhatWasWritten) {
  const auto entry = read_entry(file_);
  ASSERT_TRUE(entry.ok()) << entry.error().message;
  EXPECT_EQ(entry->key, key_.parts);
  EXPECT_TRUE(std::ranges::equal(entry->payload, payload_));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entry->payload.data()) % 64, 0U);
  for (const auto& [got, wanted] : {std::pair(&entry->golden.inputs, &golden_.inputs),
                                    std::pair(&entry->golden.outputs, &golden_.outputs)}) {
    ASSERT_EQ(got->size(), wanted->size());
    for (std::size_t i = 0; i < got->size(); ++i) {
      EXPECT_EQ((*got)[i].name, (*wanted)[i].name);
      EXPECT_EQ((*got)[i].value.tensor().shape(), (*wanted)[i].value.tensor().shape());
      EXPECT_TRUE(std::ranges::equal((*got)[i].value.tensor().bytes(),
                                     (*wanted)[i].value.tensor().bytes()));
    }
  }
}

TEST_F(CacheFile, IsRefusedWithAnyByteChanged) {
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    std::string changed = bytes_;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    // Byte 12 to 15 are zeros that nobody reads.
    EXPECT_EQ(read(changed).ok(), i >= 12 && i < 16) << "byte " << i;
  }
}

TEST_F(CacheFile, IsRefusedCutShort) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    EXPECT_FALSE(read(bytes_.substr(0, size)).ok()) << size << " bytes";
  }
}

// With a checksum that fits, what lies behind it has to hold.
TEST_F(CacheFile, IsReadOrRefusedWhateverItsNumbersSay) {
  std::size_t refused = 0;
  for (std::size_t i = 32; i + 4 <= bytes_.size(); ++i) {
    for (const std::uint32_t value : {0U, 1U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
      std::string changed = bytes_;
      std::memcpy(changed.data() + i, &value, sizeof value);
      const auto entry = read(with_checksum(changed));
      refused += entry.ok() ? 0U : 1U;
    }
  }
  EXPECT_GT(refused, 100U);
}

TEST_F(CacheFile, SaysWhatElseAFileIs) {
  const auto text = read(std::string(100, 'x'));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().message, "it is no built engine");
  std::string newer = bytes_;
  newer[8] = 9;
  EXPECT_EQ(read(newer).error().code, Code::kUnsupported);
  fs::remove(file_);
  EXPECT_EQ(read_entry(file_).error().code, Code::kNotFound);
}

}  // namespace
}  // namespace slipway::engines
