#include "store/audit.h"

#include <gtest/gtest.h>

#include <functional>

#include "disk/crashing_disk.h"
#include "store/sample.h"

namespace slipway::store {
namespace {

using disk::CrashingDisk;

const Path kLog = "/log";
constexpr std::uint64_t kMostLineBytes = 8192;

class AuditTest : public testing::Test {
 protected:
  AuditTest() { reopen(); }

  std::uint64_t reopen() {
    log_ = std::make_unique<AuditLog>(disk_, kLog, [] { return std::int64_t{1'780'000'000}; });
    const Result<std::uint64_t> torn = log_->open();
    EXPECT_TRUE(torn.ok()) << torn.error().message;
    return torn.ok() ? *torn : 0;
  }
  void append(std::string_view reason) {
    const Status done = log_->append("note", {"autopilot", "1.0.0"}, reason);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  std::string text() { return disk_.read(kLog, 1 << 24).value(); }
  void write(const std::string& content) {
    const std::unique_ptr<disk::File> file = disk_.create(kLog).value();
    ASSERT_TRUE(file->write(content).ok());
    ASSERT_TRUE(file->sync().ok());
    ASSERT_TRUE(disk_.sync_folder("/").ok());
  }
  LogCheck check() {
    reasons_.clear();
    return check_log(disk_, kLog, [&](const LogLine& line) { reasons_ += line.reason + " "; })
        .value();
  }

  CrashingDisk disk_;
  std::unique_ptr<AuditLog> log_;
  std::string reasons_;
};

TEST_F(AuditTest, LinesFollowOneAnother) {
  EXPECT_EQ(check().lines, 0U);
  append("one");
  append("two");
  reopen();
  append("three");
  const LogCheck found = check();
  EXPECT_EQ(found.lines, 3U);
  EXPECT_EQ(reasons_, "one two three ");
  EXPECT_TRUE(found.problems.empty());
  EXPECT_EQ(found.head, log_->last()->sha256);
  EXPECT_EQ(log_->last()->number, 3U);
  EXPECT_EQ(log_->last()->time, "2026-05-28T20:26:40Z");
}

TEST_F(AuditTest, TheFormatIsThatOfTheDocument) {
  append("why");
  const std::string zeros(64, '0');
  const std::string line =
      R"({"line":1,"time":"2026-05-28T20:26:40Z","action":"note","name":"autopilot",)"
      R"("version":"1.0.0","reason":"why","manifest":"","before":")" +
      zeros + "\"";
  EXPECT_EQ(text(), line + ",\"sha256\":\"" + sha256(line) + "\"}\n");
}

TEST_F(AuditTest, TextFromOutsideStaysInItsLine) {
  append("two\nlines \"quoted\" \xff\x01");
  append(std::string(100'000, '"'));
  append("last");
  const LogCheck found = check();
  EXPECT_EQ(found.lines, 3U);
  EXPECT_TRUE(found.problems.empty());
  EXPECT_LT(text().size(), 3 * kMostLineBytes);
}

TEST_F(AuditTest, ATornLineIsCutOff) {
  append("one");
  append("two");
  const std::string whole = text();
  append("three");
  const std::string line = text().substr(whole.size());
  std::vector<std::string> tails;
  for (std::size_t bytes = 1; bytes < line.size(); ++bytes) {
    tails.push_back(line.substr(0, bytes));
    tails.push_back(line.substr(0, bytes) + std::string(line.size() - bytes, '\0'));
    tails.push_back(std::string(bytes, '\0') + line.substr(bytes));
  }
  tails.push_back("\n\n\x7f\n{}\n");
  tails.push_back(std::string(kMostLineBytes - 1, '\xaa'));
  for (const std::string& tail : tails) {
    write(whole + tail);
    EXPECT_EQ(check().torn_bytes, tail.size());
    EXPECT_TRUE(check().problems.empty());
    EXPECT_EQ(reopen(), tail.size());
    EXPECT_EQ(text(), whole);
    append("four");
    EXPECT_EQ(check().lines, 3U);
    EXPECT_TRUE(check().problems.empty());
    EXPECT_EQ(check().torn_bytes, 0U);
  }
}

TEST_F(AuditTest, ATornFirstLineLeavesNothing) {
  append("one");
  write(text().substr(0, 50));
  EXPECT_EQ(reopen(), 50U);
  EXPECT_EQ(text(), "");
  append("one");
  EXPECT_TRUE(check().problems.empty());
}

TEST_F(AuditTest, EveryChangedByteIsSeen) {
  for (const char* reason : {"one", "two", "three"}) append(reason);
  const std::string good = text();
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char other : {'x', '0', '\n', '\0'}) {
      if (good[at] == other) continue;
      std::string bad = good;
      bad[at] = other;
      write(bad);
      const LogCheck found = check();
      EXPECT_TRUE(!found.problems.empty() || found.torn_bytes > 0) << "byte " << at;
    }
  }
}

TEST_F(AuditTest, LinesThatAreMissingOrMovedAreSeen) {
  for (const char* reason : {"one", "two", "three", "four"}) append(reason);
  std::vector<std::string> lines;
  const std::string good = text();
  for (std::size_t begin = 0; begin < good.size();) {
    const std::size_t end = good.find('\n', begin) + 1;
    lines.push_back(good.substr(begin, end - begin));
    begin = end;
  }
  write(lines[0] + lines[2] + lines[3]);
  EXPECT_FALSE(check().problems.empty());
  write(lines[1] + lines[2] + lines[3]);
  EXPECT_FALSE(check().problems.empty());
  write(lines[0] + lines[2] + lines[1] + lines[3]);
  EXPECT_FALSE(check().problems.empty());
  write(lines[0] + lines[1] + lines[1] + lines[2] + lines[3]);
  EXPECT_FALSE(check().problems.empty());
  write(lines[0] + lines[1]);
  EXPECT_TRUE(check().problems.empty()) << "the head tells it, to who noted it";
}

TEST_F(AuditTest, AChangedLastLineStaysAsEvidence) {
  append("one");
  append("two");
  std::string changed = text();
  changed.replace(changed.rfind("two"), 3, "TWO");
  write(changed);
  EXPECT_EQ(reopen(), 0U);
  append("three");
  const LogCheck found = check();
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("line 2 was changed"), std::string::npos) << found.problems[0];
  EXPECT_EQ(reasons_, "one TWO three ");
}

TEST_F(AuditTest, MoreDamageThanAPowerCutDoesIsLeftAndTold) {
  append("one");
  const std::string garbage(50'000, '\xaa');
  write(text() + garbage);
  EXPECT_EQ(reopen(), 0U);
  append("two");
  append("three");
  EXPECT_NE(text().find(garbage), std::string::npos);
  EXPECT_FALSE(check().problems.empty());
  EXPECT_EQ(reasons_, "one two three ");
}

TEST_F(AuditTest, AFailedLineLeavesNoTrace) {
  append("one");
  const std::string whole = text();
  for (std::size_t effect = 0; effect < 2; ++effect) {
    disk_.fail_at(disk_.effects() + effect, disk::Fault::kNoSpace);
    EXPECT_FALSE(log_->append("note", {}, "two").ok());
    EXPECT_EQ(text(), whole);
  }
  append("two");
  disk_.crash({});
  EXPECT_EQ(check().lines, 2U);
  EXPECT_TRUE(check().problems.empty());
}

TEST_F(AuditTest, ReservedSpaceTakesLinesOnAFullDisk) {
  append("one");
  ASSERT_TRUE(log_->reserve().ok());
  disk_.set_capacity(disk_.used_bytes());
  for (int i = 0; i < 100; ++i) append("more");
  EXPECT_EQ(check().lines, 101U);
}

TEST(TimeText, IsUtc) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(4'102'444'799), "2099-12-31T23:59:59Z");
}

}  // namespace
}  // namespace slipway::store
