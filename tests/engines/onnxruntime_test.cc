// The engine onnxruntime with a real library, against the engine native.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/files.h"
#include "engines/engine.h"
#include "engines/onnxruntime/search.h"
#include "engines/values.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModels[] = {"examples/autopilot/autopilot.onnx", "examples/pitwall/tcn.onnx",
                                   "examples/pitwall/trees.onnx"};

const Engine& engine(std::string_view name) {
  auto found = find_engine(name);
  EXPECT_TRUE(found.ok());
  return **found;
}

// The library that ./dev test installed.
fs::path library() {
  Surroundings surroundings;
  surroundings.folder = fs::current_path();
  const std::vector<Candidate> found = find_onnxruntime(surroundings);
  return found.empty() ? fs::path() : found.front().library;
}

Subject subject_of(const fs::path& model, std::map<std::string, std::string> options = {}) {
  Subject subject;
  subject.model = model;
  options.try_emplace("library", library().string());
  subject.options = std::move(options);
  return subject;
}

struct Failure {
  Code code = Code::kInternal;
  std::string message = "none";
};

Failure failure_of(const Subject& subject) {
  const auto session = engine("onnxruntime").open(subject, nullptr);
  return session.ok() ? Failure{} : Failure{session.error().code, session.error().message};
}

testing::AssertionResult says(const Failure& failure, Code code, std::string_view words) {
  if (failure.code == code && failure.message.find(words) != std::string::npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "code " << static_cast<int>(failure.code) << ": " << failure.message;
}

// The largest difference of two sets of outputs, in parts of the largest magnitude.
double distance(const std::vector<NamedValue>& got, const std::vector<NamedValue>& wanted) {
  double worst = got.size() == wanted.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
    if (got[i].name != wanted[i].name ||
        got[i].value.tensor().shape() != wanted[i].value.tensor().shape())
      return INFINITY;
    const auto a = got[i].value.tensor().data<float>();
    const auto b = wanted[i].value.tensor().data<float>();
    double most = 1e-30;
    for (const float x : b) most = std::max(most, std::abs(static_cast<double>(x)));
    for (std::size_t k = 0; k < a.size(); ++k) {
      const double apart = std::abs(static_cast<double>(a[k]) - static_cast<double>(b[k]));
      worst = std::isfinite(apart) ? std::max(worst, apart / most) : INFINITY;
    }
  }
  return worst;
}

std::vector<NamedValue> outputs_of(const Engine& engine, const Subject& subject) {
  auto session = engine.open(subject, nullptr);
  EXPECT_TRUE(session.ok()) << session.error().message;
  if (!session.ok()) return {};
  auto values = Values::create(**session, *sample_inputs(**session, 7));
  EXPECT_TRUE(values.ok()) << values.error().message;
  const Status status = values->run();
  EXPECT_TRUE(status.ok()) << status.error().message;
  return values->outputs();
}

TEST(OnnxRuntime, IsInstalled) {
  ASSERT_FALSE(library().empty()) << "./dev test installs it into .venv";
}

TEST(OnnxRuntime, AgreesWithSlipwayOnEveryExample) {
  for (const char* model : kModels) {
    for (const std::int64_t batch : {1, 5}) {
      for (const std::size_t threads : {1, 2}) {
        Subject theirs = subject_of(model);
        theirs.batch = batch;
        theirs.threads = threads;
        Subject ours = theirs;
        ours.options.clear();
        const double apart =
            distance(outputs_of(engine("onnxruntime"), theirs), outputs_of(engine("native"), ours));
        EXPECT_LT(apart, 1e-5) << model << ", batch " << batch << ", threads " << threads;
      }
    }
  }
}

