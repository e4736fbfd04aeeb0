#include "samples/samples.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <numeric>

#include "base/str.h"
#include "samples/labels.h"
#include "tensor/npz.h"

namespace slipway::samples {
namespace {

namespace fs = std::filesystem;

std::vector<float> numbers_from(float first, std::size_t count) {
  std::vector<float> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

class SamplesTest : public testing::Test {
 protected:
  SamplesTest() { fs::create_directories(folder / "many"); }
  ~SamplesTest() override { fs::remove_all(folder); }

  fs::path save(const std::string& name, const std::vector<NamedArray>& arrays,
                NpzCompression compression = NpzCompression::kStored) const {
    EXPECT_TRUE(write_npz(folder / name, arrays, compression).ok());
    return folder / name;
  }
  fs::path save(const std::string& name, const Tensor& array) const {
    EXPECT_TRUE(write_npy(folder / name, array).ok());
    return folder / name;
  }

  const fs::path folder = fs::temp_directory_path() / str("slipway-samples-", getpid());
  const std::vector<Wanted> x = {{"x", DType::kFloat32, {1, 2}}};
  const std::vector<Wanted> x_and_n = {{"x", DType::kFloat32, {1, 2}}, {"n", DType::kInt64, {3}}};
};

// The first element of each sample's first input; the message of what went wrong, else.
std::string firsts(Result<Samples>& samples) {
  if (!samples.ok()) return samples.error().message;
  std::string text;
  std::vector<Tensor> sample;
  while (true) {
    const Result<bool> more = samples->next(sample);
    if (!more.ok()) return more.error().message;
    if (!*more) return text;
    EXPECT_EQ(sample[0].shape(), (Shape{1, 2}));
    text += str(text.empty() ? "" : " ", sample[0].data<float>()[0]);
  }
}

TEST_F(SamplesTest, AnArchiveIsReadSampleBySampleTwice) {
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflated}) {
    const fs::path path =
        save("a.npz",
             {{"n", Tensor::of<std::int64_t>({4, 3}, std::vector<std::int64_t>(12, 7))},
              {"x", Tensor::of<float>({4, 2}, numbers_from(0, 8))}},
             compression);
    Result<Samples> samples = Samples::open(path, x_and_n);
    ASSERT_TRUE(samples.ok()) << samples.error().message;
    EXPECT_EQ(samples->count(), 4U);
    EXPECT_EQ(firsts(samples), "0 2 4 6");
    samples->rewind();
    EXPECT_EQ(firsts(samples), "0 2 4 6");
  }
}

TEST_F(SamplesTest, TheBatchOfOneMayBeThere) {
  const fs::path path = save("x.npy", Tensor::of<float>({3, 1, 2}, numbers_from(0, 6)));
  Result<Samples> samples = Samples::open(path, x);
  EXPECT_EQ(firsts(samples), "0 2 4");
}

TEST_F(SamplesTest, AFolderIsReadInTheOrderOfItsNumbers) {
  save("many/s10.npy", Tensor::of<float>({2}, {10, 0}));
  save("many/s9.npy", Tensor::of<float>({1, 2}, {9, 0}));
  save("many/s2.npy", Tensor::of<float>({3, 2}, {2, 0, 3, 0, 4, 0}));
  save("many/s11.npz", {{"x", Tensor::of<float>({1, 2}, {11, 0})}});
  save("many/notes.txt.npy.bak", Tensor::of<float>({1}, {0}));
  Result<Samples> samples = Samples::open(folder / "many", x);
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  EXPECT_EQ(samples->count(), 6U);
  EXPECT_EQ(firsts(samples), "2 3 4 9 10 11");
}

TEST_F(SamplesTest, OpenExtentsAreTheDatas) {
  const fs::path path = save("x.npy", Tensor::of<float>({2, 3, 2}, numbers_from(0, 12)));
  Result<Samples> samples = Samples::open(path, {{"x", DType::kFloat32, {1, -1, 2}}});
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  std::vector<Tensor> sample;
  ASSERT_TRUE(*samples->next(sample));
  EXPECT_EQ(sample[0].shape(), (Shape{1, 3, 2}));
}

TEST_F(SamplesTest, LabelsComeAlong) {
  const fs::path path = save("a.npz", {{"x", Tensor::of<float>({3, 2}, numbers_from(0, 6))},
                                       {"labels", Tensor::of<std::uint8_t>({3}, {7, 8, 9})}});
  Result<Samples> samples = Samples::open(path, x);
  EXPECT_EQ(firsts(samples), "0 2 4");
  const auto beside = labels_beside(path, 3);
  ASSERT_TRUE(beside.ok()) << beside.error().message;
  EXPECT_EQ(**beside, (std::vector<std::int64_t>{7, 8, 9}));
  EXPECT_EQ(*read_labels(path, 3), **beside);
  EXPECT_EQ(*read_labels(save("l.npy", Tensor::of<float>({2, 1}, {1, 2})), 2),
            (std::vector<std::int64_t>{1, 2}));
  EXPECT_FALSE(read_labels(path, 4).ok());
  EXPECT_FALSE(read_labels(save("l.npy", Tensor::of<float>({2}, {1, 2.5})), 2).ok());
}

TEST_F(SamplesTest, WhatDoesNotFitIsNamed) {
  const Tensor good = Tensor::of<float>({4, 2}, numbers_from(0, 8));
  struct Row {
    std::string name;
    fs::path path;
    std::vector<Wanted> inputs;
    std::string says;
  };
  const std::vector<Row> rows = {
      {"absent", folder / "absent.npz", x, "No such file"},
      {"other file", folder / "x.csv", x, "numpy.savez() writes .npz"},
      {"empty folder", folder / "many", x, "holds no samples"},
      {"shape", save("s.npy", Tensor::of<float>({4, 3}, numbers_from(0, 12))), x,
       "holds [4,3], and a sample of input x is float[1,2]"},
      {"type", save("t.npy", Tensor::of<double>({1, 2}, {1, 2})), x,
       "holds double, and input x is float[1,2]"},
      {"none", save("none.npy", *Tensor::create(DType::kFloat32, {0, 2})), x,
       "its first axis is 0"},
      {"one array, two inputs", save("one.npy", good), x_and_n, "save an .npz"},
      {"missing", save("m.npz", {{"x", good}}), x_and_n, "holds no array 'n'"},
      {"more", save("more.npz", {{"x", good}, {"y", good}}), x, "holds an array 'y'"},
      {"counts", save("c.npz", {{"x", good}, {"n", *Tensor::create(DType::kInt64, {5, 3})}}),
       x_and_n, "holds 5 samples, and the array of x 4"},
  };
  for (const Row& row : rows) {
    Result<Samples> samples = Samples::open(row.path, row.inputs);
    ASSERT_FALSE(samples.ok()) << row.name;
    EXPECT_NE(samples.error().message.find(row.says), std::string::npos)
        << row.name << ": " << samples.error().message;
  }
}

TEST_F(SamplesTest, DamageIsFound) {
  for (const NpzCompression compression : {NpzCompression::kStored, NpzCompression::kDeflated}) {
    const fs::path path =
        save("a.npz", {{"x", Tensor::of<float>({50, 2}, numbers_from(0, 100))}}, compression);
    std::string bytes = *read_file(path);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      ASSERT_TRUE(write_file(folder / "b.npz", damaged).ok());
      Result<Samples> samples = Samples::open(folder / "b.npz", x);
      const std::string text = firsts(samples);
      // Where a flip passes unseen (a date, say), the numbers are the right ones.
      EXPECT_TRUE(!text.starts_with("0 ") || text.ends_with(" 98")) << at << ": " << text;
    }
    ASSERT_TRUE(write_file(folder / "b.npz", bytes.substr(0, bytes.size() / 2)).ok());
    EXPECT_FALSE(Samples::open(folder / "b.npz", x).ok());
  }
}

TEST_F(SamplesTest, FortranOrderIsRefused) {
  std::string bytes = *npy_bytes(Tensor::of<float>({2, 2}, numbers_from(0, 4)));
  bytes.replace(bytes.find("False"), 5, " True");
  ASSERT_TRUE(write_file(folder / "f.npy", bytes).ok());
  const Result<Samples> samples = Samples::open(folder / "f.npy", x);
  ASSERT_FALSE(samples.ok());
  EXPECT_NE(samples.error().message.find("ascontiguousarray"), std::string::npos);
}

}  // namespace
}  // namespace slipway::samples
