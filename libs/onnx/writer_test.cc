#include "onnx/writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mapped_file.h"
#include "base/str.h"
#include "graph/text.h"
#include "onnx/reader.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

class Writer : public testing::Test {
 protected:
  Writer() { fs::create_directories(folder); }
  ~Writer() override { fs::remove_all(folder); }
  fs::path model_path() const { return folder / "m.onnx"; }
  const fs::path folder = fs::temp_directory_path() / str("slipway-writer-", getpid());
};

// One weight of every type, a large one and a small one.
Model with_weights() {
  Model model;
  model.ir_version = 14;
  model.opsets = {{"", 17}};
  model.graph.name = "weights";
  for (const DTypeInfo& type : all_dtypes()) {
    for (const std::int64_t count : {3, 5000}) {
      Tensor tensor = *Tensor::create(type.dtype, {count});
      if (type.dtype == DType::kString) {
        tensor.mutable_data<std::string>()[1] = "two";
      } else {
        tensor.mutable_bytes()[1] = std::byte{1};
      }
      const ValueId id =
          model.graph.add_value(str(type.name, count), Type::tensor(type.dtype, Dims{count}));
      model.graph.initializers.emplace(id, std::move(tensor));
      model.graph.outputs.push_back(id);
    }
  }
  return model;
}

TEST_F(Writer, ExternalDataReadsBackTheSame) {
  const Model model = with_weights();
  ASSERT_TRUE(write_model(model, model_path(), {.external_from_bytes = 1024}).ok());
  EXPECT_TRUE(fs::exists(folder / "m.onnx.data"));
  EXPECT_LT(fs::file_size(model_path()), 60000U);
  const Result<Model> back = read_model(model_path());
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(print(*back), print(model));
  // What is borrowed from a file survives its being replaced.
  ASSERT_TRUE(write_model(*back, model_path(), {.external_from_bytes = 1024}).ok());
  EXPECT_EQ(print(*read_model(model_path())), print(model));
}

TEST_F(Writer, WithoutExternalDataThereIsOneFile) {
  const Model model = with_weights();
  ASSERT_TRUE(write_model(model, model_path()).ok());
  EXPECT_FALSE(fs::exists(folder / "m.onnx.data"));
  EXPECT_EQ(print(*read_model(model_path())), print(model));
}

TEST_F(Writer, ALargeModelLeavesItsWeightsToTheDataFile) {
  const Model model = with_weights();
  ASSERT_TRUE(write_model(model, model_path(), {.max_model_bytes = 100'000}).ok());
  EXPECT_LE(fs::file_size(model_path()), 100'000U);
  EXPECT_EQ(print(*read_model(model_path())), print(model));
  // Not even the names fit.
  const Status refused = write_model(model, model_path(), {.max_model_bytes = 100});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kTooLarge);
}

// A gigabyte of zeros three times, mapped from a file without blocks and never touched.
TEST_F(Writer, InMemoryTwoGigabytesAreTheLimit) {
  const fs::path zeros = folder / "zeros";
  ASSERT_TRUE(write_file(zeros, "").ok());
  fs::resize_file(zeros, std::uintmax_t{1} << 30);
  const std::shared_ptr<const MappedFile> file = *MappedFile::open(zeros);
  Model model;
  model.ir_version = 8;
  model.opsets = {{"", 17}};
  for (const char* name : {"a", "b", "c"}) {
    const ValueId id = model.graph.add_value(name);
    model.graph.initializers.emplace(
        id, *Tensor::mapped(DType::kUint8, {std::int64_t{1} << 30}, file->bytes(), file));
  }
  const Result<std::string> bytes = model_bytes(model);
  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Code::kTooLarge);
}

TEST_F(Writer, MixedVersionsOfAnOperatorSetAreRefused) {
  Result<Model> model = parse_model(
      "slipway-text 1 ir 8 opset ai.onnx 17 graph g(%x: float[2]) {%y = Relu@13(%x) \"old\" return "
      "%y}");
  ASSERT_TRUE(model.ok());
  const Result<std::string> bytes = model_bytes(*model);
  ASSERT_FALSE(bytes.ok());
  EXPECT_NE(bytes.error().message.find("node old (Relu) is of version 13"), std::string::npos);
}

TEST_F(Writer, CapturesTakeTheirOuterNames) {
  const Result<Model> model = parse_model(R"(slipway-text 1
ir 8
opset ai.onnx 17
graph g(%x: float[2], %c: bool[]) {
  %y = If(%c) {then_branch=graph t() captures(%mine = %x) {
    %x = Neg(%mine)
    return %x
  }}
  return %y
}
)");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const std::string bytes = *model_bytes(*model);
  const Result<Model> back = read_model_bytes(std::as_bytes(std::span(bytes)), nullptr, {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_NE(print(*back).find("captures(%x) {\n    %x_1 = Neg(%x)"), std::string::npos)
      << print(*back);
}

TEST_F(Writer, AFolderThatIsNotThere) {
  EXPECT_FALSE(write_model(with_weights(), folder / "absent" / "m.onnx").ok());
}

}  // namespace
}  // namespace slipway
