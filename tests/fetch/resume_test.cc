// Transfers that break, and what is made of the pieces.
#include "base/str.h"
#include "test_server.h"

namespace slipway::fetch {
namespace {

constexpr int kBytes = 200'000;

TEST(Fetch, AFileWithItsSizeAndVersion) {
  const Fetched fetched = fetch(http("/plain"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/plain", kBytes));
  EXPECT_EQ(fetched.sink.source.total_bytes, 200'000U);
  EXPECT_EQ(fetched.sink.source.version, "\"v0\"");
  EXPECT_EQ(fetched.sink.begun, 1);
  EXPECT_EQ(requests("/plain"), "User-Agent: slipway/0.1.0; Accept-Encoding: identity\n");
}

TEST(Fetch, AnEmptyFileAndChunksAndNames) {
  Fetched fetched = fetch(http("/empty?size=0"));
  EXPECT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.sink.begun, 1);
  EXPECT_EQ(fetched.text(), "");
  fetched = fetch(http("/chunked?chunked=1"));
  EXPECT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/chunked", kBytes));
  EXPECT_FALSE(fetched.sink.source.total_bytes.has_value());
  fetched = fetch(join_url(http(""), "dir/a b+c%.json"));
  EXPECT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_NE(requests("/dir/a%20b%2Bc%25.json"), "");
}

// A row: how the server behaves after it broke off once, and what has to come of it.
struct Resumption {
  std::string name;
  std::string switches;
  int begun;           // 1: went on; 2: started over
  int ranges;          // how many requests asked for a range
  int version = 0;     // of the bytes at the end
  int bytes = kBytes;  // of them
};

TEST(Fetch, GoesOnWhereItBrokeOffOrStartsOverAndNeverGluesTwoVersions) {
  const std::vector<Resumption> rows = {
      {"/resumes", "break=70000&times=1", 1, 1},
      {"/resumes_often", "break=7000&times=4", 1, 4},
      {"/resumes_by_date", "break=70000&times=1&etag=none&modified=old", 1, 1},
      {"/resumes_chunks", "break=70000&times=1&chunked=1", 1, 1},
      {"/ignores_ranges", "break=70000&times=1&range=ignore", 1, 1},
      {"/no_version", "break=70000&times=1&etag=none", 2, 0},
      {"/date_of_now_is_no_version", "break=70000&times=1&etag=none&modified=now", 2, 0},
      {"/weak_etag_is_no_version", "break=70000&times=1&etag=weak", 2, 0},
      {"/changed", "break=70000&times=1&change=1", 2, 1, 1},
      {"/changed_and_ignores_ranges", "break=70000&times=1&change=1&range=ignore", 2, 1, 1},
      {"/changed_and_ignores_conditions", "break=70000&times=1&change=1&range=no-condition", 2, 1,
       1},
      {"/changed_twice", "break=70000&times=2&change=1", 2, 2, 1},
      {"/another_part", "break=70000&times=1&range=shifted", 1, 1},
      {"/part_of_another_size", "break=70000&times=1&range=other-total", 1, 1},
      {"/part_of_unknown_place", "break=70000&times=1&range=unsaid", 1, 1},
      {"/part_without_version", "break=70000&times=1&range=unversioned", 1, 1},
      {"/no_range_is_right", "break=70000&times=1&range=416", 1, 1},
      {"/parts_in_parts", "break=70000&times=1&most=50000", 1, 3},
      {"/shrunk", "break=70000&times=1&shrink=50000", 2, 1, 0, 50'000},
      {"/shrunk_to_what_is_there", "break=70000&times=1&shrink=70000", 2, 1, 0, 70'000},
      {"/breaks_at_the_end", "break=200000&length=0&times=1", 1, 0},
  };
  for (const Resumption& row : rows) {
    const Fetched fetched = fetch(http(row.name + "?" + row.switches));
    EXPECT_TRUE(fetched.status.ok()) << row.name << ": " << fetched.message();
    EXPECT_EQ(fetched.sink.begun, row.begun) << row.name << "\n" << fetched.notes;
    EXPECT_TRUE(fetched.text() == content(row.name, row.bytes, row.version)) << row.name;
    EXPECT_EQ(count_of(requests(row.name), "Range: bytes="), row.ranges) << requests(row.name);
  }
}

struct Start {
  std::string name;
  std::string switches;
  std::uint64_t offset;
  std::string version;
  bool never_changes;
  std::uint64_t starts_at;
  int requests = 1;
};

TEST(Fetch, WhatIsThereFromEarlierIsUsedIfItIsOfThisVersion) {
  const std::string v0 = "\"v0\"";
  const std::vector<Start> rows = {
      {"/same", "", 50'000, v0, false, 50'000},
      {"/changed_since", "", 50'000, "\"other\"", false, 0},
      {"/nothing_known", "", 50'000, "", false, 0},
      {"/named_by_hash", "etag=none", 50'000, "", true, 50'000},
      {"/named_by_hash_ignores_ranges", "etag=none&range=ignore", 50'000, "", true, 50'000},
      {"/all_there", "", kBytes, v0, false, kBytes},
      {"/more_than_all", "", kBytes + 5, v0, false, 0, 2},
      {"/hostile_version", "", 50'000, "\"v0\"\r\nCookie: stolen=1", false, 0},
      {"/version_of_a_folder", "", 50'000, "66-12-5-7.8", false, 0},
  };
  for (const Start& row : rows) {
    HttpOptions options = quick();
    options.patience.retries = 0;
    Request request{.url = http(row.name + "?" + row.switches), .most_bytes = 1 << 20};
    request.offset = row.offset;
    request.version = row.version;
    request.never_changes = row.never_changes;
    const Fetched fetched = fetch_with(options, request);
    ASSERT_TRUE(fetched.status.ok()) << row.name << ": " << fetched.message();
    EXPECT_EQ(fetched.sink.source.offset, row.starts_at) << row.name;
    EXPECT_EQ(fetched.sink.begun, 1) << row.name;
    const std::string right = content(row.name, kBytes).substr(row.starts_at);
    EXPECT_TRUE(fetched.text() == right) << row.name;
    EXPECT_EQ(count_of(requests(row.name), "\n"), row.requests) << requests(row.name);
    EXPECT_EQ(count_of(requests(row.name), "Cookie"), 0);
  }
}

TEST(Fetch, ProgressTellsHowFarItIs) {
  HttpOptions options = quick();
  std::vector<std::uint64_t> told;
  options.watch.progress = [&](std::uint64_t bytes, std::optional<std::uint64_t> total) {
    told.push_back(bytes);
    EXPECT_EQ(total, 200'000U);
  };
  const Fetched fetched =
      fetch_with(options, {.url = http("/progress?break=70000&times=1"), .most_bytes = 1 << 20});
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  ASSERT_GT(told.size(), 3U);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 200'000U);
}

}  // namespace
}  // namespace slipway::fetch
