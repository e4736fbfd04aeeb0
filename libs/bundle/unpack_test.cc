#include "bundle/unpack.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/files.h"
#include "base/str.h"
#include "bundle/archive.h"
#include "bundle/sample.h"

namespace slipway::bundle {
namespace {

namespace fs = std::filesystem;

class Unpack : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::vector<std::string> names(const fs::path& below) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(below))
      found.push_back(fs::relative(entry.path(), below).string());
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string error(const Status& status) const {
    return status.ok() ? "" : status.error().message;
  }

  // The folder that unpack() is writing.
  fs::path in_the_making() const {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with(".x.")) return entry.path();
    }
    return {};
  }

  const fs::path folder_ =
      fs::path(testing::TempDir()) /
      str("unpack-", getpid(), "-", testing::UnitTest::GetInstance()->current_test_info()->line());
  const fs::path target_ = folder_ / "x";
};

TEST_F(Unpack, WritesEveryFileAndTheManifest) {
  TextSource source = sample_source(3);
  ASSERT_EQ(error(unpack(source, target_)), "");
  EXPECT_EQ(names(folder_), (std::vector<std::string>{
                                "x", "x/boat", "x/boat/golden.npz", "x/boat/model.plan", "x/desk",
                                "x/desk/model.onnx", "x/desk/same.onnx", "x/manifest.json"}));
  EXPECT_EQ(read_file(target_ / "boat/model.plan").value(), "plan");
  EXPECT_EQ(read_file(target_ / "manifest.json").value(), to_text(sample_manifest()));
}

TEST_F(Unpack, FoldersAndFilesHoldTheSameBundle) {
  TextSource source = sample_source();
  ASSERT_EQ(error(unpack(source, target_)), "");
  ASSERT_EQ(error(write_archive(source, folder_ / "a.slip")), "");
  const auto folder = open_source(target_);
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(error(check_objects(**folder)), "");
  ASSERT_EQ(error(write_archive(**folder, folder_ / "b.slip")), "");
  EXPECT_EQ(read_file(folder_ / "a.slip").value(), read_file(folder_ / "b.slip").value());
}

TEST_F(Unpack, OnlyWhatIsNamed) {
  TextSource source = sample_source();
  ASSERT_EQ(error(unpack(source, target_, {"boat/model.plan", "desk/"})), "");
  EXPECT_EQ(names(target_), (std::vector<std::string>{"boat", "boat/model.plan", "desk",
                                                      "desk/model.onnx", "desk/same.onnx"}));
  for (const char* nothing : {"boa", "boat/model", "boat/model.plan/x", "", "../x", "/boat"}) {
    const Status status = unpack(source, folder_ / "y", {nothing});
    EXPECT_NE(error(status).find("no file and no folder"), std::string::npos) << nothing;
    EXPECT_FALSE(fs::exists(folder_ / "y"));
  }
}

TEST_F(Unpack, NeverOverwrites) {
  TextSource source = sample_source();
  fs::create_directory(folder_ / "folder");
  std::ofstream(folder_ / "file") << "mine";
  fs::create_symlink("nowhere", folder_ / "link");
  fs::create_directory_symlink("folder", folder_ / "folder_link");
  const std::vector<std::string> before = names(folder_);
  for (const char* name : {"folder", "file", "link", "folder_link", "folder/", ".", "folder/.."}) {
    const Status status = unpack(source, folder_ / name);
    EXPECT_NE(error(status).find("is there already"), std::string::npos) << error(status);
  }
  EXPECT_EQ(names(folder_), before);
  EXPECT_EQ(read_file(folder_ / "file").value(), "mine");
}

// It was not there when unpacking began.
TEST_F(Unpack, NeverOverwritesWhatCameMeanwhile) {
  TextSource source = sample_source();
  source.before_read = [&] { fs::create_directory(target_); };
  EXPECT_NE(error(unpack(source, target_)).find("is there already"), std::string::npos);
  EXPECT_EQ(names(folder_), std::vector<std::string>{"x"});
}

TEST_F(Unpack, ChangedByteLeavesNothing) {
  TextSource source = sample_source();
  source.exchange(sha256("onnx!"), "onnx?");
  EXPECT_NE(error(unpack(source, target_)).find("is not what the manifest says"),
            std::string::npos);
  EXPECT_TRUE(names(folder_).empty());
}

TEST_F(Unpack, ShortAndLongObjectsLeaveNothing) {
  TextSource source = sample_source();
  source.exchange(sha256("onnx!"), "onnx");
  EXPECT_NE(error(unpack(source, target_)).find("ends after 4 of 5 bytes"), std::string::npos);
  source.exchange(sha256("onnx!"), "onnx!x");  // what is too much is not read
  EXPECT_EQ(error(unpack(source, target_)), "");
}

TEST_F(Unpack, AFileThatCannotBeWrittenLeavesNothing) {
  TextSource source = sample_source();
  source.before_read = [&] { fs::remove_all(in_the_making()); };
  EXPECT_NE(error(unpack(source, target_)), "");
  EXPECT_TRUE(names(folder_).empty());
}

