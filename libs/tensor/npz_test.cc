#include "tensor/npz.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/files.h"
#include "base/str.h"
#include "tensor/numpy_files.h"
#include "tensor/zip.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

class Npz : public testing::Test {
 protected:
  Npz() { fs::create_directories(folder); }
  ~Npz() override { fs::remove_all(folder); }

  // An archive of one entry with this content.
  std::vector<std::byte> archive(std::string_view name, std::string_view content, bool deflate) {
    Result<AtomicFile> file = AtomicFile::create(folder / "a.npz");
    EXPECT_TRUE(file.ok());
    ZipWriter writer(*file);
    EXPECT_TRUE(writer.add(name, content, deflate).ok());
    EXPECT_TRUE(writer.finish().ok());
    EXPECT_TRUE(file->commit().ok());
    const std::string bytes = *read_file(folder / "a.npz");
    const auto view = std::as_bytes(std::span(bytes));
    return {view.begin(), view.end()};
  }

  const fs::path folder = fs::temp_directory_path() / str("slipway-npz-", getpid());
};

TEST_F(Npz, ReadsNumpysOwnFiles) {
  const auto stored = read_npz_bytes(from_hex(kNumpyStored));
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  ASSERT_EQ(stored->size(), 2U);
  EXPECT_EQ((*stored)[0].name, "x");
  EXPECT_EQ((*stored)[0].tensor.data<std::int16_t>()[2], 2);
  EXPECT_EQ((*stored)[1].name, "y");
  EXPECT_EQ((*stored)[1].tensor.shape(), (Shape{2, 1}));
  const auto compressed = read_npz_bytes(from_hex(kNumpyCompressed));
  ASSERT_TRUE(compressed.ok()) << compressed.error().message;
  ASSERT_EQ(compressed->size(), 2U);
  EXPECT_EQ((*compressed)[1].tensor.shape(), (Shape{64, 64}));
}

TEST_F(Npz, WritesAndReadsBack) {
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflated}) {
    const std::vector<NamedArray> arrays = {
        {"a", Tensor::of<float>({2, 2}, {1, 2, 3, 4})},
        {"b/c", Tensor::of<std::string>({"x", ""})},
        {"empty", *Tensor::create(DType::kInt64, {0, 3})},
        {"scalar", Tensor::scalar<std::int8_t>(-3)},
    };
    ASSERT_TRUE(write_npz(folder / "x.npz", arrays, compression).ok());
    const auto back = read_npz(folder / "x.npz");
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_EQ(back->size(), arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      EXPECT_EQ((*back)[i].name, arrays[i].name);
      EXPECT_EQ((*back)[i].tensor.shape(), arrays[i].tensor.shape());
      EXPECT_EQ((*back)[i].tensor.dtype(), arrays[i].tensor.dtype());
      if (arrays[i].tensor.dtype() != DType::kString) {
        EXPECT_TRUE(std::ranges::equal((*back)[i].tensor.bytes(), arrays[i].tensor.bytes()));
      }
    }
  }
}

TEST_F(Npz, RefusesNamesThatCannotBeToldApart) {
  const Tensor tensor = Tensor::scalar(1.0F);
  EXPECT_FALSE(write_npz(folder / "x.npz", std::vector<NamedArray>{{"", tensor}}).ok());
  EXPECT_FALSE(
      write_npz(folder / "x.npz", std::vector<NamedArray>{{"a", tensor}, {"a", tensor}}).ok());
  EXPECT_FALSE(fs::exists(folder / "x.npz"));
}

TEST_F(Npz, ADamagedByteIsNoticed) {
  for (const bool deflate : {false, true}) {
    std::vector<std::byte> bytes =
        archive("x.npy", *npy_bytes(Tensor::of<float>({1, 2, 3})), deflate);
    ASSERT_TRUE(read_npz_bytes(bytes).ok());
    bytes[30 + 5 + 20 + (deflate ? 40 : 130)] ^= std::byte{1};
    EXPECT_FALSE(read_npz_bytes(bytes).ok()) << deflate;
  }
}

TEST_F(Npz, EveryTruncationIsAnError) {
  const std::vector<std::byte> bytes = from_hex(kNumpyCompressed);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(read_npz_bytes(std::span(bytes).first(size)).ok()) << size;
  }
}

TEST_F(Npz, ADeclaredSizeThatTheHeaderDoesNotNeedIsRefused) {
  // 20 MB of zeros behind a header that states three floats: nothing of it may be allocated.
  std::string content = *npy_bytes(Tensor::of<float>({1, 2, 3}));
  content.resize(20U << 20, '\0');
  const auto arrays = read_npz_bytes(archive("x.npy", content, true));
  ASSERT_FALSE(arrays.ok());
  EXPECT_NE(arrays.error().message.find("contradict"), std::string::npos) << arrays.error().message;
}

TEST_F(Npz, ABombIsRefused) {
  const std::string content = *npy_bytes(*Tensor::create(DType::kUint8, {std::int64_t{4} << 20}));
  const auto arrays =
      read_npz_bytes(archive("x.npy", content, true), {.max_expanded_bytes = std::size_t{2} << 20});
  ASSERT_FALSE(arrays.ok());
  EXPECT_EQ(arrays.error().code, Code::kTooLarge) << arrays.error().message;
}

TEST_F(Npz, OtherFilesAreRefusedWithTheReason) {
  const std::string_view text = "not a zip archive, though longer than its end record";
  const auto arrays = read_npz_bytes(std::as_bytes(std::span(text)));
  ASSERT_FALSE(arrays.ok());
  EXPECT_NE(arrays.error().message.find("end is missing"), std::string::npos);
  EXPECT_FALSE(read_npz_bytes(archive("x.txt", "hello", false)).ok());
  EXPECT_EQ(read_npz(folder).error().code, Code::kUsage);
  EXPECT_EQ(read_npz(folder / "absent.npz").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace slipway
