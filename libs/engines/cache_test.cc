#include "engines/cache.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "base/str.h"
#include "engines/cache_file.h"
#include "engines/values.h"

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

// y = factor * x, the factor being the engine's bytes.
class Scale final : public Session {
 public:
  explicit Scale(float factor) : factor_(factor) {}
  std::span<const Port> inputs() const override { return {&input_, 1}; }
  std::span<const Port> outputs() const override { return {&output_, 1}; }
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override {
    for (int i = 0; i < 4; ++i)
      static_cast<float*>(outputs[0])[i] = factor_ * static_cast<const float*>(inputs[0])[i];
    ++runs_;
    return {};
  }
  void reset() override { runs_ = 0; }
  int runs() const { return runs_; }

 private:
  Port input_ = {"x", DType::kFloat32, {4}, 16};
  Port output_ = {"y", DType::kFloat32, {4}, 16};
  float factor_;
  int runs_ = 0;
};

class Cache : public testing::Test {
 protected:
  Cache() : folder_(fs::path(testing::TempDir()) / ("cache_test." + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    cached_.folder = folder_ / "engines";
    cached_.stem = "model";
    for (const char* part : {"engine", "model", "library", "driver", "device", "options"})
      cached_.key.add(part, "1");
    cached_.build = [this](const fs::path& own) -> Result<std::vector<std::byte>> {
      ++builds_;
      EXPECT_TRUE(fs::is_empty(own));
      if (leaves_file_) std::ofstream(own / "left") << "by the library";
      std::vector<std::byte> bytes(sizeof factor_);
      std::memcpy(bytes.data(), &factor_, sizeof factor_);
      return bytes;
    };
    cached_.open = [this](std::span<const std::byte> bytes, const std::shared_ptr<const void>&,
                          const fs::path&) -> Result<std::unique_ptr<Session>> {
      if (bytes.size() != sizeof(float)) return Error{Code::kInvalid, "it is no factor"};
      float factor = 0;
      std::memcpy(&factor, bytes.data(), sizeof factor);
      return std::unique_ptr<Session>(std::make_unique<Scale>(factor + drift_));
    };
  }
  ~Cache() override { fs::remove_all(folder_); }

  Result<std::unique_ptr<Session>> open() {
    heard_.clear();
    return open_cached(
        cached_, [this](std::string_view what, double /*share*/) { heard_ += str(what, "\n"); });
  }
  bool heard(std::string_view what) const { return heard_.find(what) != std::string::npos; }
  fs::path file() const { return cached_.folder / str("model-", cached_.key.digest(), ".engine"); }
  std::size_t files(std::string_view in_name) const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(cached_.folder))
      count += entry.path().filename().string().find(in_name) != std::string::npos ? 1U : 0U;
    return count;
  }

  fs::path folder_;
  Cached cached_;
  float factor_ = 2;
  float drift_ = 0;  // what a device computes otherwise than before
  bool leaves_file_ = false;
  int builds_ = 0;
  std::string heard_;
};

TEST_F(Cache, BuildsOnceAndIsUsedAgain) {
  ASSERT_TRUE(open().ok());
  EXPECT_TRUE(heard("building the engine of model"));
  auto again = open();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(builds_, 1);
  EXPECT_EQ(heard_, "");
  EXPECT_EQ(static_cast<Scale&>(**again).runs(), 0) << "the check left its state behind";
  auto values = Values::create(**again, {{"x", Tensor::of<float>({1, 2, 3, 4})}});
  ASSERT_TRUE(values->run().ok());
  EXPECT_EQ(values->outputs()[0].value.tensor().data<float>()[3], 8);
}

TEST_F(Cache, IsStaleByEachPartOfItsKey) {
  ASSERT_TRUE(open().ok());
  for (std::size_t i = 0; i < cached_.key.parts.size(); ++i) {
    const CacheKey before = cached_.key;
    cached_.key.parts[i].value = "2";
    builds_ = 0;
    ASSERT_TRUE(open().ok());
    EXPECT_EQ(builds_, 1) << before.parts[i].name;
    // What another engine keeps in the folder is none of this one's.
    EXPECT_EQ(heard(str("differs in ", before.parts[i].name)), i > 0) << heard_;
    cached_.key = before;
    ASSERT_TRUE(open().ok());
    EXPECT_EQ(builds_, 1) << "the first is kept, too";
  }
}

TEST_F(Cache, KeysWhosePartsRunTogetherDiffer) {
  CacheKey a;
  a.add("ab", "c");
  CacheKey b;
  b.add("a", "bc");
  EXPECT_NE(a.digest(), b.digest());
  EXPECT_EQ(a.digest().size(), 32U);
}

