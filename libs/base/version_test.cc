#include "base/version.h"

namespace slipway {
namespace {

TEST(Version, TakesWhatIsOne) {
  for (const char* text : {"0.0.0", "1.2.3", "10.20.30", "1.0.0-rc.1", "1.0.0-0a.b-c+build.007"}) {
    const Result<Version> version = Version::parse(text);
    ASSERT_TRUE(version.ok()) << text;
    EXPECT_EQ(version->text(), text);
  }
}

TEST(Version, RefusesWhatIsNone) {
  for (const char* text :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b",
        "1.2.3+", "-1.2.3", "1.2.99999999999", " 1.2.3"}) {
    EXPECT_FALSE(Version::parse(text).ok()) << text;
  }
}

TEST(Version, OrderIsPrecedence) {
  const std::vector<std::string> ascending = {
      "0.9.9",         "1.0.0-1",      "1.0.0-2",       "1.0.0-10",   "1.0.0-alpha",
      "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
      "1.0.1",         "1.1.0",        "2.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      const Version a = *Version::parse(ascending[i]);
      const Version b = *Version::parse(ascending[j]);
      EXPECT_EQ(a.compare(b), i <=> j) << ascending[i] << " " << ascending[j];
    }
  }
  EXPECT_EQ(Version::parse("1.0.0+a")->compare(*Version::parse("1.0.0+b")),
            std::strong_ordering::equal);
}

}  // namespace
}  // namespace slipway
