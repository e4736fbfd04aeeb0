#include "cli/options.h"

#include <gtest/gtest.h>

#include "base/nearest.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--input", "FILE", "data", true},
    {"--output", "FILE", "result"},
    {"--json", "", "as JSON"},
};

Result<Arguments> parse(std::vector<std::string> words) { return parse_options(kOptions, words); }

TEST(Options, ValuesAndWords) {
  const Result<Arguments> parsed =
      parse({"m.onnx", "--input", "a", "--input=b=c", "--json", "--", "--x", "-"});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->values("--input"), (std::vector<std::string>{"a", "b=c"}));
  EXPECT_EQ(parsed->value("--output"), "");
  EXPECT_TRUE(parsed->has("--json"));
  EXPECT_FALSE(parsed->has("--output"));
  EXPECT_EQ(parsed->positional(), (std::vector<std::string>{"m.onnx", "--x", "-"}));
}

TEST(Options, BadUsageSaysWhatAndTheWayOut) {
  const struct {
    const char* name;
    std::vector<std::string> words;
    const char* message;
  } rows[] = {
      {"misspelt", {"--ouptut", "x"}, "unknown option '--ouptut': did you mean '--output'?"},
      {"unlike any", {"--frobnicate"}, "unknown option '--frobnicate'"},
      {"value missing", {"--output"}, "option --output needs a value: --output FILE"},
      {"value not wanted", {"--json=1"}, "option --json takes no value, but has one: '--json=1'"},
      {"twice",
       {"--output", "a", "--output", "b"},
       "option --output is given twice: once is enough"},
  };
  for (const auto& row : rows) {
    const Result<Arguments> parsed = parse(row.words);
    ASSERT_FALSE(parsed.ok()) << row.name;
    EXPECT_EQ(parsed.error().message, row.message) << row.name;
    EXPECT_EQ(parsed.error().code, Code::kUsage) << row.name;
  }
}

TEST(Options, NumbersAreWholeAndBounded) {
  EXPECT_EQ(*parse_number("--jobs", "8", 1, 9), 8);
  EXPECT_EQ(*parse_number("--seed", "-3", -5, 9), -3);
  for (const char* text : {"", "0", "10", "3x", "1.5", "99999999999999999999"}) {
    EXPECT_FALSE(parse_number("--jobs", text, 1, 9).ok()) << text;
  }
}

TEST(Options, DecimalsAreBounded) {
  EXPECT_EQ(*parse_decimal("--seconds", "0.25", 0.1, 9), 0.25);
  EXPECT_EQ(*parse_decimal("--seconds", "9", 0.1, 9), 9);
  for (const char* text : {"", "0", "9.1", "3x", "nan", "inf", "1e400"}) {
    EXPECT_FALSE(parse_decimal("--seconds", text, 0.1, 9).ok()) << text;
  }
  EXPECT_EQ(parse_decimal("--seconds", "0", 0.1, 3600).error().message,
            "--seconds needs a number from 0.1 to 3600, not '0'");
}

TEST(Options, HelpLinesUp) {
  EXPECT_EQ(options_text(kOptions),
            "  --input FILE   data\n"
            "  --output FILE  result\n"
            "  --json         as JSON\n");
}

TEST(Nearest, OnlyWhatIsNear) {
  const std::vector<std::string> commands = {"inspect", "check", "run", "version"};
  EXPECT_EQ(nearest("inspekt", commands), "inspect");
  EXPECT_EQ(nearest("chekc", commands), "check");
  EXPECT_EQ(nearest("deploy", commands), "");
  EXPECT_EQ(nearest(std::string(1000, 'x'), commands), "");
}

}  // namespace
}  // namespace slipway
