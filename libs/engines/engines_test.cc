// What every engine promises, and the engine that is always here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "compile/compile.h"
#include "engines/engine.h"
#include "engines/options.h"
#include "engines/values.h"
#include "onnx/reader.h"
#include "ops/interpreter.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAutopilot = "examples/autopilot/autopilot.onnx";
constexpr const char* kWindow = "examples/pitwall/tcn.onnx";

const Engine& engine(std::string_view name) {
  auto found = find_engine(name);
  EXPECT_TRUE(found.ok());
  return **found;
}

std::string error_of(const Engine& engine, const Subject& subject) {
  const auto session = engine.open(subject, nullptr);
  return session.ok() ? "none" : session.error().message;
}

TEST(Engines, AreFoundByNameOrByTheNearest) {
  EXPECT_EQ(engine("native").name(), "native");
  const auto missing = find_engine("onnxruntme");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kUsage);
  EXPECT_EQ(missing.error().message,
            "there is no engine 'onnxruntme': did you mean 'onnxruntime'?");
}

TEST(Engines, DescribeThemselvesAndTheirOptions) {
  for (const Engine* each : all_engines()) {
    EXPECT_FALSE(each->summary().empty()) << each->name();
    for (const OptionRow& row : each->options()) {
      EXPECT_FALSE(row.name.empty() || row.values.empty() || row.summary.empty()) << each->name();
    }
    // Absent, an engine says what to install; present, which version it is.
    const Presence presence = each->probe();
    EXPECT_FALSE(presence.what.empty()) << each->name();
    EXPECT_EQ(presence.is_here, !presence.version.empty()) << each->name();
  }
}

TEST(Engines, RefuseAnOptionThatTheyDoNotHave) {
  for (const Engine* each : all_engines()) {
    Subject subject;
    subject.model = kAutopilot;
    subject.options = {{"wieghts", "f16"}};
    EXPECT_FALSE(check_options(*each, subject.options).ok()) << each->name();
  }
  Subject subject;
  subject.model = kAutopilot;
  subject.options = {{"wieghts", "f16"}};
  EXPECT_EQ(error_of(engine("native"), subject),
            "the engine native has no option 'wieghts': did you mean 'weights'?");
}

TEST(Options, AreCheckedByTheirKind) {
  const std::map<std::string, std::string> given = {
      {"flag", "yes"}, {"number", "12x"}, {"far", "99"}, {"word", "three"}};
  const OptionReader options(given);
  EXPECT_EQ(options.flag("flag", false).error().message,
            "option flag is one of off, on, not 'yes'");
  EXPECT_EQ(options.number("number", 0, 20, 1).error().message,
            "option number is a whole number from 0 to 20, not '12x'");
  EXPECT_FALSE(options.number("far", 0, 20, 1).ok());
  EXPECT_EQ(*options.number("far", 0, 99, 1), 99);
  EXPECT_EQ(*options.number("none", 0, 99, 7), 7);
  EXPECT_FALSE(options.choice("word", {"one", "two"}, 0).ok());
  EXPECT_TRUE(*options.flag("none", true));
}

TEST(Native, GivesTheReferencesBitsOfAModel) {
  Subject subject;
  subject.model = kAutopilot;
  auto session = engine("native").open(subject, nullptr);
  ASSERT_TRUE(session.ok()) << session.error().message;
  const auto inputs = sample_inputs(**session, 1);
  ASSERT_TRUE(inputs.ok());
  auto values = Values::create(**session, *inputs);
  ASSERT_TRUE(values.ok()) << values.error().message;
  ASSERT_TRUE(values->run().ok());

  auto model = read_model(subject.model);
  ASSERT_TRUE(model.ok());
  // The plan's bits are those of the model after its passes, which Compiled::model is.
  compile::CompileOptions options;
  options.batch = 1;
  auto compiled = compile::compile_model(*std::move(model), options);
  ASSERT_TRUE(compiled.ok());
  auto interpreter = Interpreter::create(std::move(compiled->model));
  ASSERT_TRUE(interpreter.ok());
  const auto wanted = interpreter->run(*inputs);
  ASSERT_TRUE(wanted.ok()) << wanted.error().message;
  const std::vector<NamedValue> got = values->outputs();
  ASSERT_EQ(got.size(), wanted->size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_TRUE(
        std::ranges::equal(got[i].value.tensor().bytes(), (*wanted)[i].value.tensor().bytes()))
        << got[i].name;
  }
}

