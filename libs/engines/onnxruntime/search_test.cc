#include "engines/onnxruntime/search.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace slipway::engines {
namespace {

namespace fs = std::filesystem;

// A folder of its own with files by name.
class Search : public testing::Test {
 protected:
  Search() : root_(fs::path(testing::TempDir()) / ("search_test." + std::to_string(getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~Search() override { fs::remove_all(root_); }

  void add(const std::string& file) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << file;
  }
  std::vector<std::string> found(const Surroundings& surroundings) const {
    std::vector<std::string> files;
    for (const Candidate& candidate : find_onnxruntime(surroundings))
      files.push_back(candidate.library.lexically_relative(root_).string());
    return files;
  }

  fs::path root_;
};

using Files = std::vector<std::string>;

TEST_F(Search, FindsNothingWhereNothingIs) {
  Surroundings surroundings;
  surroundings.path = (root_ / "bin").string();
  surroundings.folder = root_;
  EXPECT_EQ(found(surroundings), Files{});
}

TEST_F(Search, TakesWhatTheEnvironmentNamesAndNothingElse) {
  add("lib/libonnxruntime.so");
  Surroundings surroundings;
  surroundings.system_folders = {root_ / "lib"};
  surroundings.chosen = (root_ / "misspelt.so").string();
  EXPECT_EQ(found(surroundings), Files{"misspelt.so"});
}

TEST_F(Search, GoesFromTheEnvironmentInUseToTheSystem) {
  add("active/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.30.0");
  add("usr/bin/python3");
  add("usr/lib/python3/dist-packages/onnxruntime/capi/libonnxruntime.so.1.20.1");
  add("here/.venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.22.0");
  add("home/.local/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.19.0");
  add("extra/libonnxruntime.so.1");
  add("lib/libonnxruntime.so.1.9.0");
  add("lib/libonnxruntime.so.1.21.0");
  Surroundings surroundings;
  surroundings.virtual_environment = (root_ / "active").string();
  surroundings.path = (root_ / "none").string() + ":" + (root_ / "usr/bin").string();
  surroundings.folder = root_ / "here";
  surroundings.home = root_ / "home";
  surroundings.library_path = (root_ / "extra").string();
  surroundings.system_folders = {root_ / "lib"};
  EXPECT_EQ(
      found(surroundings),
      (Files{"active/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.30.0",
             "usr/lib/python3/dist-packages/onnxruntime/capi/libonnxruntime.so.1.20.1",
             "here/.venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.22.0",
             "home/.local/lib/python3.11/site-packages/onnxruntime/capi/libonnxruntime.so.1.19.0",
             "extra/libonnxruntime.so.1", "lib/libonnxruntime.so.1.21.0"}));
}

TEST_F(Search, CountsAFileOnce) {
  add("lib/libonnxruntime.so.1.21.0");
  fs::create_symlink("libonnxruntime.so.1.21.0", root_ / "lib/libonnxruntime.so");
  Surroundings surroundings;
  surroundings.library_path = (root_ / "lib").string();
  surroundings.system_folders = {root_ / "lib"};
  EXPECT_EQ(found(surroundings), Files{"lib/libonnxruntime.so"});
}

TEST_F(Search, LoadsNothingFromRelativeFoldersOrThoseThatAnybodyFills) {
  add("here/.venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.22.0");
  fs::permissions(root_ / "here/.venv", fs::perms::all);
  Surroundings surroundings;
  surroundings.folder = root_ / "here";
  surroundings.library_path = "lib:.:";
  surroundings.path = "bin:";
  EXPECT_EQ(found(surroundings), Files{});
}

}  // namespace
}  // namespace slipway::engines
