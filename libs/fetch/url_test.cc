#include "fetch/url.h"

#include "fetch/address.h"

namespace slipway::fetch {
namespace {

TEST(Url, Schemes) {
  EXPECT_EQ(scheme_of("HTTPS://host"), "https");
  EXPECT_EQ(scheme_of("file:///x"), "file");
  for (const std::string path :
       {"", "/a/b", "a:b", "C:\\x", "://x", "1://x", "a b://x", "./http://x"})
    EXPECT_EQ(scheme_of(path), "") << path;
}

TEST(Url, IsShownWithoutWhatMayBeSecret) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"https://host/a/b", "https://host/a/b"},
      {"https://user:pass@host/a", "https://host/a"},
      {"https://user:p@ss@host/a", "https://host/a"},
      {"https://user:p/ss@host/a", "https://host/a"},
      {"https://host/a?token=secret", "https://host/a"},
      {"https://host/a#secret", "https://host/a"},
      {"https://user:pa?ss@host/a", "https://host/a"},
      {"https://host/@scope/a@b", "https://host/@scope/a@b"},
      {"https://host:8080/a@b", "https://host:8080/a@b"},
      {"https://[::1]/a@b", "https://[::1]/a@b"},
      {"https://host/\r\n\x1b[2J", "https://host/???[2J"},
      {"/a?b", "/a?b"},
  };
  for (const auto& [url, shown] : rows) {
    EXPECT_EQ(shown_url(url), shown) << url;
  }
  EXPECT_LE(shown_url("https://host/" + std::string(100'000, 'x')).size(), 250U);
}

TEST(Url, WithoutCredentials) {
  EXPECT_EQ(without_credentials("https://u:p@host/a@b?c@d"), "https://host/a@b?c@d");
  EXPECT_EQ(without_credentials("https://host/a@b"), "https://host/a@b");
  EXPECT_EQ(without_credentials("u@host"), "u@host");
}

TEST(Address, PartsAndSecretsApart) {
  const Result<Address> address = parse_address("HTTP://us%40er:pa%3Ass@HOST:8080/a%20b?c=d");
  ASSERT_TRUE(address.ok()) << address.error().message;
  EXPECT_EQ(address->scheme, "http");
  EXPECT_EQ(address->host, "host");
  EXPECT_EQ(address->port, "8080");
  EXPECT_EQ(address->user, "us@er");
  EXPECT_EQ(address->password, "pa:ss");
  EXPECT_EQ(address->url.find("pa"), std::string::npos) << address->url;
  EXPECT_NE(address->url.find("/a%20b?c=d"), std::string::npos) << address->url;
}

struct Redirection {
  std::string from;
  std::string location;
  std::string to;  // empty: not followed
  bool keeps_user;
};

TEST(Address, RedirectsThatAreFollowed) {
  const std::vector<Redirection> rows = {
      {"http://u:p@h/a/b", "c", "http://h/a/c", true},
      {"http://u:p@h/a/b", "/c?d", "http://h/c?d", true},
      {"http://u:p@h/a", "//other/c", "http://other/c", false},
      {"http://u:p@h/a", "http://h:81/c", "http://h:81/c", false},
      {"http://u:p@h/a", "http://H:80/c", "http://H:80/c", true},
      {"http://u:p@h/a", "https://h/c", "https://h/c", false},
      {"http://u:p@h/a", "http://v:q@h/c", "http://h/c", true},
      {"http://h/a", "http://v:q@h/c", "http://h/c", true},
      {"https://h/a", "https://other/b c", "https://other/b%20c", false},
      {"https://h/a", "http://h/a", "", false},
      {"https://h/a", "file:///etc/passwd", "", false},
      {"http://h/a", "file:///etc/passwd", "", false},
      {"http://h/a", "FiLe:///etc/passwd", "", false},
      {"http://h/a", "ftp://h/a", "", false},
      {"http://h/a", "http://h:port/", "", false},
  };
  for (const Redirection& row : rows) {
    const Result<Address> from = parse_address(row.from);
    ASSERT_TRUE(from.ok());
    const Result<Address> to = redirect(*from, row.location);
    ASSERT_EQ(to.ok(), !row.to.empty()) << row.location;
    if (!to.ok()) continue;
    EXPECT_EQ(to->url, row.to);
    EXPECT_EQ(to->user, row.keeps_user ? from->user : "") << row.location;
    EXPECT_EQ(to->password, row.keeps_user ? from->password : "") << row.location;
  }
}

}  // namespace
}  // namespace slipway::fetch
