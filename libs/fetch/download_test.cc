#include "fetch/download.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/files.h"
#include "base/str.h"
#include "digest/digest.h"
#include "fetch/part_file.h"

namespace slipway::fetch {
namespace {

namespace fs = std::filesystem;

// A server with one file, that breaks off after so many bytes.
struct FakeServer : Fetcher {
  std::string bytes;
  std::string version = "\"a\"";
  std::size_t break_after = std::string::npos;
  Code code = Code::kIo;  // of what a break looks like
  std::vector<std::uint64_t> offsets;

  Status fetch(const Request& request, Sink& sink) override {
    const bool is_same = request.never_changes || (!version.empty() && request.version == version);
    const std::uint64_t offset = is_same ? request.offset : 0;
    offsets.push_back(offset);
    TRY(sink.begin({.offset = offset, .total_bytes = bytes.size(), .version = version}));
    const std::string_view rest =
        std::string_view(bytes).substr(static_cast<std::size_t>(offset)).substr(0, break_after);
    if (!rest.empty()) TRY(sink.write(std::as_bytes(std::span(rest))));
    if (offset + rest.size() < bytes.size()) return Error{code, "it broke"};
    return {};
  }
};

class DownloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "fetch-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    server_.bytes = "0123456789";
    what_ = {.url = "http://host/x", .to = folder_ / "x", .most_bytes = 100, .sha256 = {}};
  }
  void TearDown() override { fs::remove_all(folder_); }

  Result<Downloaded> run() { return download(server_, what_); }
  // A run that breaks off after so many bytes.
  void interrupt(std::size_t bytes) {
    server_.break_after = bytes;
    const Result<Downloaded> done = run();
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().message.find("x.part"), std::string::npos) << done.error().message;
    server_.break_after = std::string::npos;
  }
  std::string text(const std::string& name) const {
    const Result<std::string> read = read_file(folder_ / name);
    return read.ok() ? *read : "(none)";
  }
  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return join(found, " ");
  }

  fs::path folder_;
  FakeServer server_;
  Download what_;
};

TEST_F(DownloadTest, GoesOnWhereItBrokeOff) {
  interrupt(4);
  EXPECT_EQ(names(), "x.part x.part.from");
  EXPECT_EQ(text("x.part"), "0123");
  const Result<Downloaded> done = run();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->resumed_from, 4U);
  EXPECT_EQ(done->bytes, 10U);
  EXPECT_EQ(done->sha256, sha256("0123456789"));
  EXPECT_EQ(text("x"), "0123456789");
  EXPECT_EQ(names(), "x");
  EXPECT_EQ(server_.offsets, (std::vector<std::uint64_t>{0, 4}));
}

TEST_F(DownloadTest, StartsOverForAnotherVersionAndCutsWhatWasLonger) {
  interrupt(9);
  server_.bytes = "abc";
  server_.version = "\"b\"";
  const Result<Downloaded> done = run();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->resumed_from, 0U);
  EXPECT_EQ(text("x"), "abc");
}

TEST_F(DownloadTest, APartOfAnotherUrlCountsOnlyIfTheHashIsTheSame) {
  interrupt(4);
  what_.url = "http://mirror/x";
  interrupt(5);
  EXPECT_EQ(server_.offsets.back(), 0U);
  what_.sha256 = sha256(server_.bytes);
  interrupt(2);  // known by its URL
  EXPECT_EQ(server_.offsets.back(), 5U);
  what_.url = "http://third/x";
  server_.version = "";
  const Result<Downloaded> done = run();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(text("x"), "0123456789");
}

TEST_F(DownloadTest, CredentialsAreNoPartOfTheSource) {
  what_.url = "http://robot:one@host/x";
  interrupt(4);
  EXPECT_EQ(text("x.part.from").find("robot"), std::string::npos);
  what_.url = "http://robot:two@host/x";
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(server_.offsets.back(), 4U);
}

TEST_F(DownloadTest, AWrongHashLeavesWhatWasThere) {
  put("x", "old");
  what_.sha256 = sha256("another");
  const Result<Downloaded> done = run();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, Code::kInvalid);
  EXPECT_EQ(text("x"), "old");
  EXPECT_EQ(names(), "x");
  EXPECT_EQ(server_.offsets.size(), 1U);
}

