#include "choose/publication.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>

#include "base/str.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

class PublicationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "publication_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    target_ = folder_ / "artifacts";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static void fill(const Publication& publication, const std::string& content) {
    ASSERT_TRUE(write_file(publication.folder() / kMark, content).ok());
    ASSERT_TRUE(write_file(publication.folder() / "model.plan", content).ok());
  }
  void publish(const std::string& content) {
    Result<Publication> publication = Publication::begin(target_);
    ASSERT_TRUE(publication.ok()) << publication.error().message;
    fill(*publication, content);
    const Status published = publication->publish();
    ASSERT_TRUE(published.ok()) << published.error().message;
  }
  // Both files hold the same.
  std::string content() const {
    const Result<std::string> mark = read_file(target_ / kMark);
    const Result<std::string> plan = read_file(target_ / "model.plan");
    if (!mark.ok() || !plan.ok()) return "nothing";
    return *mark == *plan ? *mark : "half";
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path folder_;
  fs::path target_;
};

TEST_F(PublicationTest, ReplacesTheWholeFolder) {
  publish("first");
  EXPECT_EQ(content(), "first");
  ASSERT_TRUE(write_file(target_ / "more", "x").ok());
  publish("second");
  EXPECT_EQ(content(), "second");
  EXPECT_FALSE(fs::exists(target_ / "more"));
  EXPECT_EQ(names(), std::vector<std::string>{"artifacts"});
}

TEST_F(PublicationTest, WithoutPublishNothingChanges) {
  publish("first");
  {
    Result<Publication> publication = Publication::begin(target_);
    ASSERT_TRUE(publication.ok());
    fill(*publication, "second");
  }
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(names(), std::vector<std::string>{"artifacts"});
}

TEST_F(PublicationTest, ALockKeepsTwoBuildsApart) {
  Result<Publication> first = Publication::begin(target_);
  ASSERT_TRUE(first.ok());
  const Result<Publication> second = Publication::begin(target_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("another build is at work"), std::string::npos);
  fill(*first, "first");
  EXPECT_TRUE(first->publish().ok());
}

TEST_F(PublicationTest, KeepsItsHandsOffWhatItDidNotMake) {
  fs::create_directory(target_);
  ASSERT_TRUE(write_file(target_ / "thesis.txt", "years of work").ok());
  const Result<Publication> begun = Publication::begin(target_);
  ASSERT_FALSE(begun.ok());
  EXPECT_EQ(begun.error().code, Code::kUsage);
  EXPECT_TRUE(fs::exists(target_ / "thesis.txt"));
  ASSERT_TRUE(write_file(folder_ / "file", "x").ok());
  EXPECT_FALSE(Publication::begin(folder_ / "file").ok());
  fs::create_directory_symlink(target_, folder_ / "link");
  EXPECT_FALSE(Publication::begin(folder_ / "link").ok());
  EXPECT_FALSE(Publication::begin("/").ok());
  EXPECT_FALSE(Publication::begin(folder_ / "no" / "artifacts").ok());
}

// Killed at any moment: what was there, or what is new, and the next build clears up.
TEST_F(PublicationTest, KilledAtAnyMoment) {
  publish("old");
  std::size_t killed = 0;
  for (int delay_us = 0; delay_us < 2000; delay_us += 100) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; ++i) {
        Result<Publication> publication = Publication::begin(target_);
        if (!publication.ok()) ::_exit(1);
        fill(*publication, str("new ", i));
        if (!publication->publish().ok()) ::_exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(1000 + delay_us));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "a build failed by itself";
    ++killed;
    ASSERT_TRUE(content() == "old" || content().rfind("new ", 0) == 0) << content();
    publish("old");
    ASSERT_EQ(names(), std::vector<std::string>{"artifacts"});
  }
  EXPECT_EQ(killed, 20U);
}

TEST_F(PublicationTest, PicksUpAfterADeathBetweenTwoRenames) {
  publish("old");
  // As where folders cannot be exchanged.
  fs::rename(target_, folder_ / ".artifacts.old");
  fs::create_directory(folder_ / ".artifacts.new");
  const Result<Publication> begun = Publication::begin(target_);
  ASSERT_TRUE(begun.ok());
  EXPECT_EQ(content(), "old");
}

}  // namespace
}  // namespace slipway::choose