// A link planted where the bundle's folder will be: nothing is written through it.
TEST_F(Unpack, FolderLinkPlantedMeanwhileIsNotFollowed) {
  const fs::path elsewhere = folder_ / "elsewhere";
  fs::create_directory(elsewhere);
  TextSource source = sample_source();
  source.before_read = [&] {
    std::error_code there_already;
    fs::create_directory_symlink(elsewhere, in_the_making() / "desk", there_already);
  };
  EXPECT_NE(error(unpack(source, target_)).find("desk is no folder"), std::string::npos);
  EXPECT_TRUE(names(elsewhere).empty());
  EXPECT_EQ(names(folder_), std::vector<std::string>{"elsewhere"});
}

TEST_F(Unpack, FileLinkPlantedMeanwhileIsNotFollowed) {
  std::ofstream(folder_ / "passwd") << "mine";
  TextSource source = sample_source();
  source.before_read = [&] {
    std::error_code there_already;
    fs::create_symlink(folder_ / "passwd", in_the_making() / "boat/model.plan", there_already);
  };
  EXPECT_NE(error(unpack(source, target_)).find("File exists"), std::string::npos);
  EXPECT_EQ(read_file(folder_ / "passwd").value(), "mine");
  EXPECT_EQ(names(folder_), std::vector<std::string>{"passwd"});
}

struct FolderCase {
  const char* name;
  std::function<void(const fs::path&)> change;
  const char* error;
};

class DamagedFolder : public testing::TestWithParam<FolderCase> {};

TEST_P(DamagedFolder, IsRefused) {
  const fs::path folder = fs::path(testing::TempDir()) / str("folder-", getpid());
  TextSource source = sample_source();
  ASSERT_TRUE(unpack(source, folder).ok());
  GetParam().change(folder);
  const auto opened = open_source(folder);
  std::string error = opened.ok() ? "" : opened.error().message;
  if (opened.ok()) {
    const Status objects = check_objects(**opened);
    error = objects.ok() ? "" : objects.error().message;
  }
  fs::remove_all(folder);
  EXPECT_NE(error.find(GetParam().error), std::string::npos) << error;
}

void write(const fs::path& path, std::string_view text) {
  fs::remove(path);
  std::ofstream(path, std::ios::binary) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedFolder,
    testing::Values(
        FolderCase{"NoManifest", [](const fs::path& f) { fs::remove(f / "manifest.json"); },
                   "is no unpacked bundle"},
        FolderCase{"ManifestChanged", [](const fs::path& f) { write(f / "manifest.json", "{}"); },
                   "manifest.json: this is no manifest of a bundle"},
        FolderCase{"ManifestHuge",
                   [](const fs::path& f) { fs::resize_file(f / "manifest.json", 1 << 30); },
                   "more than the 1048576 accepted"},
        FolderCase{"ManifestIsALink",
                   [](const fs::path& f) {
                     fs::rename(f / "manifest.json", f / "m");
                     fs::create_symlink("m", f / "manifest.json");
                   },
                   "is a link"},
        FolderCase{"FileMissing", [](const fs::path& f) { fs::remove(f / "boat/model.plan"); },
                   "cannot open"},
        FolderCase{"FileShorter", [](const fs::path& f) { write(f / "boat/model.plan", "pla"); },
                   "has 3 bytes where the manifest says 4"},
        FolderCase{"FileChanged", [](const fs::path& f) { write(f / "boat/model.plan", "plot"); },
                   "is not what the manifest says"},
        FolderCase{"FileIsALink",
                   [](const fs::path& f) {
                     fs::rename(f / "boat/model.plan", f / "plan");
                     fs::create_symlink("../plan", f / "boat/model.plan");
                   },
                   "is a link, not a file"},
        FolderCase{"FileIsAFolder",
                   [](const fs::path& f) {
                     fs::remove(f / "boat/model.plan");
                     fs::create_directory(f / "boat/model.plan");
                   },
                   "is no file"},
        FolderCase{"FileIsAPipe",
                   [](const fs::path& f) {
                     fs::remove(f / "boat/model.plan");
                     mkfifo((f / "boat/model.plan").c_str(), 0600);
                   },
                   "is no file"},
        FolderCase{"FolderIsALink",
                   [](const fs::path& f) {
                     fs::rename(f / "boat", f / "real");
                     fs::create_directory_symlink("real", f / "boat");
                   },
                   "boat is no folder"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(Unpack, AManifestAloneShowsAndHoldsNothing) {
  write(folder_ / "manifest.json", to_text(sample_manifest()));
  const auto source = open_source(folder_ / "manifest.json");
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ((*source)->manifest().name, "autopilot");
  EXPECT_NE(error(unpack(**source, target_)).find("a manifest alone"), std::string::npos);
  EXPECT_FALSE(fs::exists(target_));
}

TEST_F(Unpack, SourcesThatAreNone) {
  write(folder_ / "empty", "");
  write(folder_ / "text", "hello");
  EXPECT_NE(open_source(folder_ / "empty").error().message.find("is no bundle"), std::string::npos);
  EXPECT_NE(open_source(folder_ / "text").error().message.find("is no bundle"), std::string::npos);
  EXPECT_EQ(open_source(folder_ / "absent").error().code, Code::kNotFound);
  mkfifo((folder_ / "pipe").c_str(), 0600);
  EXPECT_FALSE(open_source(folder_ / "pipe").ok());
}

}  // namespace
}  // namespace slipway::bundle
