// TLS and proxies.
#include <cstdlib>

#include "base/files.h"
#include "base/str.h"
#include "fetch/make_fetcher.h"
#include "test_server.h"

namespace slipway::fetch {
namespace {

HttpOptions trusting() {
  HttpOptions options = quick();
  options.ca_file = of_server("ca");
  return options;
}

Fetched fetch_https(const HttpOptions& options, const std::string& url) {
  return fetch_with(options, {.url = url, .most_bytes = 1 << 20});
}

TEST(Https, AServerWhoseAuthorityIsNamedIsTrusted) {
  const Fetched fetched = fetch_https(trusting(), https("/secure?break=70000&times=1"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/secure", 200'000));
  EXPECT_EQ(fetched.sink.begun, 1);
}

struct Distrust {
  std::string name;
  HttpOptions options;
  std::string url;
  std::string in_message;
};

TEST(Https, ServersThatCannotBeTrustedAreRefusedBeforeAnythingIsAsked) {
  HttpOptions other = quick();
  other.ca_file = of_server("other_ca");
  const std::string by_address = str("https://127.0.0.1:", of_server("https"), "/x");
  const std::vector<Distrust> rows = {
      {"authority that nobody knows", quick(), https("/distrusted"), "--ca FILE"},
      {"authority of another", other, https("/distrusted"), "--ca FILE"},
      {"certificate of another host", trusting(), https("/distrusted", "https_wrong_name"),
       "a name that stands in it"},
      {"host by another name", trusting(), by_address, "a name that stands in it"},
      {"expired", trusting(), https("/distrusted", "https_expired"), "clock right?"},
  };
  for (const Distrust& row : rows) {
    const Fetched fetched = fetch_https(row.options, row.url);
    EXPECT_EQ(fetched.code(), Code::kIo) << row.name;
    EXPECT_NE(fetched.message().find("cannot be trusted"), std::string::npos) << fetched.message();
    EXPECT_NE(fetched.message().find(row.in_message), std::string::npos)
        << row.name << ": " << fetched.message();
    EXPECT_EQ(fetched.waited_ms, 0) << row.name;
  }
  EXPECT_EQ(requests("/distrusted"), "");
}

TEST(Https, IsNeverGivenUpForHttp) {
  const Fetched fetched = fetch_https(trusting(), https("/down?redirect=" + http("/in_the_clear")));
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_NE(fetched.message().find("https is never given up for http"), std::string::npos)
      << fetched.message();
  EXPECT_EQ(requests("/in_the_clear"), "");
  // Not by a detour that began with http either.
  const Fetched detour = fetch_https(
      trusting(), http("/up?redirect=" + https("/down?redirect=" + http("/in_the_clear"))));
  EXPECT_EQ(detour.code(), Code::kIo);
  EXPECT_EQ(requests("/in_the_clear"), "");
  EXPECT_TRUE(fetch_https(trusting(), http("/up?redirect=" + https("/secure"))).status.ok());
}

TEST(Https, AFileOfAuthoritiesThatIsNoneIsToldOf) {
  HttpOptions options = quick();
  options.ca_file = "/absent/ca.pem";
  EXPECT_EQ(fetch_https(options, https("/x")).code(), Code::kUsage);
  options.ca_file = "tests/fetch/server.py";
  EXPECT_FALSE(fetch_https(options, https("/x")).status.ok());
  EXPECT_EQ(fetch_https(options, https("/x")).code(), Code::kUsage)
      << fetch_https(options, https("/x")).message();
}

TEST(Proxy, IsUsedForBothAndMayWantAUser) {
  HttpOptions options = trusting();
  options.proxy = "http://127.0.0.1:" + of_server("proxy");
  Fetched fetched = fetch_https(options, http("/by_proxy?break=70000&times=1"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/by_proxy", 200'000));
  fetched = fetch_https(options, https("/by_tunnel?break=70000&times=1"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/by_tunnel", 200'000));
  EXPECT_EQ(count_of(requests("/proxy"), "GET http://127.0.0.1"), 2) << requests("/proxy");
  EXPECT_EQ(count_of(requests("/proxy"), "CONNECT localhost"), 2);

  options.proxy = "127.0.0.1:" + of_server("strict_proxy");
  for (const std::string& url : {http("/x"), https("/x")}) {
    fetched = fetch_https(options, url);
    EXPECT_EQ(fetched.code(), Code::kIo);
    EXPECT_NE(fetched.message().find("USER:PASSWORD"), std::string::npos) << fetched.message();
    EXPECT_EQ(fetched.waited_ms, 0);
  }
  options.proxy = "http://robot:se%3Acret@127.0.0.1:" + of_server("strict_proxy");
  EXPECT_TRUE(fetch_https(options, http("/x")).status.ok());
  EXPECT_TRUE(fetch_https(options, https("/x")).status.ok());
}

TEST(Proxy, OneThatIsNotThereIsToldOfWithoutItsPassword) {
  HttpOptions options = trusting();
  options.patience.retries = 0;
  for (const std::string proxy :
       {"http://u:se_cret@127.0.0.1:1", "ftp://u:se_cret@127.0.0.1:1", "http://u:se_cret@:1",
        "u:se_cret@absent.invalid:99", "https://u:se_cret@127.0.0.1:1"}) {
    options.proxy = proxy;
    const Fetched fetched = fetch_https(options, https("/x"));
    EXPECT_FALSE(fetched.status.ok()) << proxy;
    EXPECT_EQ(fetched.message().find("se_cret"), std::string::npos) << fetched.message();
  }
}

TEST(Proxy, OfTheEnvironmentIsUsedUnlessNoneIsAskedFor) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  HttpOptions options = quick();
  options.patience.retries = 0;
  EXPECT_TRUE(fetch_https(options, http("/without?size=5")).status.ok());
  options.proxy.reset();
  EXPECT_FALSE(fetch_https(options, http("/without?size=5")).status.ok());
  setenv("no_proxy", "127.0.0.1", 1);
  EXPECT_TRUE(fetch_https(options, http("/without?size=5")).status.ok());
  unsetenv("no_proxy");
  unsetenv("http_proxy");
}

TEST(MakeFetcher, TakesUrlsByTheirScheme) {
  FetcherOptions options;
  options.http = trusting();
  const std::unique_ptr<Fetcher> fetcher = make_fetcher(options);
  EXPECT_TRUE(fetch_text(*fetcher, http("/any?size=5"), 5).ok());
  EXPECT_TRUE(fetch_text(*fetcher, https("/any?size=5"), 5).ok());
  EXPECT_TRUE(fetch_text(*fetcher, "tests/fetch/server.py", 1 << 20).ok());
  const Result<std::string> other = fetch_text(*fetcher, "s3://bucket/any", 5);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::kUsage);
}

}  // namespace
}  // namespace slipway::fetch
