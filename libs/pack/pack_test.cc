#include "pack/pack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>

#include "base/files.h"
#include "base/str.h"
#include "digest/digest.h"
#include "pack/target.h"
#include "report/json.h"
#include "report/report_sample.h"

namespace slipway::pack {
namespace {

namespace fs = std::filesystem;

report::Report built(const std::string& target = "") {
  report::Report report = report::sample_report();
  report.target = target;
  report.artifacts = {{"engine", "native"},
                      {"runs", "model.plan"},
                      {"onnx", "model.onnx"},
                      {"golden_inputs", "golden_inputs.npz"},
                      {"golden_outputs", "golden_outputs.npz"},
                      {"recipe", "recipe.toml"}};
  return report;
}

class Pack : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const report::Report& report) const {
    const fs::path folder = folder_ / name;
    fs::create_directories(folder);
    for (const char* file : {"recipe.toml", "model.plan", "model.onnx", "golden_inputs.npz",
                             "golden_outputs.npz", "report.html"})
      std::ofstream(folder / file) << file << " of " << report.target;
    std::ofstream(folder / "report.json") << report::to_json(report);
    return folder;
  }

  Result<std::unique_ptr<bundle::Source>> packed(const std::vector<fs::path>& folders,
                                                 const std::string& name) const {
    return pack(*TRY(gather(folders)), folder_ / name);
  }
  std::string error(const std::vector<fs::path>& folders) const {
    const auto source = gather(folders);
    return source.ok() ? "" : source.error().message;
  }
  void expect_error(const std::vector<fs::path>& folders, std::string_view part) const {
    const std::string message = error(folders);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) /
      str("pack-", getpid(), "-", testing::UnitTest::GetInstance()->current_test_info()->line());
};

TEST_F(Pack, TheManifestSaysWhatTheReportFound) {
  const auto source = gather({write("a", built("boat"))});
  ASSERT_TRUE(source.ok()) << source.error().message;
  const bundle::Manifest& manifest = (*source)->manifest();
  EXPECT_EQ(manifest.name, "boat");
  EXPECT_EQ(manifest.version.text(), "1.2.0");
  EXPECT_EQ(manifest.inputs,
            (std::vector<bundle::Port>{{"sensors", "float", {"batch", "20", "25"}}}));
  EXPECT_EQ(manifest.outputs, (std::vector<bundle::Port>{{"rudder", "float", {"batch", "1"}}}));
  ASSERT_EQ(manifest.targets.size(), 1U);
  const bundle::Target& target = manifest.targets[0];
  EXPECT_EQ(target.name, "boat");
  EXPECT_EQ(target.precision, "f16");
  EXPECT_EQ(target.threads, 1U);
  EXPECT_EQ(target.file, "boat/f16/model.plan");
  EXPECT_EQ(target.options, (std::map<std::string, std::string>{{"provider", "cpu"}}));
  EXPECT_EQ(target.parts,
            (std::map<std::string, std::string>{{"golden_inputs", "boat/f16/golden_inputs.npz"},
                                                {"golden_outputs", "boat/f16/golden_outputs.npz"},
                                                {"onnx", "boat/f16/model.onnx"},
                                                {"page", "boat/f16/report.html"},
                                                {"recipe", "boat/f16/recipe.toml"},
                                                {"report", "boat/f16/report.json"}}));
  bundle::Needs needs;
  needs.architecture = "aarch64";
  needs.instruction_sets = {"neon"};
  needs.engine = "native";
  needs.engine_version = "0.1.0";
  needs.drivers = {{"cuda", "12.2"}};
  needs.memory_bytes = 700'000;
  needs.power_mode = "15W";
  needs.board = "Orin";
  EXPECT_EQ(target.needs, needs);
  EXPECT_EQ(manifest.files.size(), 7U);
  EXPECT_EQ(manifest.files[3].path, "boat/f16/model.plan");
  EXPECT_EQ(manifest.files[3].sha256, sha256("model.plan of boat"));
}

