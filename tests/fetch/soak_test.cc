// Many fetches from a server that breaks off at random, by what it happens to know of ranges and
// versions: the bytes are right every time.
#include <iostream>
#include <random>

#include "base/str.h"
#include "test_server.h"

namespace slipway::fetch {
namespace {

constexpr int kFetches = 500;

std::string any_of(std::mt19937_64& random, const std::vector<std::string>& choices) {
  return choices[random() % choices.size()];
}

TEST(Soak, RandomBreaksGiveTheRightBytesEveryTime) {
  const std::uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  SCOPED_TRACE(str("seed ", seed));
  std::mt19937_64 random(seed);
  HttpOptions options = quick();
  options.patience.retries = 20;
  FakeClock clock;
  options.clock = &clock;
  int notes = 0;
  options.watch.note = [&](std::string_view) { ++notes; };
  HttpFetcher fetcher(options);  // one for all: connections are used again, or found broken
  int restarts = 0;
  for (int i = 0; i < kFetches; ++i) {
    const std::string name = str("/soak/", i);
    const int bytes = static_cast<int>(random() % 300'000);
    const int breaks = static_cast<int>(random() % 6);
    const bool changes = random() % 4 == 0;
    const std::string etag = any_of(random, {"strong", "strong", "weak", "none"});
    std::string url = str(name, "?size=", bytes, "&times=", breaks, "&break=", random() % 100'000,
                          "&etag=", etag, "&modified=", any_of(random, {"old", "now", "none"}));
    url += any_of(random, {"", "", "&range=ignore", "&range=no-condition", "&range=unversioned",
                           "&most=40000", "&chunked=1"});
    if (changes) url += str("&change=", 1 + random() % 3);
    RecordingSink sink;
    const Status status = fetcher.fetch({.url = http(url), .most_bytes = 300'000}, sink);
    ASSERT_TRUE(status.ok()) << url << ": " << status.error().message;
    const bool is_right =
        sink.text == content(name, bytes) || (changes && sink.text == content(name, bytes, 1));
    ASSERT_TRUE(is_right) << url << "\n" << requests(name);
    restarts += sink.begun - 1;
  }
  std::cout << kFetches << " fetches, " << notes << " breaks, " << restarts << " started over\n";
  EXPECT_GT(notes, kFetches);
  EXPECT_GT(restarts, kFetches / 20);
}

}  // namespace
}  // namespace slipway::fetch