TEST_F(Cache, IsBuiltAgainWhereTheFileIsDamaged) {
  ASSERT_TRUE(open().ok());
  const std::string whole = *read_file(file());
  std::string flipped = whole;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  for (const std::string& bytes :
       {flipped, whole.substr(0, 70), std::string(), std::string("no")}) {
    ASSERT_TRUE(write_file(file(), bytes).ok());
    builds_ = 0;
    ASSERT_TRUE(open().ok());
    EXPECT_EQ(builds_, 1);
    EXPECT_TRUE(heard("cannot be used")) << heard_;
    EXPECT_EQ(*read_file(file()), whole);
  }
}

// A file under another's name: what is inside decides.
TEST_F(Cache, BelievesTheKeyInTheFileAndNotItsName) {
  ASSERT_TRUE(open().ok());
  const fs::path first = file();
  cached_.key.parts[1].value = "2";
  fs::copy_file(first, file());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(builds_, 2);
  EXPECT_TRUE(heard("it differs in model")) << heard_;
}

TEST_F(Cache, IsBuiltAgainWhereItGivesSomethingElse) {
  ASSERT_TRUE(open().ok());
  cached_.tolerance = 1e-3;
  drift_ = 1e-4F;
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(builds_, 1) << "within the tolerance";
  drift_ = 1e-2F;
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(builds_, 2);
  EXPECT_TRUE(heard("its output y is")) << heard_;
  cached_.tolerance = 0;
  drift_ = 1.0001e-2F;
  ASSERT_TRUE(open().ok());
  EXPECT_TRUE(heard("other bits")) << heard_;
}

TEST_F(Cache, GivesTheSessionWhereItCannotBeKept) {
  ASSERT_TRUE(open().ok());
  fs::remove(file());
  fs::create_directories(file() / "in the way");
  ASSERT_TRUE(open().ok());
  EXPECT_TRUE(heard("cannot be kept")) << heard_;
}

TEST_F(Cache, SaysWhereAFolderCannotBe) {
  std::ofstream(folder_.string()) << "a file";
  const auto session = open();
  ASSERT_FALSE(session.ok());
  EXPECT_NE(session.error().message.find("cannot make the folder"), std::string::npos);
}

TEST_F(Cache, GivesTheErrorOfABuildAndKeepsNothing) {
  cached_.build = [](const fs::path&) -> Result<std::vector<std::byte>> {
    return Error{Code::kUnsupported, "no such layer"};
  };
  const auto session = open();
  ASSERT_FALSE(session.ok());
  EXPECT_EQ(session.error().message, "no such layer");
  EXPECT_EQ(files(".engine"), 0U);
}

TEST_F(Cache, KeepsALibrarysOwnFilesAndRemovesThemWhenItBuilds) {
  leaves_file_ = true;
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(files(".files"), 1U);
  ASSERT_TRUE(write_file(file(), "damaged").ok());
  ASSERT_TRUE(open().ok());  // the build finds its folder empty
  EXPECT_EQ(builds_, 2);
}

TEST_F(Cache, ForgetsTheOldestAboveItsBound) {
  for (std::size_t i = 0; i < kMostKept + 3; ++i) {
    cached_.key.parts[0].value = str(i);
    ASSERT_TRUE(open().ok());
    fs::last_write_time(
        file(), fs::file_time_type::clock::now() - std::chrono::hours(1000 - static_cast<int>(i)));
  }
  EXPECT_EQ(files(".engine"), kMostKept);
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(builds_, static_cast<int>(kMostKept) + 3) << "the newest is there";
}

// Runs in a process of its own; gives its exit code, or minus the signal that ended it.
int ended(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_F(Cache, IsBuiltByOneOfTwoProcesses) {
  const auto build = cached_.build;
  cached_.build = [&](const fs::path& own) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return build(own);
  };
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const bool is_ok = open().ok();
      _exit(is_ok ? builds_ : 99);
    }
    children.push_back(child);
  }
  int builds = 0;
  for (const pid_t child : children) builds += ended(child);
  EXPECT_EQ(builds, 1);
}

TEST_F(Cache, SurvivesAProcessKilledWhileItBuilds) {
  for (int i = 0; i < 2; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      cached_.build = [](const fs::path& own) -> Result<std::vector<std::byte>> {
        std::ofstream(own / "half") << "half";
        raise(SIGKILL);
        return Error{Code::kInternal, "still here"};
      };
      (void)open();
      _exit(1);
    }
    EXPECT_EQ(ended(child), -SIGKILL);
  }
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(builds_, 1);
  EXPECT_EQ(files(".files"), 0U);
}