TEST_F(Pack, TargetsOfSeveralMachinesAreOneBundle) {
  report::Report desk = built("desk");
  desk.chosen = 0;
  desk.machine_id = "another";
  const fs::path a = write("a", built("boat"));
  const fs::path b = write("b", desk);
  const auto source = packed({a, b}, "x.slip");
  ASSERT_TRUE(source.ok()) << source.error().message;
  const bundle::Manifest& manifest = (*source)->manifest();
  ASSERT_EQ(manifest.targets.size(), 2U);
  EXPECT_EQ(manifest.targets[0].name, "boat");
  EXPECT_EQ(manifest.targets[1].file, "desk/f32/model.plan");
  EXPECT_EQ(manifest.files.size(), 14U);
  const Status whole = bundle::check_objects(**source);
  EXPECT_TRUE(whole.ok()) << whole.error().message;
  EXPECT_EQ(file_name(manifest), "boat-1.2.0.slip");
}

TEST_F(Pack, IsTheSameBytesWhereverAndWhenever) {
  const std::vector<fs::path> first = {write("a", built("boat")), write("b", built("desk"))};
  ASSERT_TRUE(packed(first, "first.slip").ok());
  // Another place, names that come in another order, another age.
  const std::vector<fs::path> second = {write("z/2", built("boat")), write("z/1", built("desk"))};
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "z")) {
    fs::last_write_time(entry.path(), fs::file_time_type() + std::chrono::hours(24));
    if (entry.is_regular_file()) fs::permissions(entry.path(), fs::perms::owner_read);
  }
  fs::rename(second[0] / "model.plan", second[0] / "moved");
  fs::rename(second[0] / "moved", second[0] / "model.plan");
  ASSERT_TRUE(packed(second, "second.slip").ok());
  EXPECT_EQ(read_file(folder_ / "first.slip").value(), read_file(folder_ / "second.slip").value());
}

struct Disagreement {
  const char* name;
  std::function<void(report::Report&)> change;
  const char* error;
};

class Disagreeing : public Pack, public testing::WithParamInterface<Disagreement> {};

