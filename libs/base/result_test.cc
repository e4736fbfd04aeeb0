#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/str.h"

namespace slipway {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{Code::kInvalid, str(n, " is odd")};
  return n / 2;
}

Result<int> quarter(int n) {
  const int h = TRY(half(n));
  return TRY(half(h));
}

Status check_even(int n) {
  TRY(half(n));
  return {};
}

TEST(Result, CarriesTheValueOrTheFirstError) {
  EXPECT_EQ(*quarter(12), 3);
  ASSERT_FALSE(quarter(6).ok());
  EXPECT_EQ(quarter(6).error().message, "3 is odd");
  EXPECT_TRUE(check_even(4).ok());
  EXPECT_EQ(check_even(5).error().code, Code::kInvalid);
}

Result<std::unique_ptr<int>> make_owned() { return std::make_unique<int>(7); }

Result<int> read_owned() {
  const std::unique_ptr<int> owned = TRY(make_owned());
  return *owned;
}

TEST(Result, MovesWhatCannotBeCopied) { EXPECT_EQ(*read_owned(), 7); }

TEST(Result, CopiesAndAssignsValuesAndErrors) {
  const Result<std::string> value = std::string("a text too long to stand in the string itself");
  const Result<std::string> error = Error{Code::kIo, "the disk is gone"};
  Result<std::string> result = value;
  EXPECT_EQ(*result, *value);
  result = error;
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "the disk is gone");
  result = value;
  EXPECT_EQ(*result, *value);
}

TEST(Str, JoinsTextAndNumbers) {
  EXPECT_EQ(str("x", 1, ' ', 2.5F, ' ', true), "x1 2.5 true");
  EXPECT_EQ(join(std::vector<int>{1, 2, 3}, "x"), "1x2x3");
}

}  // namespace
}  // namespace slipway
