#include "cli/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "cli/table.h"

namespace slipway {
namespace {

TEST(Text, PrintableShowsWhatWouldActOnTheTerminal) {
  EXPECT_EQ(printable("conv_1"), "conv_1");
  EXPECT_EQ(printable("größe 层"), "größe 层");
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
  EXPECT_EQ(printable("a\nb", true), "a\nb");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");           // a one-byte CSI in UTF-8
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");  // right-to-left override
}

TEST(Text, ShortenedKeepsBothEnds) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdef", 5), "ab…ef");
  EXPECT_EQ(shortened("äöüß", 3), "ä…ß");
  EXPECT_EQ(shortened("abcdef", 1), "…");
}

TEST(Text, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1000), "-1,000");
  EXPECT_EQ(approximate(999), "999");
  EXPECT_EQ(approximate(1234), "1.23 k");
  EXPECT_EQ(approximate(45'600'000), "45.6 M");
  EXPECT_EQ(approximate(std::numeric_limits<std::int64_t>::max()), "9223 P");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(1536), "1.50 KiB");
  EXPECT_EQ(bytes_text(std::int64_t{240} << 20), "240 MiB");
  EXPECT_EQ(seconds_text(0.00123), "1.23 ms");
  EXPECT_EQ(seconds_text(75), "75.0 s");
}

TEST(ShellWord, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(shell_word("telemetry=2:5"), "telemetry=2:5");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("it's $x"), "'it'\\''s $x'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Table, AlignsAndFits) {
  const std::vector<Column> columns = {{"name", false, true}, {"count", true}, {"type"}};
  const std::vector<std::vector<std::string>> rows = {{"a", "1", "x"},
                                                      {"a very long name", "22,000", ""}};
  EXPECT_EQ(table_text(columns, rows, 80),
            "name               count  type\n"
            "a                      1  x\n"
            "a very long name  22,000\n");
  EXPECT_EQ(table_text(columns, rows, 24),
            "name         count  type\n"
            "a                1  x\n"
            "a ver…name  22,000\n");
}

}  // namespace
}  // namespace slipway
