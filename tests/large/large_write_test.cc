// A model that protobuf cannot hold in one file, written with the limits that there really are.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/mapped_file.h"
#include "base/str.h"
#include "onnx/reader.h"
#include "onnx/writer.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

// More than protobuf's limit, and more than one call of write(2) takes.
constexpr std::int64_t kLargeBytes = (std::int64_t{21} << 30) / 10 / 4096 * 4096 + 4096;
constexpr std::uintmax_t kDiskBytes = std::uintmax_t{3} << 30;
constexpr rlim_t kMostHeapBytes = 64 << 20;

// What the process may allocate from here on; pages mapped from files do not count.
void limit_heap() {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_DATA, &limit), 0);
  limit.rlim_cur = kMostHeapBytes;
  ASSERT_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
}

class LargeWrite : public testing::Test {
 protected:
  LargeWrite() { fs::create_directories(folder); }
  ~LargeWrite() override { fs::remove_all(folder); }

  // Zeros but for its last bytes, "end"; a file without blocks, mapped.
  std::shared_ptr<const MappedFile> zeros() const {
    const fs::path path = folder / "zeros";
    std::ofstream(path).close();
    fs::resize_file(path, kLargeBytes - 3);
    std::ofstream(path, std::ios::app) << "end";
    return *MappedFile::open(path);
  }

  const fs::path folder = fs::temp_directory_path() / str("slipway-large-write-", getpid());
};

void add_weight(Model& model, const char* name, Tensor tensor) {
  const ValueId id = model.graph.add_value(name, Type::tensor(tensor.dtype(), Dims{tensor.dim(0)}));
  model.graph.outputs.push_back(id);
  model.graph.initializers.emplace(id, std::move(tensor));
}

const Tensor* find_weight(const Model& model, std::string_view name) {
  for (const auto& [id, tensor] : model.graph.initializers) {
    if (model.graph.value(id).name == name) return &tensor;
  }
  return nullptr;
}

TEST_F(LargeWrite, BeyondTwoGigabytesTheWeightsGoToTheDataFile) {
  if (fs::space(folder).available < kDiskBytes) {
    GTEST_SKIP() << "needs 3 GiB of disk in " << folder;
  }
  ASSERT_NO_FATAL_FAILURE(limit_heap());
  const std::shared_ptr<const MappedFile> file = zeros();
  Model model;
  model.ir_version = 8;
  model.opsets = {{"", 17}};
  model.graph.name = "large";
  add_weight(model, "large", *Tensor::mapped(DType::kUint8, {kLargeBytes}, file->bytes(), file));
  add_weight(model, "after", Tensor::of<float>(std::vector<float>(1000, 1.5F)));
  add_weight(model, "small", Tensor::of<float>({2.5F}));

  const fs::path path = folder / "m.onnx";
  const Status written = write_model(model, path);
  ASSERT_TRUE(written.ok()) << written.error().message;
  EXPECT_LT(fs::file_size(path), 1000U);
  EXPECT_GE(fs::file_size(folder / "m.onnx.data"), static_cast<std::uintmax_t>(kLargeBytes) + 4000);

  const Result<Model> back = read_model(path);
  ASSERT_TRUE(back.ok()) << back.error().message;
  const Tensor *large = find_weight(*back, "large"), *after = find_weight(*back, "after");
  ASSERT_TRUE(large != nullptr && after != nullptr && find_weight(*back, "small") != nullptr);
  ASSERT_EQ(large->dim(0), kLargeBytes);
  EXPECT_EQ(std::memcmp(large->bytes().last(3).data(), "end", 3), 0);
  EXPECT_EQ(after->direct()->data<float>()[999], 1.5F);
  EXPECT_EQ(find_weight(*back, "small")->direct()->data<float>()[0], 2.5F);
}

}  // namespace
}  // namespace slipway
