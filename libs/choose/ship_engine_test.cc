#include "choose/ship_engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/str.h"
#include "engines/cache.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
using engines::Session;

// y = x, by an engine that takes long to build.
class Same final : public Session {
 public:
  std::span<const engines::Port> inputs() const override { return {&input_, 1}; }
  std::span<const engines::Port> outputs() const override { return {&output_, 1}; }
  Status run(std::span<const void* const> inputs, std::span<void* const> outputs) override {
    *static_cast<float*>(outputs[0]) = *static_cast<const float*>(inputs[0]);
    return {};
  }

 private:
  engines::Port input_ = {"x", DType::kFloat32, {1}, 4};
  engines::Port output_ = {"y", DType::kFloat32, {1}, 4};
};

class ShipEngine : public testing::Test {
 protected:
  ShipEngine() : folder_(fs::path(testing::TempDir()) / str("ship_engine_test.", getpid())) {
    fs::remove_all(folder_);
    for (const char* name : {"", "work", "artifacts"}) fs::create_directory(folder_ / name);
    for (const char* name : {"work", "artifacts"}) write(folder_ / name / "model.onnx", "a model");
  }
  ~ShipEngine() override { fs::remove_all(folder_); }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  // As an engine opens a model of which it keeps what it built.
  Status open(const fs::path& model, const fs::path& cache, int threads = 1) {
    engines::Subject subject;
    subject.model = model;
    subject.threads = static_cast<std::size_t>(threads);
    engines::Cached cached;
    cached.folder = cache;
    cached.stem = model.stem().string();
    cached.key = TRY(engines::key_of("fake", "1.0", subject, {"engine_cache"}));
    cached.build = [this](const fs::path& own) -> Result<std::vector<std::byte>> {
      ++builds_;
      write(own / "kernels", "of the library");
      return std::vector<std::byte>(64);
    };
    cached.open = [](std::span<const std::byte>, const std::shared_ptr<const void>&,
                     const fs::path& own) -> Result<std::unique_ptr<Session>> {
      if (!fs::exists(own / "kernels")) return Error{Code::kInvalid, "its kernels are gone"};
      return std::unique_ptr<Session>(std::make_unique<Same>());
    };
    TRY(engines::open_cached(cached, {}));
    return {};
  }

  fs::path folder_;
  int builds_ = 0;
};

TEST_F(ShipEngine, IsFoundWhereItWasTakenTo) {
  ASSERT_TRUE(open(folder_ / "work" / "model.onnx", folder_ / "engines").ok());
  const auto shipped = ship_engine(folder_ / "engines", folder_ / "artifacts" / "model.onnx",
                                   folder_ / "artifacts" / "engine");
  ASSERT_TRUE(shipped.ok()) << shipped.error().message;
  fs::remove_all(folder_ / "engines");
  EXPECT_EQ(builds_, 1);
  ASSERT_TRUE(open(folder_ / "artifacts" / "model.onnx", folder_ / "artifacts" / "engine").ok());
  EXPECT_EQ(builds_, 1) << "it was built again";
  EXPECT_TRUE(fs::exists(*shipped));
}

TEST_F(ShipEngine, IsTheOneOfTheModelThatWasUsedLast) {
  const fs::path model = folder_ / "work" / "model.onnx";
  ASSERT_TRUE(open(model, folder_ / "engines", 1).ok());
  ASSERT_TRUE(open(model, folder_ / "engines", 2).ok());
  const auto later = fs::file_time_type::clock::now() + std::chrono::hours(1);
  write(folder_ / "other.onnx", "another model");
  ASSERT_TRUE(open(folder_ / "other.onnx", folder_ / "engines").ok());
  write(folder_ / "engines" / "broken.engine", "no engine");
  fs::path first;
  for (const auto& entry : fs::directory_iterator(folder_ / "engines")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".engine") && !name.starts_with("model"))
      fs::last_write_time(entry.path(), later + std::chrono::hours(1));
    if (first.empty() && name.ends_with(".engine") && name.starts_with("model"))
      first = entry.path();
  }
  fs::last_write_time(first, later);
  const auto shipped = ship_engine(folder_ / "engines", model, folder_ / "artifacts" / "engine");
  ASSERT_TRUE(shipped.ok()) << shipped.error().message;
  EXPECT_EQ(shipped->filename(), first.filename());
}

TEST_F(ShipEngine, SaysSoWhereThereIsNone) {
  ASSERT_TRUE(open(folder_ / "work" / "model.onnx", folder_ / "engines").ok());
  write(folder_ / "artifacts" / "model.onnx", "changed since");
  const auto shipped = ship_engine(folder_ / "engines", folder_ / "artifacts" / "model.onnx",
                                   folder_ / "artifacts" / "engine");
  ASSERT_FALSE(shipped.ok());
  EXPECT_EQ(shipped.error().code, Code::kNotFound);
  EXPECT_NE(shipped.error().message.find("holds no built engine of model.onnx"), std::string::npos);
}

}  // namespace
}  // namespace slipway::choose
