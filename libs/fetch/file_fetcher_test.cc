#include "fetch/file_fetcher.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.h"
#include "base/str.h"
#include "fetch/recording_sink.h"

namespace slipway::fetch {
namespace {

namespace fs = std::filesystem;

class FileFetcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "fetch-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directory(folder_ / "stick");
    put("stick/model.bin", "0123456789");
    put("secret", "not yours");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_ / name, text).ok());
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  Status fetch(const std::string& url, std::uint64_t most_bytes = 1000) {
    FileFetcher fetcher(folder_ / "stick");
    return fetcher.fetch({.url = url, .most_bytes = most_bytes}, sink_);
  }

  fs::path folder_;
  RecordingSink sink_;
};

TEST_F(FileFetcherTest, ReadsPathsAndUrls) {
  for (const std::string& url :
       {path("stick/model.bin"), "file://" + path("stick/model.bin"),
        "file://localhost" + path("stick/mo%64el.bin"), "FILE://" + path("stick/./model.bin")}) {
    const Status status = fetch(url);
    ASSERT_TRUE(status.ok()) << url << ": " << status.error().message;
    EXPECT_EQ(sink_.text, "0123456789") << url;
    EXPECT_EQ(sink_.source.total_bytes, 10U);
    EXPECT_FALSE(sink_.source.version.empty());
  }
}

struct Refusal {
  std::string name;
  Code code;
  std::string in_message;
};

TEST_F(FileFetcherTest, RefusesWhatIsNoFileOfTheFolder) {
  fs::create_directory(folder_ / "stick" / "folder");
  ASSERT_EQ(mkfifo(path("stick/pipe").c_str(), 0600), 0);
  fs::create_symlink("../secret", folder_ / "stick" / "out");
  fs::create_symlink("/dev/zero", folder_ / "stick" / "device");
  fs::create_symlink("..", folder_ / "stick" / "up");
  fs::create_symlink("loop", folder_ / "stick" / "loop");
  const std::vector<Refusal> refusals = {
      {path("stick/../secret"), Code::kIo, "\"..\""},
      {"file://" + path("stick/%2e%2e/secret"), Code::kIo, "\"..\""},
      {path("secret"), Code::kIo, "outside of"},
      {path("stick/out"), Code::kIo, "outside of"},
      {path("stick/up/secret"), Code::kIo, "outside of"},
      {path("stick/device"), Code::kIo, "outside of"},
      {path("stick/pipe"), Code::kIo, "not a regular file"},
      {path("stick/folder"), Code::kIo, "not a regular file"},
      {path("stick/loop"), Code::kIo, "symbolic links"},
      {path("stick"), Code::kIo, "outside of"},
      {path("stick/absent"), Code::kNotFound, "No such file"},
      {path("stick/model.bin/x"), Code::kNotFound, "Not a directory"},
      {"file://host" + path("stick/model.bin"), Code::kUsage, "another host"},
      {"file://" + path("stick%2fmodel.bin"), Code::kUsage, "%25"},
      {"file://" + path("stick/model.bin%0"), Code::kUsage, "%25"},
      {"file://" + path("stick/model.bin%00"), Code::kUsage, "%25"},
      {"gopher://host/model.bin", Code::kUsage, "file:///"},
      {path("stick/model.bin") + std::string(1, '\0'), Code::kUsage, "NUL"},
  };
  for (const Refusal& refusal : refusals) {
    const Status status = fetch(refusal.name);
    ASSERT_FALSE(status.ok()) << refusal.name;
    EXPECT_EQ(status.error().code, refusal.code) << status.error().message;
    EXPECT_NE(status.error().message.find(refusal.in_message), std::string::npos)
        << status.error().message;
    EXPECT_EQ(sink_.begun, 0) << refusal.name;
  }
}

TEST_F(FileFetcherTest, FollowsLinksThatStayInTheFolder) {
  fs::create_symlink("model.bin", folder_ / "stick" / "latest");
  fs::create_symlink("stick", folder_ / "mounted");
  FileFetcher fetcher(folder_ / "mounted");
  ASSERT_TRUE(fetcher.fetch({.url = path("mounted/latest"), .most_bytes = 10}, sink_).ok());
  EXPECT_EQ(sink_.text, "0123456789");
}

TEST_F(FileFetcherTest, AFolderThatIsGoneSaysNothingOfItsFiles) {
  fs::remove_all(folder_ / "stick");
  const Status status = fetch(path("stick/model.bin"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kIo);
  EXPECT_NE(status.error().message.find("mounted?"), std::string::npos);
}

TEST_F(FileFetcherTest, MoreBytesThanAcceptedAreTooLarge) {
  const Status status = fetch(path("stick/model.bin"), 9);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kTooLarge);
  EXPECT_EQ(sink_.begun, 0);
}

TEST_F(FileFetcherTest, ResumesTheSameVersionAndStartsOverForAnother) {
  ASSERT_TRUE(fetch(path("stick/model.bin")).ok());
  const std::string version = sink_.source.version;
  FileFetcher fetcher(folder_ / "stick");
  Request request{.url = path("stick/model.bin"), .most_bytes = 100, .offset = 4};
  request.version = version;
  sink_ = {};
  ASSERT_TRUE(fetcher.fetch(request, sink_).ok());
  EXPECT_EQ(sink_.source.offset, 4U);
  EXPECT_EQ(sink_.text, "456789");

  put("stick/model.bin", "abcdefghij");
  sink_ = {};
  ASSERT_TRUE(fetcher.fetch(request, sink_).ok());
  EXPECT_EQ(sink_.source.offset, 0U);
  EXPECT_EQ(sink_.text, "abcdefghij");
}

TEST_F(FileFetcherTest, TellsWhenTheFileChangesWhileItIsRead) {
  struct Growing : RecordingSink {
    std::string path;
    Status write(std::span<const std::byte> bytes) override {
      EXPECT_EQ(truncate(path.c_str(), 3), 0);
      return RecordingSink::write(bytes);
    }
  } sink;
  sink.path = path("stick/model.bin");
  FileFetcher fetcher(folder_ / "stick");
  const Status status = fetcher.fetch({.url = sink.path, .most_bytes = 100}, sink);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("changed while"), std::string::npos);
}

TEST_F(FileFetcherTest, WhatTheSinkReturnsIsReturned) {
  struct Full : RecordingSink {
    Status write(std::span<const std::byte>) override {
      return Error{Code::kInternal, "the disk is full"};
    }
  } sink;
  FileFetcher fetcher;
  const Status status = fetcher.fetch({.url = path("stick/model.bin"), .most_bytes = 100}, sink);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "the disk is full");
}

TEST_F(FileFetcherTest, ATextAndTheWayToIt) {
  put("stick/a b%41.json", "{}");
  FileFetcher fetcher(folder_ / "stick");
  for (const std::string& base :
       {path("stick"), path("stick/"), "file://" + path("stick"), "file://" + path("stick/")}) {
    const Result<std::string> text = fetch_text(fetcher, join_url(base, "a b%41.json"), 2);
    ASSERT_TRUE(text.ok()) << text.error().message;
    EXPECT_EQ(*text, "{}");
  }
  EXPECT_EQ(join_url("http://host/tuf/", "a/b c"), "http://host/tuf/a/b%20c");
}

}  // namespace
}  // namespace slipway::fetch
