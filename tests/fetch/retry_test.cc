// What is tried again, when, and when no more.
#include "base/str.h"
#include "test_server.h"

namespace slipway::fetch {
namespace {

struct StatusRow {
  int status;
  Code code;
  int requests;  // with 2 retries
};

TEST(Retry, StatusesThatMayPassAreTriedAgainAndOthersAreNot) {
  const std::vector<StatusRow> rows = {
      {400, Code::kIo, 1},       {401, Code::kIo, 1}, {403, Code::kNotFound, 1},
      {404, Code::kNotFound, 1}, {405, Code::kIo, 1}, {408, Code::kIo, 3},
      {410, Code::kNotFound, 1}, {416, Code::kIo, 1}, {418, Code::kIo, 1},
      {429, Code::kIo, 3},       {500, Code::kIo, 3}, {502, Code::kIo, 3},
      {503, Code::kIo, 3},       {504, Code::kIo, 3}, {204, Code::kIo, 1},
      {300, Code::kIo, 1},       {304, Code::kIo, 1}, {407, Code::kIo, 1},
      {599, Code::kIo, 3},       {999, Code::kIo, 1},
  };
  for (const StatusRow& row : rows) {
    HttpOptions options = quick();
    options.patience.retries = 2;
    const std::string name = str("/status_", row.status);
    const Fetched fetched =
        fetch_with(options, {.url = http(str(name, "?status=", row.status)), .most_bytes = 100});
    ASSERT_FALSE(fetched.status.ok()) << name;
    EXPECT_EQ(fetched.code(), row.code) << name << ": " << fetched.message();
    EXPECT_NE(fetched.message().find(http(name)), std::string::npos) << fetched.message();
    EXPECT_EQ(count_of(requests(name), "\n"), row.requests) << name;
    EXPECT_EQ(fetched.sink.begun, 0) << name;
  }
}

TEST(Retry, WaitsAsLongAsTheServerAsksButNotLongerThanTheCap) {
  Fetched fetched = fetch(http("/unavailable?status=503&times=2&retry-after=7"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/unavailable", 200'000));
  EXPECT_EQ(fetched.waited_ms, 14'000);
  EXPECT_EQ(count_of(fetched.notes, "503; trying again in 7 s"), 2) << fetched.notes;

  fetched = fetch(http("/until?status=429&times=1&retry-date=60"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_GE(fetched.waited_ms, 58'000);
  EXPECT_LE(fetched.waited_ms, 61'000);

  fetched = fetch(http("/for_years?status=503&times=1&retry-after=99999999999999999999"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.waited_ms, 120'000);
}

TEST(Retry, WaitsOfRandomLengthThatDouble) {
  HttpOptions options = quick();
  options.patience.retries = 8;
  const Request request{.url = http("/down?status=500"), .most_bytes = 100};
  const Fetched first = fetch_with(options, request);
  const Fetched again = fetch_with(options, request);
  options.seed = 2;
  const Fetched other = fetch_with(options, request);
  EXPECT_EQ(first.waited_ms, again.waited_ms);
  EXPECT_NE(first.waited_ms, other.waited_ms);
  // 0.5 + 1 + 2 + 4 + 8 + 16 + 30 + 30 seconds at most.
  EXPECT_LE(first.waited_ms, 91'500);
  EXPECT_GT(first.waited_ms, 10'000);
}

TEST(Retry, NoConnectionIsTriedAgainAndToldOf) {
  HttpOptions options = quick();
  options.patience.retries = 3;
  const Fetched fetched =
      fetch_with(options, {.url = "http://127.0.0.1:1/model.slip", .most_bytes = 100});
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_EQ(count_of(fetched.notes, "trying again"), 3);
  EXPECT_NE(fetched.message().find("Failed to connect"), std::string::npos) << fetched.message();
  EXPECT_NE(fetched.message().find("4 attempts"), std::string::npos) << fetched.message();
}

TEST(Retry, AnEndlessLoopIsNotPossibleWithBreaksThatBringNothing) {
  const Fetched fetched = fetch(http("/stuck?break=1000"));
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_EQ(count_of(requests("/stuck"), "\n"), 6);
  EXPECT_EQ(fetched.text(), content("/stuck", 200'000).substr(0, 6000));

  const Fetched empty = fetch(http("/empty_breaks?break=0"));
  EXPECT_EQ(empty.code(), Code::kIo);
  EXPECT_EQ(count_of(requests("/empty_breaks"), "\n"), 6);
}

TEST(Retry, AnEndlessLoopIsNotPossibleWhenAllIsSentAgainAndAgain) {
  const Fetched fetched = fetch(http("/no_way_on?break=150000&etag=none"));
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_EQ(count_of(requests("/no_way_on"), "\n"), 6);
}

TEST(Retry, AnEndlessLoopIsNotPossibleWhenTheFileChangesAllTheTime) {
  const Fetched fetched = fetch(http("/always_new?break=150000&etag=always-new"));
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_EQ(count_of(requests("/always_new"), "\n"), 6);
}

// rauc-hawkbit-updater#158: 404 for a range, for ever.
TEST(Retry, AFileThatIsGoneWhenResumedIsNotThere) {
  const Fetched fetched = fetch(http("/gone?gone=1&break=70000"));
  EXPECT_EQ(fetched.code(), Code::kNotFound);
  EXPECT_EQ(count_of(requests("/gone"), "\n"), 2);
}

TEST(Retry, AServerThatBreaksOffButBringsEnoughIsNotGivenUp) {
  HttpOptions options = quick();
  options.patience.retries = 1;
  const Fetched fetched = fetch_with(
      options, {.url = http("/brings_enough?size=700000&break=66000"), .most_bytes = 1 << 20});
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/brings_enough", 700'000));
  EXPECT_EQ(count_of(requests("/brings_enough"), "\n"), 11);
}

TEST(Retry, CancelsBeforeAWaitInItAndInATransfer) {
  HttpOptions options = quick();
  options.watch.is_cancelled = [] { return true; };
  Fetched fetched = fetch_with(options, {.url = http("/cancelled"), .most_bytes = 1 << 20});
  EXPECT_NE(fetched.message().find("cancelled"), std::string::npos) << fetched.message();

  int asked = 0;
  FakeClock clock;
  options.clock = &clock;
  options.watch.is_cancelled = [&] { return clock.slept >= 5000 || ++asked > 10'000; };
  fetched = fetch_with(
      options, {.url = http("/cancelled_wait?status=503&retry-after=100"), .most_bytes = 1 << 20});
  EXPECT_NE(fetched.message().find("cancelled"), std::string::npos) << fetched.message();
  EXPECT_EQ(clock.slept, 5000);

  options.clock = &real_clock();
  std::uint64_t here = 0;
  options.watch.progress = [&](std::uint64_t bytes, std::optional<std::uint64_t>) { here = bytes; };
  options.watch.is_cancelled = [&] { return here > 0; };
  fetched = fetch_with(options, {.url = http("/cancelled_midway?drip=1"), .most_bytes = 1 << 20});
  EXPECT_NE(fetched.message().find("cancelled"), std::string::npos) << fetched.message();
  EXPECT_LT(fetched.text().size(), 100'000U);
}

TEST(Retry, TheDeadlineEndsWaitsThatWouldPassIt) {
  HttpOptions options = quick();
  options.patience.deadline_ms = 10'000;
  const Fetched fetched =
      fetch_with(options, {.url = http("/late?status=503&retry-after=100"), .most_bytes = 1000});
  EXPECT_EQ(fetched.waited_ms, 0);
  EXPECT_NE(fetched.message().find("in 100 s"), std::string::npos) << fetched.message();
}

}  // namespace
}  // namespace slipway::fetch
