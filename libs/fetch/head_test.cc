#include "fetch/head.h"

#include "fetch/fetch.h"

namespace slipway::fetch {
namespace {

HeadReader read(const std::vector<std::string>& lines) {
  HeadReader reader;
  bool is_complete = false;
  for (const std::string& line : lines) {
    const Result<bool> added = reader.add_line(line);
    EXPECT_TRUE(added.ok());
    is_complete = added.ok() && *added;
  }
  EXPECT_TRUE(is_complete);
  return reader;
}

Head head_of(const std::string& field, const std::string& more = "X: y") {
  return read({"HTTP/1.1 200 OK\r\n", field + "\r\n", more + "\r\n", "\r\n"}).head();
}

TEST(ContentRange, IsReadOrRefused) {
  struct Row {
    std::string text;
    bool is_one;
    std::uint64_t first = 0, last = 0;
    std::optional<std::uint64_t> total;
  };
  const std::uint64_t most = ~std::uint64_t{0};
  const std::vector<Row> rows = {
      {"bytes 10-19/20", true, 10, 19, 20},
      {"Bytes 10-19/*", true, 10, 19, std::nullopt},
      {"bytes 0-0/1", true, 0, 0, 1},
      {"bytes 5-18446744073709551614/18446744073709551615", true, 5, most - 1, most},
      {"bytes 10-19/19", false},
      {"bytes 19-10/20", false},
      {"bytes 10-20/20", false},
      {"bytes -5-19/20", false},
      {"bytes 10--19/20", false},
      {"bytes 10-19", false},
      {"bytes 10/20", false},
      {"bytes 10-19/", false},
      {"bytes /", false},
      {"bytes -/-", false},
      {"bytes +10-19/20", false},
      {"bytes 10-19/20 ", true, 10, 19, 20},
      {"bytes 1 0-19/20", false},
      {"bytes 0x1-19/20", false},
      {"bytes 10-99999999999999999999/*", false},
      {"bytes=10-19/20", false},
      {"lines 10-19/20", false},
      {"bytes", false},
      {"", false},
  };
  for (const Row& row : rows) {
    const std::optional<ContentRange> range = parse_content_range(row.text);
    ASSERT_EQ(range.has_value(), row.is_one) << row.text;
    if (!row.is_one) continue;
    EXPECT_EQ(range->first, row.first) << row.text;
    EXPECT_EQ(range->last, row.last) << row.text;
    EXPECT_EQ(range->total, row.total) << row.text;
  }
  const std::optional<ContentRange> none = parse_content_range("bytes */20");
  ASSERT_TRUE(none.has_value());
  EXPECT_TRUE(none->is_unsatisfied);
  EXPECT_EQ(none->total, 20U);
}

TEST(Head, FieldsOfAnyCaseAndLengthsThatAreNumbers) {
  EXPECT_EQ(head_of("cOnTeNt-LeNgTh:  42 ").length, 42U);
  for (const std::string text : {"-1", "1e3", "", "18446744073709551616", "4 2", "42, 42", "0x10"})
    EXPECT_FALSE(head_of("Content-Length: " + text).length.has_value()) << text;
  EXPECT_FALSE(head_of("Content-Length: 42", "Transfer-Encoding: chunked").length.has_value());
  EXPECT_FALSE(head_of("Transfer-Encoding: chunked", "Content-Length: 42").length.has_value());
  EXPECT_EQ(head_of("Location: /there").location, "/there");
}

TEST(Head, TwoRangesAreNone) {
  EXPECT_TRUE(head_of("Content-Range: bytes 1-2/3").range.has_value());
  EXPECT_FALSE(
      head_of("Content-Range: bytes 1-2/3", "Content-Range: bytes 0-2/3").range.has_value());
}

TEST(Head, AStrongETagIsAVersion) {
  EXPECT_EQ(head_of("ETag: \"abc\"").version(), "\"abc\"");
  for (const std::string text :
       {"W/\"abc\"", "abc", "\"abc", "\"", "\"a bc\"", "\"a\x01\"", "\"\xc3\"", "", "\"x\"\t\"y\""})
    EXPECT_EQ(head_of("ETag: " + text).version(), "") << text;
  EXPECT_EQ(head_of("ETag: \"" + std::string(kMostVersionBytes, 'x') + "\"").version(), "");
}

TEST(Head, ADateIsAVersionOnceItsSecondIsOver) {
  const std::string modified = "Last-Modified: Sat, 28 Nov 2026 22:00:00 GMT";
  EXPECT_EQ(head_of(modified, "Date: Sat, 28 Nov 2026 22:00:02 GMT").version(),
            "Sat, 28 Nov 2026 22:00:00 GMT");
  EXPECT_EQ(head_of(modified, "Date: Sat, 28 Nov 2026 22:00:01 GMT").version(), "");
  EXPECT_EQ(head_of(modified, "Date: Sat, 28 Nov 2026 21:00:00 GMT").version(), "");
  EXPECT_EQ(head_of(modified).version(), "");
  EXPECT_EQ(head_of("Last-Modified: yesterday", "Date: Sat, 28 Nov 2026 22:00:02 GMT").version(),
            "");
}

TEST(Head, ContradictsAnotherVersionOnlyWhereItTellsOne) {
  EXPECT_TRUE(head_of("ETag: \"b\"").contradicts("\"a\""));
  EXPECT_FALSE(head_of("ETag: \"a\"").contradicts("\"a\""));
  EXPECT_FALSE(head_of("X: y").contradicts("\"a\""));
  EXPECT_FALSE(head_of("ETag: \"b\"").contradicts(""));
  EXPECT_TRUE(head_of("Last-Modified: Sat, 28 Nov 2026 22:00:00 GMT")
                  .contradicts("Sat, 28 Nov 2026 21:00:00 GMT"));
}

TEST(Head, RetryAfterInSecondsOrByTheServersOwnClock) {
  const std::string date = "Date: Fri, 01 Jan 1999 00:00:00 GMT";
  EXPECT_EQ(head_of("Retry-After: 7").retry_after_s(100), 7);
  EXPECT_EQ(head_of("Retry-After: 700").retry_after_s(100), 100);
  EXPECT_EQ(head_of("Retry-After: 99999999999999999999999").retry_after_s(100), 100);
  EXPECT_EQ(head_of("Retry-After: Fri, 01 Jan 1999 00:00:30 GMT", date).retry_after_s(100), 30);
  EXPECT_EQ(head_of("Retry-After: Fri, 01 Jan 1998 00:00:30 GMT", date).retry_after_s(100), 0);
  for (const std::string text : {"-7", "soon", "", "7.5", "Fri, 01 Jan 1999 00:00:30 GMT"})
    EXPECT_FALSE(head_of("Retry-After: " + text).retry_after_s(100).has_value()) << text;
}

TEST(Head, OnlyTheFinalResponseCountsAndTrailersChangeNothing) {
  HeadReader reader =
      read({"HTTP/1.1 103 Early Hints\r\n", "ETag: \"hint\"\r\n", "Content-Length: 7\r\n", "\r\n",
            "HTTP/1.1 206 Partial\r\n", "ETag: \"a\"\r\n", "\r\n"});
  EXPECT_EQ(reader.head().status, 206);
  EXPECT_EQ(reader.head().etag, "\"a\"");
  EXPECT_FALSE(reader.head().length.has_value());
  ASSERT_TRUE(reader.add_line("ETag: \"b\"\r\n").ok());
  ASSERT_TRUE(reader.add_line("HTTP/1.1 500 No\r\n").ok());
  EXPECT_EQ(reader.head().status, 206);
  EXPECT_EQ(reader.head().etag, "\"a\"");
}

TEST(Head, MoreThanAnyServerSendsIsRefused) {
  HeadReader reader;
  ASSERT_TRUE(reader.add_line("HTTP/1.1 100 Continue\r\n").ok());
  std::size_t bytes = 0;
  while (reader.add_line("\r\n").ok()) ASSERT_LE(bytes += 2, kMostHeadBytes);
  EXPECT_GT(bytes, kMostHeadBytes / 2);
}

}  // namespace
}  // namespace slipway::fetch