TEST(OnnxRuntime, GivesTheSameWhateverItsOptions) {
  const std::vector<NamedValue> wanted = outputs_of(engine("native"), [] {
    Subject subject;
    subject.model = kModels[0];
    return subject;
  }());
  const std::map<std::string, std::string> rows[] = {
      {{"optimise", "off"}}, {{"optimise", "basic"}}, {{"optimise", "extended"}},
      {{"spin", "off"}},     {{"arena", "off"}},      {{"provider", "cpu"}, {"spin", "on"}},
  };
  for (const auto& options : rows) {
    EXPECT_LT(distance(outputs_of(engine("onnxruntime"), subject_of(kModels[0], options)), wanted),
              1e-5)
        << options.begin()->first << "=" << options.begin()->second;
  }
}

TEST(OnnxRuntime, RunsOnTheBuffersItIsGiven) {
  auto session = engine("onnxruntime").open(subject_of(kModels[0]), nullptr);
  ASSERT_TRUE(session.ok());
  EXPECT_NE((*session)->describe().find("cpu, 1 thread"), std::string::npos);
  auto first = Values::create(**session, *sample_inputs(**session, 1));
  auto second = Values::create(**session, *sample_inputs(**session, 2));
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE(first->run().ok());
  const Tensor kept = first->outputs()[0].value.tensor();
  ASSERT_TRUE(second->run().ok());
  // The first buffers have what they had, the second have something else.
  EXPECT_EQ(distance({{"y", kept}}, {{"y", first->outputs()[0].value.tensor()}}), 0);
  EXPECT_GT(distance({{"y", kept}}, {{"y", second->outputs()[0].value.tensor()}}), 0);
  ASSERT_TRUE(first->run().ok());
  EXPECT_EQ(distance({{"y", kept}}, {{"y", first->outputs()[0].value.tensor()}}), 0);
}

TEST(OnnxRuntime, RefusesBuffersThatAreNotThePorts) {
  auto session = engine("onnxruntime").open(subject_of(kModels[0]), nullptr);
  ASSERT_TRUE(session.ok());
  EXPECT_FALSE((*session)->run({}, {}).ok());
  std::vector<const void*> from((*session)->inputs().size());
  std::vector<void*> to((*session)->outputs().size());
  EXPECT_FALSE((*session)->run(from, to).ok());
  const std::string input = (*session)->inputs()[0].name;
  const auto wrong = Values::create(**session, {{input, Tensor::of<float>({2, 2}, {1, 2, 3, 4})}});
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("float[2,2]"), std::string::npos);
}

TEST(OnnxRuntime, SaysWhatIsWrongWithALibrary) {
  const auto with = [](const char* file) { return subject_of(kModels[0], {{"library", file}}); };
  EXPECT_TRUE(says(failure_of(with("/no/such/library.so")), Code::kNotFound, "cannot be loaded"));
  EXPECT_TRUE(says(failure_of(with("README.md")), Code::kNotFound, "cannot be loaded"));
  EXPECT_TRUE(says(failure_of(with("")), Code::kUsage, "names no file"));
  EXPECT_TRUE(says(failure_of(with("libs")), Code::kNotFound, "cannot be loaded"));
  fs::path other;  // a library that is no ONNX Runtime
  for (const auto& entry : fs::recursive_directory_iterator(library().parent_path())) {
    if (entry.path().filename().string().find("providers_shared") != std::string::npos)
      other = entry.path();
  }
  ASSERT_FALSE(other.empty());
  EXPECT_TRUE(says(failure_of(with(other.c_str())), Code::kInvalid, "OrtGetApiBase"));
}