// Killed at whatever moment of writing a large engine, there is none or a whole one.
TEST_F(Cache, SurvivesAProcessKilledWhileItWrites) {
  cached_.open = [](std::span<const std::byte>, const std::shared_ptr<const void>&,
                    const fs::path&) -> Result<std::unique_ptr<Session>> {
    return std::unique_ptr<Session>(std::make_unique<Scale>(2.0F));
  };
  cached_.build = [this](const fs::path&) -> Result<std::vector<std::byte>> {
    ++builds_;
    return std::vector<std::byte>(std::size_t{8} << 20U, std::byte{7});
  };
  for (int i = 0; i < 12; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) {
        fs::remove(file());
        (void)open();
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * i));
    kill(child, SIGKILL);
    ASSERT_EQ(ended(child), -SIGKILL);
    const auto entry = read_entry(file());
    const bool is_whole_or_none = entry.ok() || entry.error().code == Code::kNotFound;
    EXPECT_TRUE(is_whole_or_none) << entry.error().message;
  }
  fs::remove(file());
  ASSERT_TRUE(open().ok());
  EXPECT_EQ(files(".new"), 0U) << "what the killed ones left is gone";
  EXPECT_TRUE(read_entry(file()).ok());
}

class NativeCache : public Cache {};

TEST_F(NativeCache, KeepsAPlanAndGivesItsBits) {
  const Engine& native = **find_engine("native");
  fs::create_directories(folder_);
  const fs::path model = folder_ / "autopilot.onnx";
  fs::copy_file("examples/autopilot/autopilot.onnx", model);
  Subject subject;
  subject.model = model;
  std::string said;
  const auto outputs = [&](bool is_kept) {
    if (is_kept) subject.options["cache"] = cached_.folder.string();
    said.clear();
    auto session =
        native.open(subject, [&](std::string_view what, double) { said += str(what, "\n"); });
    EXPECT_TRUE(session.ok()) << session.error().message;
    auto values = Values::create(**session, *sample_inputs(**session, 3));
    EXPECT_TRUE(values->run().ok());
    const Tensor tensor = values->outputs()[0].value.tensor();
    const auto bytes = tensor.bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const auto wanted = outputs(false);
  EXPECT_EQ(outputs(true), wanted);
  EXPECT_NE(said.find("building the engine of autopilot"), std::string::npos) << said;
  EXPECT_EQ(outputs(true), wanted);
  EXPECT_EQ(said, "");
  subject.threads = 2;  // a plan is for any number of them
  EXPECT_EQ(outputs(true), wanted);
  EXPECT_EQ(said, "");
  subject.options["weights"] = "int8";
  EXPECT_NE(outputs(true), wanted);
  EXPECT_NE(said.find("differs in options"), std::string::npos) << said;
  std::ofstream(model, std::ios::app) << '\x72' << '\0';  // an empty doc_string: other bytes
  outputs(true);
  EXPECT_NE(said.find("differs in model"), std::string::npos) << said;
}

TEST(Key, HoldsExternalDataToo) {
  const fs::path folder = fs::path(testing::TempDir()) / ("key_test." + std::to_string(getpid()));
  fs::create_directories(folder);
  const fs::path model = folder / "m.onnx";
  // As protobuf lays out an entry of key and value.
  ASSERT_TRUE(write_file(model, "....\x0a\x08location\x12\x06w.data....").ok());
  const std::string without = *hash_model(model);
  ASSERT_TRUE(write_file(folder / "w.data", "weights").ok());
  const std::string with = *hash_model(model);
  ASSERT_TRUE(write_file(folder / "w.data", "Weights").ok());
  EXPECT_NE(with, without);
  EXPECT_NE(*hash_model(model), with);
  fs::remove_all(folder);
}

TEST(Key, HasTheDriverAndTheDevices) {
  const fs::path root = fs::path(testing::TempDir()) / ("machine_test." + std::to_string(getpid()));
  fs::create_directories(root / "proc/driver/nvidia/gpus/0000:01:00.0");
  ASSERT_TRUE(write_file(root / "proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU\n").ok());
  EXPECT_EQ(Machine::here(root).driver, "none");
  EXPECT_EQ(Machine::here(root).devices, "none");
  EXPECT_EQ(Machine::here(root).processor.substr(0, 9), "Some CPU,");
  ASSERT_TRUE(write_file(root / "proc/driver/nvidia/version",
                         "NVRM version: NVIDIA Kernel Module  550.54.14\nGCC version: 12\n")
                  .ok());
  ASSERT_TRUE(write_file(root / "proc/driver/nvidia/gpus/0000:01:00.0/information",
                         "Model: \t\t NVIDIA RTX A2000\nIRQ: 1\n")
                  .ok());
  const Machine machine = Machine::here(root);
  EXPECT_EQ(machine.driver, "NVIDIA Kernel Module  550.54.14");
  EXPECT_EQ(machine.devices, "NVIDIA RTX A2000");
  fs::remove_all(root);
  EXPECT_EQ(build_id(), build_id());
  EXPECT_GE(build_id().size(), 16U);
}

}  // namespace
}  // namespace slipway::engines