TEST_F(DownloadTest, AWrongHashOfAResumedFileIsFetchedOnceInWhole) {
  what_.sha256 = sha256(server_.bytes);
  interrupt(4);
  put("x.part", "0X23");
  const Result<Downloaded> done = run();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(text("x"), "0123456789");
  EXPECT_EQ(server_.offsets, (std::vector<std::uint64_t>{0, 4, 0}));
}

TEST_F(DownloadTest, AfterAPowerCutOnlySyncedBytesCount) {
  interrupt(6);
  std::string record = text("x.part.from");
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < record.size(); at = record.find('\n', at) + 1)
    lines.push_back(record.substr(at, record.find('\n', at) - at));
  ASSERT_EQ(lines.size(), 6U) << record;
  EXPECT_EQ(lines[5], "6");
  put("x.part", std::string("012\0\0\0", 6));
  lines[4] = "another-boot";
  lines[5] = "3";
  put("x.part.from", join(lines, "\n") + "\n");
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(server_.offsets.back(), 3U);
  EXPECT_EQ(text("x"), "0123456789");
}

TEST_F(DownloadTest, ARecordThatIsNoneIsNotBelieved) {
  for (const std::string& record : std::vector<std::string>{
           "", "slipway part 1\n", "slipway part 2\na\n\"a\"\n-\nboot\n3\n", std::string(5000, 'x'),
           str("slipway part 1\n", sha256(what_.url), "\n\"a\"\n-\nboot\n3x\n"),
           str("slipway part 1\n", sha256(what_.url), "\n\"a\"\n-\nboot\n-3\n"),
           str("slipway part 1\n", sha256(what_.url), "\n\"a\"\n-\nboot\n\n"),
           str("slipway part 1\n", sha256(what_.url), "\n\n-\nboot\n3\n")}) {
    put("x.part", "XXX");
    put("x.part.from", record);
    ASSERT_TRUE(run().ok());
    EXPECT_EQ(server_.offsets.back(), 0U) << record;
    EXPECT_EQ(text("x"), "0123456789") << record;
  }
}

TEST_F(DownloadTest, WhatCannotPassLeavesNothing) {
  for (const Code code : {Code::kNotFound, Code::kTooLarge, Code::kUsage}) {
    server_.code = code;
    server_.break_after = 4;
    const Result<Downloaded> done = run();
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, code);
    EXPECT_EQ(names(), "");
  }
}

TEST_F(DownloadTest, APartThatIsLongerThanAcceptedIsNotUsed) {
  interrupt(8);
  what_.most_bytes = 7;
  server_.bytes = "0123456";
  ASSERT_TRUE(run().ok());
  EXPECT_EQ(server_.offsets.back(), 0U);
  EXPECT_EQ(text("x"), "0123456");
}

TEST_F(DownloadTest, ASecondOneToTheSameFileIsToldSo) {
  const Result<PartFile> first = PartFile::open(folder_ / "x", what_.url, "");
  ASSERT_TRUE(first.ok());
  const Result<Downloaded> done = run();
  ASSERT_FALSE(done.ok());
  EXPECT_NE(done.error().message.find("is in use"), std::string::npos) << done.error().message;
}

TEST_F(DownloadTest, NamesThatAreNoFiles) {
  fs::create_directory(folder_ / "folder");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(mkfifo((folder_ / "p.part").c_str(), 0600), 0);
  fs::create_symlink(folder_ / "elsewhere", folder_ / "link.part");
  for (const std::string& name : std::vector<std::string>{"folder", "folder/", "folder/..", "pipe",
                                                          "p", "link", "absent/x"}) {
    what_.to = folder_ / name;
    EXPECT_FALSE(run().ok()) << name;
  }
  EXPECT_EQ(server_.offsets.size(), 0U);
  EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
}

TEST_F(DownloadTest, NoSpaceIsToldBeforeTheFirstByte) {
  Result<PartFile> part = PartFile::open(folder_ / "x", what_.url, "");
  ASSERT_TRUE(part.ok());
  const Status status = part->begin({.offset = 0, .total_bytes = ~std::uint64_t{0}, .version = {}});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("there is space for"), std::string::npos);
}

}  // namespace
}  // namespace slipway::fetch
