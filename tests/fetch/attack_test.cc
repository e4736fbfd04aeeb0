// Servers that mean harm, each by name.
#include "base/str.h"
#include "fetch/url.h"
#include "test_server.h"

namespace slipway::fetch {
namespace {

TEST(Attack, EndlessDataStopsAtTheBytesThatAreAccepted) {
  for (const std::string how : {"close", "chunked"}) {
    const std::string name = "/endless_" + how;
    const Fetched fetched = fetch(http(str(name, "?endless=", how)), 100'000);
    EXPECT_EQ(fetched.code(), Code::kTooLarge) << fetched.message();
    EXPECT_LE(fetched.text().size(), 100'000U);
    EXPECT_EQ(count_of(requests(name), "User-Agent"), 1);
  }
}

TEST(Attack, ALengthBeyondWhatIsAcceptedIsRefusedBeforeTheFirstByte) {
  const Fetched fetched = fetch(http("/long?size=200000"), 199'999);
  EXPECT_EQ(fetched.code(), Code::kTooLarge);
  EXPECT_EQ(fetched.sink.begun, 0);
  EXPECT_TRUE(fetch(http("/just_fits?size=200000"), 200'000).status.ok());
}

TEST(Attack, MoreThanAPartWasSaidToHoldIsRefused) {
  Request request{.url = http("/too_much?range=too-much"), .most_bytes = 1 << 20};
  request.offset = 50'000;
  request.version = "\"v0\"";
  const Fetched fetched = fetch_with(quick(), request);
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_NE(fetched.message().find("goes on after the 200000 bytes"), std::string::npos);
  EXPECT_LE(fetched.text().size(), 150'000U);
}

TEST(Attack, ALengthThatIsNotKeptIsToldOf) {
  const Fetched fetched = fetch(http("/longer_said?length=10"));
  EXPECT_EQ(fetched.code(), Code::kIo) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/longer_said", 200'000));  // nothing twice
  EXPECT_LE(count_of(requests("/longer_said"), "\n"), 8);
}

TEST(Attack, ASlowServerIsGivenUp) {
  HttpOptions options = quick();
  options.clock = &real_clock();
  options.patience.least_bytes_per_s = 100'000;
  options.patience.window_ms = 200;
  options.patience.retries = 1;
  options.patience.first_wait_ms = 1;
  const Fetched drip = fetch_with(options, {.url = http("/drip?drip=1"), .most_bytes = 1 << 20});
  EXPECT_EQ(drip.code(), Code::kIo);
  EXPECT_NE(drip.message().find("fewer than 100000 bytes/s"), std::string::npos) << drip.message();
  const Fetched silent =
      fetch_with(options, {.url = http("/silent?silent=20"), .most_bytes = 1 << 20});
  EXPECT_NE(silent.message().find("fewer than 100000 bytes/s"), std::string::npos)
      << silent.message();
}

TEST(Attack, AServerThatIsJustNotTooSlowMeetsTheDeadline) {
  HttpOptions options = quick();
  options.clock = &real_clock();
  options.patience.least_bytes_per_s = 1;
  options.patience.deadline_ms = 200;
  const Fetched fetched =
      fetch_with(options, {.url = http("/slow?size=99&drip=1"), .most_bytes = 1 << 20});
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_NE(fetched.message().find("the time that a file of its size may take"), std::string::npos)
      << fetched.message();
}

TEST(Attack, RedirectsAreFollowedToABound) {
  const std::string there = http("/there");
  const Fetched fetched = fetch(http("/here?redirect=" + there));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_EQ(fetched.text(), content("/there", 200'000));
  EXPECT_TRUE(fetch(http("/relative?redirect=there%3Fsize=5")).status.ok());
}

TEST(Attack, ARedirectLoopIsBounded) {
  const Fetched loop = fetch(http("/loop?redirect=self"));
  EXPECT_EQ(loop.code(), Code::kIo);
  EXPECT_NE(loop.message().find("redirected more than 5 times"), std::string::npos);
  EXPECT_EQ(count_of(requests("/loop"), "\n"), 6);
  EXPECT_EQ(fetch(http("/nowhere?redirect=")).code(), Code::kIo);
}

TEST(Attack, ARedirectToAnotherProtocolIsNotFollowed) {
  for (const std::string to : {"file:///etc/passwd", "FILE:///etc/passwd", "ftp://127.0.0.1/x",
                               "gopher://127.0.0.1:1/x", "dict://127.0.0.1:1/x", "scp://u@h/x",
                               "javascript:alert(1)", "data:text/plain,x", "smb://h/x"}) {
    const Fetched fetched = fetch(http("/elsewhere?redirect=" + to));
    EXPECT_EQ(fetched.code(), Code::kIo) << to;
    EXPECT_EQ(fetched.sink.begun, 0) << to;
    EXPECT_EQ(fetched.text().find("root:"), std::string::npos);
    EXPECT_NE(fetched.message().find("redirects to"), std::string::npos) << fetched.message();
  }
}

TEST(Attack, ADecompressionBombStaysAsItCame) {
  const Fetched fetched = fetch(http("/bomb?encoding=gzip&size=50000000"));
  ASSERT_TRUE(fetched.status.ok()) << fetched.message();
  EXPECT_LT(fetched.text().size(), 60'000U);
  EXPECT_EQ(fetched.text().substr(0, 2), "\x1f\x8b");
}

TEST(Attack, AnEndlessHeadIsCut) {
  const Fetched fetched = fetch(http("/head?head=1"));
  EXPECT_EQ(fetched.code(), Code::kIo);
  EXPECT_NE(fetched.message().find("64 KiB"), std::string::npos) << fetched.message();
}

TEST(Attack, AnEndlessPageOfAnErrorIsCut) {
  const Fetched fetched = fetch(http("/page?status=404&page=10000000"));
  EXPECT_EQ(fetched.code(), Code::kNotFound) << fetched.message();
}

TEST(Attack, WhatIsNoHttpIsRefused) {
  for (const std::string answer :
       {"SSH-2.0-OpenSSH_9\r\n", "HTTP/9.9 200 OK\r\n\r\nhello", "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\nhello", "HTTP/1.1 -20 OK\r\n\r\nhello", "\x01\x02",
        "<html>hello</html>"}) {
    HttpOptions options = quick();
    options.patience.retries = 1;
    const Fetched fetched = fetch_with(
        options,
        {.url = http("/garbage?garbage=" + percent_encode(answer)), .most_bytes = 1 << 20});
    EXPECT_EQ(fetched.code(), Code::kIo) << answer << ": " << fetched.message();
    EXPECT_EQ(fetched.text(), "") << answer;
  }
}

TEST(Attack, CookiesAreNotKept) {
  HttpOptions options = quick();
  HttpFetcher fetcher(options);
  RecordingSink sink;
  const Request request{.url = http("/cookie?cookie=1&size=9"), .most_bytes = 100};
  ASSERT_TRUE(fetcher.fetch(request, sink).ok());
  ASSERT_TRUE(fetcher.fetch(request, sink).ok());
  EXPECT_EQ(count_of(requests("/cookie"), "\n"), 2);
  EXPECT_EQ(count_of(requests("/cookie"), "Cookie"), 0);
}

TEST(Attack, CredentialsGoToTheirHostOnlyAndIntoNoMessage) {
  const std::string port = of_server("http");
  const std::string basic = "Authorization: Basic cm9ib3Q6cDpzczp4NHo3";  // robot:p:ss:x4z7
  const std::string user = "http://robot:p%3Ass%3Ax4z7@127.0.0.1:" + port;
  EXPECT_TRUE(fetch(user + "/private?size=5").status.ok());
  EXPECT_EQ(count_of(requests("/private"), basic), 1) << requests("/private");
  EXPECT_TRUE(fetch(user + "/from?redirect=/same_host%3Fsize=5").status.ok());
  EXPECT_EQ(count_of(requests("/same_host"), basic), 1);
  EXPECT_TRUE(fetch(user + "/from?redirect=http://localhost:" + port + "/other_host").status.ok());
  EXPECT_EQ(requests("/other_host"), "User-Agent: slipway/0.1.0; Accept-Encoding: identity\n");

  const Fetched refused = fetch(user + "/status?status=401&token=se_cret");
  EXPECT_EQ(refused.code(), Code::kIo);
  EXPECT_EQ(refused.message().find("x4z7"), std::string::npos) << refused.message();
  EXPECT_EQ(refused.message().find("se_cret"), std::string::npos) << refused.message();
}

TEST(Attack, UrlsThatMakeNoSense) {
  for (const std::string url :
       {"", "model.slip", "file:///etc/passwd", "ftp://host/x", "http://", "http://ho st/x",
        "https://host:99999999/x", "http://host/\r\nX: y", "http://[::1/x"}) {
    const Fetched fetched = fetch(url);
    EXPECT_EQ(fetched.code(), Code::kUsage) << url << ": " << fetched.message();
  }
}

struct FullDisk : RecordingSink {
  Status write(std::span<const std::byte>) override {
    return Error{Code::kIo, "no space left on device"};
  }
};
struct NoMemory : RecordingSink {
  Status write(std::span<const std::byte>) override { throw std::bad_alloc(); }
};

TEST(Attack, ASinkThatFailsEndsTheFetchAtOnce) {
  FullDisk full;
  HttpFetcher fetcher(quick());
  Status status = fetcher.fetch({.url = http("/full"), .most_bytes = 1 << 20}, full);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "no space left on device");
  EXPECT_EQ(count_of(requests("/full"), "\n"), 1);
  NoMemory none;
  status = fetcher.fetch({.url = http("/no_memory"), .most_bytes = 1 << 20}, none);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kTooLarge);
}

}  // namespace
}  // namespace slipway::fetch
