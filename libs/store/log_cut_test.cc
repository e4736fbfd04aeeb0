#include <gtest/gtest.h>

#include "disk/crashing_disk.h"
#include "store/audit.h"
#include "store/sample.h"

namespace slipway::store {
namespace {

using disk::CrashingDisk;

const Path kLog = "/log";
const Path kOlder = "/log.1";
constexpr std::uint64_t kFewBytes = 1000;  // two or three lines

class LogCutTest : public testing::Test {
 protected:
  LogCutTest() { reopen(); }

  void reopen(std::uint64_t most_bytes = kFewBytes) {
    log_ = std::make_unique<AuditLog>(
        disk_, kLog, [] { return std::int64_t{1'780'000'000}; }, most_bytes);
    const Result<std::uint64_t> torn = log_->open();
    ASSERT_TRUE(torn.ok()) << torn.error().message;
  }
  void append(std::string_view reason, std::string_view action = "note") {
    const Status done = log_->append(action, {"autopilot", "1.0.0"}, reason);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  // Until the log was cut so often; how many lines that took.
  int append_until_cut(int times) {
    int lines = 0;
    for (int cuts = 0; cuts < times;) {
      const std::uint64_t before = bytes(kLog);
      append(str(++lines));
      if (bytes(kLog) < before) ++cuts;
    }
    return lines;
  }
  std::string text(const Path& path) { return disk_.read(path, 1 << 24).value(); }
  std::uint64_t bytes(const Path& path) {
    const Result<disk::Entry> entry = disk_.look(path);
    return entry.ok() ? entry->bytes : 0;
  }
  void write(const Path& path, const std::string& content) {
    const std::unique_ptr<disk::File> file = disk_.create(path).value();
    ASSERT_TRUE(file->write(content).ok());
    ASSERT_TRUE(file->sync().ok());
  }
  LogCheck check() {
    reasons_.clear();
    return check_log(disk_, kLog, [&](const LogLine& line) { reasons_ += line.reason + " "; })
        .value();
  }
  LogLine first_of(const Path& path) {
    const std::string all = text(path);
    return parse_line(all.substr(0, all.find('\n')))->line;
  }
  LogLine last_of(const Path& path) {
    const std::string all = text(path);
    const std::size_t begin = all.rfind('\n', all.size() - 2) + 1;
    return parse_line(std::string_view(all).substr(begin, all.size() - 1 - begin))->line;
  }

  CrashingDisk disk_;
  std::unique_ptr<AuditLog> log_;
  std::string reasons_;
};

TEST_F(LogCutTest, ALogThatPassedItsBoundBecomesLog1) {
  reopen(kMostLogBytes);
  const int lines = append_until_cut(1);
  EXPECT_GE(bytes(kOlder), kMostLogBytes);
  EXPECT_LT(bytes(kOlder), kMostLogBytes + kMostLineBytes);
  const LogLine cut = first_of(kLog);
  EXPECT_EQ(cut.action, "cut");
  EXPECT_EQ(cut.number, static_cast<std::uint64_t>(lines));
  EXPECT_EQ(cut.before, last_of(kOlder).sha256);
  EXPECT_EQ(cut.reason, "the lines before are in log.1");
  const LogCheck found = check();
  EXPECT_TRUE(found.problems.empty()) << join(found.problems);
  EXPECT_EQ(found.lines, static_cast<std::uint64_t>(lines) + 1);
  EXPECT_EQ(found.first, 1U);
  EXPECT_EQ(found.head, last_of(kLog).sha256);
  EXPECT_EQ(disk_.tree().size(), 2U);
}

TEST_F(LogCutTest, WhatIsKeptIsTwoFilesHoweverMuchIsDone) {
  for (int cuts = 0; cuts < 20; ++cuts) {
    append_until_cut(1);
    if (cuts % 3 == 0) reopen();
    EXPECT_LT(bytes(kLog) + bytes(kOlder), 2 * (kFewBytes + 1000));
    const LogCheck found = check();
    EXPECT_TRUE(found.problems.empty()) << join(found.problems);
    EXPECT_EQ(found.first, first_of(kOlder).number);
    EXPECT_EQ(found.first + found.lines - 1, log_->last()->number);
    EXPECT_EQ(found.head, log_->last()->sha256);
  }
  EXPECT_GT(check().first, 30U);
}

TEST_F(LogCutTest, EveryChangedByteOfBothIsSeen) {
  append_until_cut(2);
  for (const Path& path : {kOlder, kLog}) {
    const std::string good = text(path);
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = bad[at] == 'x' ? 'y' : 'x';
      write(path, bad);
      const LogCheck found = check();
      EXPECT_TRUE(!found.problems.empty() || found.torn_bytes > 0) << path << ", byte " << at;
    }
    write(path, good);
  }
  EXPECT_TRUE(check().problems.empty());
}

TEST_F(LogCutTest, AnOlderLogThatIsMissingOrAnotherIsSeen) {
  append_until_cut(1);
  const std::string other = text(kOlder);
  append_until_cut(1);
  const std::string good = text(kOlder);
  write(kOlder, other);
  EXPECT_FALSE(check().problems.empty());
  write(kOlder, good.substr(0, good.rfind('\n', good.size() - 2) + 1));
  EXPECT_FALSE(check().problems.empty()) << "its last line is missing";
  write(kOlder, good.substr(good.find('\n') + 1));
  EXPECT_FALSE(check().problems.empty()) << "its first line is missing";
  write(kOlder, "");
  EXPECT_FALSE(check().problems.empty());
  ASSERT_TRUE(disk_.remove(kOlder).ok());
  const LogCheck found = check();
  ASSERT_EQ(found.problems.size(), 1U) << join(found.problems);
  EXPECT_NE(found.problems[0].find("log.1 is missing"), std::string::npos) << found.problems[0];
}

TEST_F(LogCutTest, WhatALineTellsOfTheOneBeforeStaysBehindIt) {
  while (bytes(kLog) < kFewBytes) append("more");
  append("of the line before", "failed");
  append("of the line before", "interrupted");
  EXPECT_EQ(bytes(kOlder), 0U);
  append("next");
  EXPECT_EQ(last_of(kOlder).action, "interrupted");
}

TEST_F(LogCutTest, AFullDiskLetsItGrowOn) {
  while (bytes(kLog) < kFewBytes) append("more");
  ASSERT_TRUE(log_->reserve().ok());
  const std::uint64_t lines = check().lines;
  for (const std::uint64_t free_bytes : {0, 4096, 8192}) {
    disk_.set_capacity(disk_.used_bytes() + free_bytes);
    append("full");
    EXPECT_EQ(disk_.tree().size(), 1U);
  }
  disk_.set_capacity(CrashingDisk::kNoLimit);
  append("free again");
  EXPECT_GT(bytes(kOlder), kFewBytes);
  disk_.crash({});
  const LogCheck found = check();
  EXPECT_TRUE(found.problems.empty()) << join(found.problems);
  EXPECT_EQ(found.lines, lines + 5);
}

TEST_F(LogCutTest, SpaceForLinesToComeIsTakenOfTheNewLog) {
  while (bytes(kLog) < kFewBytes) append("more");
  append("cuts it");
  EXPECT_GT(bytes(kOlder), 0U);
  reopen(kMostLogBytes);
  disk_.set_capacity(disk_.used_bytes());
  for (int i = 0; i < 100; ++i) append("more");
}

TEST_F(LogCutTest, ALogThatSomebodyRemovedGoesOnAfterLog1) {
  append_until_cut(1);
  const LogLine last = last_of(kOlder);
  for (const bool is_empty : {false, true}) {
    ASSERT_TRUE(disk_.remove(kLog).ok());
    if (is_empty) write(kLog, "");
    EXPECT_EQ(check().head, last.sha256);
    reopen();
    EXPECT_EQ(log_->last()->sha256, last.sha256);
    append("next");
    EXPECT_EQ(first_of(kLog).before, last.sha256);
    EXPECT_TRUE(check().problems.empty()) << join(check().problems);
  }
}

TEST_F(LogCutTest, DamageThatIsNoPowerCutGoesToLog1AndIsTold) {
  append("one");
  write(kLog, text(kLog) + std::string(50'000, '\xaa'));
  reopen();
  append("two");
  append("three");
  EXPECT_GT(bytes(kOlder), 50'000U);
  EXPECT_FALSE(check().problems.empty());
  EXPECT_EQ(reasons_, "one the lines before are in log.1 two three ");
}

TEST_F(LogCutTest, WhoReadsWhileItIsCutIsToldToAskAgain) {
  append_until_cut(1);
  bool is_first = true;
  const Result<LogCheck> found = check_log(disk_, kLog, [&](const LogLine& /*line*/) {
    if (std::exchange(is_first, false)) append_until_cut(1);
  });
  ASSERT_FALSE(found.ok());
  EXPECT_NE(found.error().message.find("ask again"), std::string::npos) << found.error().message;
  EXPECT_TRUE(check().problems.empty());
}

}  // namespace
}  // namespace slipway::store
