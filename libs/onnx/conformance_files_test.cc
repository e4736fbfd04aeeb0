// Every model and value of Debian's libonnx-testdata is read without a problem.
#include <gtest/gtest.h>

#include "base/str.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "onnx/reader.h"
#include "onnx/writer.h"

namespace slipway {
namespace {

namespace fs = std::filesystem;

const fs::path kData = "/usr/share/libonnx-testdata/data";

std::vector<fs::path> models() {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kData)) {
    if (entry.path().extension() == ".onnx") paths.push_back(entry.path());
  }
  return paths;
}

std::string all_text(const Problems& problems) {
  std::string text;
  for (const Problem& problem : problems) text += to_text(problem) + "\n";
  return text;
}

TEST(ConformanceFiles, ModelsAreReadAndKeepTheRules) {
  ASSERT_TRUE(fs::exists(kData)) << "apt install libonnx-testdata";
  std::size_t count = 0;
  for (const fs::path& path : models()) {
    Problems problems;
    const Result<Model> model = read_model(path, &problems);
    ASSERT_TRUE(model.ok()) << model.error().message;
    verify(*model, problems);
    EXPECT_TRUE(problems.empty()) << path << ": " << all_text(problems);
    EXPECT_TRUE(read_model(path).ok()) << path;
    ++count;
  }
  EXPECT_GE(count, 1072U);
}

TEST(ConformanceFiles, TheTextFormComesBackTheSame) {
  for (const fs::path& path : models()) {
    const Result<Model> model = read_model(path);
    ASSERT_TRUE(model.ok()) << model.error().message;
    const std::string text = print(*model);
    const Result<Model> back = parse_model(text);
    ASSERT_TRUE(back.ok()) << path << ": " << back.error().message;
    ASSERT_EQ(print(*back), text) << path;
  }
}

TEST(ConformanceFiles, WhatIsWrittenReadsBackTheSame) {
  for (const fs::path& path : models()) {
    const Result<Model> model = read_model(path);
    ASSERT_TRUE(model.ok()) << model.error().message;
    const Result<std::string> bytes = model_bytes(*model);
    ASSERT_TRUE(bytes.ok()) << path << ": " << bytes.error().message;
    const Result<Model> back = read_model_bytes(std::as_bytes(std::span(*bytes)), nullptr, {});
    ASSERT_TRUE(back.ok()) << path << ": " << back.error().message;
    ASSERT_EQ(print(*back), print(*model)) << path;
  }
}

void read_values(const Graph& graph, const std::vector<ValueId>& ids, const fs::path& stem) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const fs::path path = str(stem.string(), i, ".pb");
    if (!fs::exists(path)) continue;
    const Result<Value> value = read_value(path, graph.value(ids[i]).type);
    ASSERT_TRUE(value.ok()) << value.error().message;
    const Result<std::string> bytes = value_bytes(*value);
    ASSERT_TRUE(bytes.ok()) << path << ": " << bytes.error().message;
    const Result<Value> back =
        read_value_bytes(std::as_bytes(std::span(*bytes)), nullptr, graph.value(ids[i]).type);
    ASSERT_TRUE(back.ok()) << path << ": " << back.error().message;
    EXPECT_EQ(to_text(type_of(*back)), to_text(type_of(*value))) << path;
    EXPECT_EQ(*value_bytes(*back), *bytes) << path;
  }
}

TEST(ConformanceFiles, ValuesAreReadAndWritten) {
  for (const fs::path& path : models()) {
    const Result<Model> model = read_model(path);
    ASSERT_TRUE(model.ok()) << model.error().message;
    const fs::path set = path.parent_path() / "test_data_set_0";
    read_values(model->graph, model->graph.inputs, set / "input_");
    read_values(model->graph, model->graph.outputs, set / "output_");
  }
}

}  // namespace
}  // namespace slipway
