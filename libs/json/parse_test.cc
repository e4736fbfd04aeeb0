#include "json/parse.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/str.h"

namespace slipway::json {
namespace {

constexpr Limits kLoose{.most_bytes = 1 << 20, .most_depth = 4, .most_values = 20};
constexpr Limits kStrict{.most_bytes = 1 << 20,
                         .most_depth = 4,
                         .most_values = 20,
                         .has_whole_numbers_alone = true,
                         .has_plain_text_alone = true};

std::string repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

struct Case {
  std::string name;
  std::string text;
  std::string loose;   // part of the refusal, empty where it is taken
  std::string strict;  // the same
};

const std::vector<Case>& cases() {
  using std::string_literals::operator""s;
  static const std::vector<Case> kCases = {
      {"Object", R"({"b":[1,-2,true,null],"a":"x"})", "", ""},
      {"OneValue", "7", "", ""},
      {"WhiteSpace", " \t\r\n{ } ", "", ""},
      {"Nothing", "", "not JSON, from byte 1", "not JSON, from byte 1"},
      {"TwoValues", "{}{}", "not JSON, from byte 3", "not JSON, from byte 3"},
      {"Comment", "{/**/}", "not JSON", "not JSON"},
      {"CommaAtTheEnd", "[1,]", "not JSON", "not JSON"},
      {"NotANumber", "[NaN]", "not JSON", "not JSON"},
      {"LeadingZero", "[01]", "not JSON", "not JSON"},
      {"ZeroByteBehind", "{}\0{\"a\":1}"s, "not JSON, from byte 3", "not JSON, from byte 3"},
      {"ZeroByteInText", "\"a\0b\""s, "not JSON, from byte 3", "not JSON, from byte 3"},
      {"NotUtf8", "\"\xff\"", "not JSON", "not JSON"},
      {"OverlongUtf8", "\"\xc0\xaf\"", "not JSON", "not JSON"},
      {"LoneSurrogate", R"("\ud800")", "not JSON", "not JSON"},
      {"KeyTwice", R"({"a":1,"a":1})", "has the key 'a' twice", "has the key 'a' twice"},
      {"KeyTwiceByEscape", R"({"a":1,"\u0061":1})", "key 'a' twice", "key 'a' twice"},
      {"KeyTwiceInside", R"([{"a":{"b":1,"b":2}}])", "key 'b' twice", "key 'b' twice"},
      {"KeyOfAnotherObject", R"({"a":{"a":1},"b":{"a":1}})", "", ""},
      {"KeyAgainAfterAnInnerObject", R"({"a":{},"b":1,"a":2})", "key 'a' twice", "key 'a' twice"},
      {"AsDeepAsItMay", "[[[[1]]]]", "", ""},
      {"ListsTooDeep", "[[[[[1]]]]]", "nested deeper than 4", "nested deeper than 4"},
      {"ObjectsTooDeep", repeated(R"({"a":)", 5) + "1}}}}}", "nested deeper than 4",
       "nested deeper than 4"},
      {"DeepWithoutEnd", repeated("[", 100'000), "nested deeper than 4", "nested deeper than 4"},
      {"WideNotDeep", "[[],[],[],[],[],[],[],[]]", "", ""},
      {"AsManyValuesAsItMay", "[" + repeated("1,", 18) + "1]", "", ""},
      {"TooManyValues", "[" + repeated("1,", 19) + "1]", "more than 20 values",
       "more than 20 values"},
      {"TooManyLists", "[" + repeated("[],", 19) + "[]]", "more than 20 values",
       "more than 20 values"},
      {"Fraction", "[0.5]", "", "not whole"},
      {"Exponent", "[2e0]", "", "not whole"},
      {"WholeOf64Bits", "[18446744073709551615,-9223372036854775808]", "", ""},
      {"WholeOfMoreBits", "[18446744073709551616]", "", "more than 64 bits"},
      {"BeyondDouble", "[1e999]", "beyond all bounds", "beyond all bounds"},
      {"ControlCharacter", R"("\u001b[31m")", "", "control character"},
      {"LastControlCharacter", R"("\u001f")", "", "control character"},
      {"ControlCharacterInKey", R"({"\n":1})", "", "control character"},
      {"EscapedZero", R"("\u0000")", "", "control character"},
      {"Space", R"(" ")", "", ""},
      {"BytesAbove127", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x97\"", "", ""},
  };
  return kCases;
}

class Parse : public testing::TestWithParam<Case> {};

void expect_refusal(const std::string& text, const Limits& limits, const std::string& refusal) {
  const Result<Json> parsed = parse(text, limits);
  if (refusal.empty()) {
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(*parsed, Json::parse(text));
  } else {
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code, Code::kInvalid);
    EXPECT_NE(parsed.error().message.find(refusal), std::string::npos) << parsed.error().message;
  }
}

TEST_P(Parse, TakesWhatItsLimitsAllow) {
  expect_refusal(GetParam().text, kLoose, GetParam().loose);
  expect_refusal(GetParam().text, kStrict, GetParam().strict);
}

INSTANTIATE_TEST_SUITE_P(Json, Parse, testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.name; });

TEST(ParseTest, NoByteMoreThanItMay) {
  EXPECT_TRUE(parse("[1,2]", {.most_bytes = 5}).ok());
  const Result<Json> parsed = parse("[1,2]", {.most_bytes = 4});
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().message, "has more than 4 bytes");
}

// Whatever the sign of a plain char: of all characters up to U+00FF those below the space alone are
// refused. In UTF-8 the last 128 are bytes above 127.
TEST(ParseTest, CharactersAreJudgedByTheirNumbers) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t number = 0; number < 256; ++number) {
    const std::string text =
        str(R"("\u00)", kDigits.substr(number / 16, 1), kDigits.substr(number % 16, 1), "\"");
    const Result<Json> parsed = parse(text, kStrict);
    EXPECT_EQ(parsed.ok(), number >= 0x20) << text;
    EXPECT_TRUE(parse(text, kLoose).ok()) << text;
    if (parsed.ok()) {
      const Result<Json> raw = parse(parsed->dump(), kStrict);
      EXPECT_TRUE(raw.ok() && *raw == *parsed) << text;
    }
  }
}

}  // namespace
}  // namespace slipway::json