TEST(OnnxRuntime, SaysWhatIsWrongWithOptions) {
  const auto with = [](std::map<std::string, std::string> options) {
    return failure_of(subject_of(kModels[0], std::move(options)));
  };
  EXPECT_TRUE(says(with({{"provider", "tensorflow"}}), Code::kUsage, "no provider 'tensorflow'"));
  EXPECT_TRUE(says(with({{"provider", "cuad"}}), Code::kUsage, "did you mean 'cuda'"));
  EXPECT_TRUE(says(with({{"provder", "cuda"}}), Code::kUsage, "did you mean 'provider'"));
  EXPECT_TRUE(says(with({{"optimise", "fully"}}), Code::kUsage, "off, basic, extended, all"));
  EXPECT_TRUE(says(with({{"fp16", "on"}}), Code::kUsage, "provider=tensorrt"));
  EXPECT_TRUE(says(with({{"provider", "tensorrt"}, {"fp16", "half"}}), Code::kUsage, "off, on"));
  EXPECT_TRUE(says(with({{"provider", "cuda"}, {"device_id", "x"}}), Code::kUsage, "whole number"));
  EXPECT_TRUE(says(with({{"provider", "cuda"}, {"backend", "x"}}), Code::kUsage, "provider=qnn"));
}

// The wheel of PyPI for processors has none of these.
TEST(OnnxRuntime, SaysWhatToInstallForAProviderThatIsNotThere) {
  const std::pair<const char*, const char*> rows[] = {{"cuda", "onnxruntime-gpu"},
                                                      {"tensorrt", "tensorrt"},
                                                      {"openvino", "onnxruntime-openvino"},
                                                      {"xnnpack", "--use_xnnpack"},
                                                      {"qnn", "--use_qnn"}};
  for (const auto& [provider, install] : rows) {
    const Failure failure = failure_of(subject_of(kModels[0], {{"provider", provider}}));
    EXPECT_TRUE(says(failure, Code::kUnsupported, install)) << provider;
  }
}

TEST(OnnxRuntime, SaysWhatIsWrongWithAModel) {
  EXPECT_TRUE(says(failure_of(subject_of("no/such.onnx")), Code::kNotFound, "no/such.onnx"));
  EXPECT_TRUE(says(failure_of(subject_of("README.md")), Code::kInvalid, "README.md"));
  Subject subject = subject_of(kModels[0]);
  subject.dims = {{"bach", 3}};
  EXPECT_TRUE(says(failure_of(subject), Code::kUsage, "bach"));
}

TEST(OnnxRuntime, KeepsWhatItOptimised) {
  const fs::path folder =
      fs::path(testing::TempDir()) / ("onnxruntime_test." + std::to_string(getpid()));
  for (const char* model : kModels) {
    Subject subject = subject_of(model);
    const std::vector<NamedValue> wanted = outputs_of(engine("onnxruntime"), subject);
    subject.options["engine_cache"] = folder.string();
    std::string said;
    const auto open = [&] {
      said.clear();
      const auto session = engine("onnxruntime").open(subject, [&](std::string_view what, double) {
        said += std::string(what) + "\n";
      });
      return session.ok() ? "" : session.error().message;
    };
    EXPECT_EQ(open(), "");
    EXPECT_NE(said.find("building the engine"), std::string::npos) << said;
    EXPECT_EQ(open(), "");
    EXPECT_EQ(said, "") << "the second time it is there";
    EXPECT_LT(distance(outputs_of(engine("onnxruntime"), subject), wanted), 1e-6) << model;
    for (const auto& [option, value] : {std::pair("optimise", "basic"), {"optimise", "off"}}) {
      subject.options[option] = value;
      EXPECT_EQ(open(), "");
      EXPECT_NE(said.find("differs in options"), std::string::npos) << said;
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".engine") fs::resize_file(entry.path(), 100);
    }
    EXPECT_EQ(open(), "");
    EXPECT_NE(said.find("cannot be used"), std::string::npos) << said;
  }
  fs::remove_all(folder);
}

TEST(OnnxRuntime, OpensAndRunsOnSeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::vector<NamedValue>> got(4);
  for (auto& outputs : got) {
    threads.emplace_back(
        [&outputs] { outputs = outputs_of(engine("onnxruntime"), subject_of(kModels[0])); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& outputs : got) EXPECT_EQ(distance(outputs, got[0]), 0);
}

}  // namespace
}  // namespace slipway::engines