TEST(Native, TakesBatchAndDimensions) {
  Subject subject;
  subject.model = kWindow;
  subject.batch = 3;
  auto session = engine("native").open(subject, nullptr);
  ASSERT_TRUE(session.ok()) << session.error().message;
  EXPECT_EQ((*session)->inputs()[0].shape[0], 3);
  EXPECT_EQ((*session)->outputs()[0].shape[0], 3);
  const Port& port = (*session)->inputs()[0];
  EXPECT_EQ(port.bytes, *element_count(port.shape) * element_bytes(port.dtype));

  subject.dims = {{"no_such_dimension", 2}};
  EXPECT_NE(error_of(engine("native"), subject).find("no_such_dimension"), std::string::npos);
}

TEST(Native, RunsPlansAndKeepsTheirDimensions) {
  Subject subject;
  subject.model = kAutopilot;
  auto model = read_model(subject.model);
  ASSERT_TRUE(model.ok());
  compile::CompileOptions options;
  options.batch = 2;
  const auto compiled = compile::compile_model(*std::move(model), options);
  ASSERT_TRUE(compiled.ok());
  const fs::path file = fs::path(testing::TempDir()) / "engines_test.plan";
  const std::span<const std::byte> bytes = compiled->file.bytes();
  ASSERT_TRUE(write_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}).ok());

  Subject plan;
  plan.model = file;
  const auto session = engine("native").open(plan, nullptr);
  ASSERT_TRUE(session.ok()) << session.error().message;
  EXPECT_EQ((*session)->inputs()[0].shape[0], 2);

  plan.options = {{"weights", "f16"}};
  EXPECT_NE(error_of(engine("native"), plan).find("compiled already"), std::string::npos);
  plan.options.clear();
  plan.batch = 5;
  EXPECT_NE(error_of(engine("native"), plan).find("fixed batch"), std::string::npos);
  plan.batch = 1;
  plan.dims = {{"batch", 5}};
  EXPECT_NE(error_of(engine("native"), plan).find("has its dimensions"), std::string::npos);
  fs::remove(file);
}

TEST(Native, SaysWhatIsWrongWithAFile) {
  Subject subject;
  subject.model = "no/such/model.onnx";
  const auto missing = engine("native").open(subject, nullptr);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  subject.model = "README.md";
  EXPECT_NE(error_of(engine("native"), subject), "none");
}

TEST(Native, RefusesBuffersThatAreNotThePorts) {
  Subject subject;
  subject.model = kAutopilot;
  auto session = engine("native").open(subject, nullptr);
  ASSERT_TRUE(session.ok());
  EXPECT_FALSE((*session)->run({}, {}).ok());
  std::vector<const void*> from((*session)->inputs().size(), nullptr);
  std::vector<void*> to((*session)->outputs().size(), nullptr);
  const Status status = (*session)->run(from, to);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kUsage);
}

TEST(Values, NameTheInputThatDoesNotFit) {
  Subject subject;
  subject.model = kAutopilot;
  auto session = engine("native").open(subject, nullptr);
  ASSERT_TRUE(session.ok());
  const std::string input = (*session)->inputs()[0].name;
  EXPECT_NE(Values::create(**session, {}).error().message.find(input), std::string::npos);
  const auto wrong = Values::create(**session, {{input, Tensor::of<float>({1, 2, 3})}});
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("float[3]"), std::string::npos);
  auto inputs = *sample_inputs(**session, 1);
  inputs.push_back({"extra", Tensor::of<float>({1})});
  EXPECT_NE(Values::create(**session, inputs).error().message.find("extra"), std::string::npos);
}

}  // namespace
}  // namespace slipway::engines