TEST_P(Disagreeing, IsOneClearSentence) {
  report::Report other = built("desk");
  GetParam().change(other);
  expect_error({write("a", built("boat")), write("b", other)}, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, Disagreeing,
    testing::Values(Disagreement{"Name", [](report::Report& r) { r.model.name = "car"; },
                                 "are of different models: boat and car; a bundle is of one model"},
                    Disagreement{"Version", [](report::Report& r) { r.model.version = "1.2.1"; },
                                 "are of different versions: 1.2.0 and 1.2.1"},
                    Disagreement{
                        "Inputs", [](report::Report& r) { r.model.inputs[0].type = "float[1]"; },
                        "take different inputs: sensors float[batch,20,25] and sensors float[1]"},
                    Disagreement{"Outputs", [](report::Report& r) { r.model.outputs.clear(); },
                                 "give different outputs: rudder float[batch,1] and "},
                    Disagreement{"File", [](report::Report& r) { r.model.hash = "xxh128:1"; },
                                 "were built of different files named boat.onnx"},
                    Disagreement{"Target", [](report::Report& r) { r.target = "boat"; },
                                 "are both for target 'boat' in f16: build each with --for"}),
    [](const auto& row) { return std::string(row.param.name); });

struct Broken {
  const char* name;
  std::function<void(report::Report&, const fs::path&)> change;
  const char* error;
};

class BrokenArtifacts : public Pack, public testing::WithParamInterface<Broken> {};

TEST_P(BrokenArtifacts, AreRefused) {
  report::Report report = built("boat");
  const fs::path folder = write("a", report);
  GetParam().change(report, folder);
  if (fs::exists(folder / "report.json"))
    std::ofstream(folder / "report.json") << report::to_json(report);
  expect_error({folder}, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    All, BrokenArtifacts,
    testing::Values(
        Broken{"NoReport", [](auto&, const fs::path& f) { fs::remove(f / "report.json"); },
               "holds no report.json: name a folder that slipway build wrote"},
        Broken{"NothingChosen", [](auto& r, const fs::path&) { r.chosen.reset(); },
               "its build chose nothing"},
        Broken{"OldReport", [](auto& r, const fs::path&) { r.needs.reset(); },
               "an older Slipway built it"},
        Broken{"NoRole", [](auto& r, const fs::path&) { r.artifacts.resize(2); },
               "its report names no onnx"},
        Broken{"NoPlan", [](auto&, const fs::path& f) { fs::remove(f / "model.plan"); },
               "'model.plan' of its report is not there"},
        Broken{"PlanElsewhere",
               [](auto& r, const fs::path&) { r.artifacts[1].second = "../b/model.plan"; },
               "'../b/model.plan' of its report is not there"},
        Broken{"PlanIsALink",
               [](auto&, const fs::path& f) {
                 fs::remove(f / "model.plan");
                 fs::create_symlink("/etc/passwd", f / "model.plan");
               },
               "'model.plan' is not what slipway build writes"},
        Broken{"StrayPipe",
               [](auto&, const fs::path& f) { EXPECT_EQ(::mkfifo((f / "pipe").c_str(), 0600), 0); },
               "'pipe' is not what slipway build writes"},
        Broken{"StrayName",
               [](auto&, const fs::path& f) { std::ofstream(f / "my notes.txt") << "x"; },
               "my notes.txt"},
        Broken{"TargetName", [](auto& r, const fs::path&) { r.target = "../../etc"; },
               "its target cannot be a folder's name"},
        Broken{"Version", [](auto& r, const fs::path&) { r.model.version = "1"; },
               "no semantic version"},
        Broken{"ModelName", [](auto& r, const fs::path&) { r.model.name = "../boat"; },
               "name '../boat'"},
        Broken{"Threads", [](auto& r, const fs::path&) { r.candidates[1].threads = 1 << 20; },
               "threads are 1025"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(Pack, HiddenFilesAndLocksStayOut) {
  const fs::path folder = write("a", built("boat"));
  std::ofstream(folder / ".cache") << "x";
  fs::create_directory(folder / "engine");
  std::ofstream(folder / "engine/model-1.engine") << "x";
  std::ofstream(folder / "engine/model-1.lock") << "x";
  const auto source = gather({folder});
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ((*source)->manifest().files.size(), 8U);
  EXPECT_EQ((*source)->manifest().files[0].path, "boat/f16/engine/model-1.engine");
}

TEST_F(Pack, AFileThatChangesMeanwhileIsFoundOut) {
  const fs::path folder = write("a", built("boat"));
  const auto source = gather({folder});
  ASSERT_TRUE(source.ok());
  std::ofstream(folder / "golden_inputs.npz") << "golden_inputs.npz of b0at";
  const auto changed = pack(**source, folder_ / "x.slip");
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().message, "the artifacts changed while they were packed: pack again");
  EXPECT_FALSE(fs::exists(folder_ / "x.slip"));
}

TEST(Ports, AreTakenFromTheTextOfTypes) {
  const auto dims = [](const char* type) { return port_of({"x", type}).dims; };
  using Dims = std::vector<std::string>;
  EXPECT_EQ(dims("float[batch,20,25]"), (Dims{"batch", "20", "25"}));
  EXPECT_EQ(dims("float[]"), Dims{});
  EXPECT_EQ(dims("float"), (Dims{"..."}));
  EXPECT_EQ(dims("float[1,,2]"), (Dims{"1", "?", "2"}));
  EXPECT_EQ(port_of({"x", "seq(float[2])"}).dtype, "seq(float[2])");
  EXPECT_EQ(dims("seq(float[2])"), Dims{});
}

}  // namespace
}  // namespace slipway::pack
