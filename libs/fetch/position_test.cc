#include "fetch/position.h"

#include <random>

#include "base/str.h"

namespace slipway::fetch {
namespace {

Head whole(std::optional<std::uint64_t> length, const std::string& etag) {
  Head head;
  head.status = 200;
  head.length = length;
  head.etag = etag;
  return head;
}

Head part(std::uint64_t first, std::uint64_t last, std::optional<std::uint64_t> total,
          const std::string& etag) {
  Head head;
  head.status = 206;
  head.range = ContentRange{.first = first, .last = last, .total = total};
  head.etag = etag;
  return head;
}

Request resumed(std::uint64_t offset, const std::string& version) {
  Request request;
  request.offset = offset;
  request.version = version;
  return request;
}

TEST(Position, APartThatWasNotAskedForIsRefused) {
  Position position{Request{}};
  EXPECT_EQ(position.answer(part(0, 9, 10, "\"a\"")).step, Step::kAgain);
}

TEST(Position, APartOfAnotherVersionIsNeverWritten) {
  Position position(resumed(5, "\"a\""));
  EXPECT_EQ(position.ask_from(), 5U);
  EXPECT_EQ(position.if_range(), "\"a\"");
  EXPECT_EQ(position.answer(part(5, 9, 10, "\"b\"")).step, Step::kAgain);
  EXPECT_EQ(position.ask_from(), 0U);
  EXPECT_EQ(position.if_range(), "");
  const Answer answer = position.answer(whole(10, "\"b\""));
  EXPECT_TRUE(answer.must_begin);
  EXPECT_EQ(position.source().offset, 0U);
}

TEST(Position, WithoutAVersionNothingIsResumed) {
  for (const std::string version : {"", "\"a\"\r\nX: y", "\xff"}) {
    const Position position(resumed(5, version));
    EXPECT_EQ(position.ask_from(), 0U);
    EXPECT_EQ(position.if_range(), "");
  }
}

TEST(Position, TheEndThatIsThereAlreadyIsTheEnd) {
  Position position(resumed(10, "\"a\""));
  Head head;
  head.status = 416;
  head.range = ContentRange{.is_unsatisfied = true, .total = 10};
  EXPECT_EQ(position.answer(head).step, Step::kComplete);
  EXPECT_TRUE(position.is_complete());
  Position shorter(resumed(11, "\"a\""));
  EXPECT_EQ(shorter.answer(head).step, Step::kAgain);
  Position other(resumed(10, "\"a\""));
  head.etag = "\"b\"";
  EXPECT_EQ(other.answer(head).step, Step::kAgain);
}

// A server whose file changes, whose connections break, and which knows as little of ranges,
// conditions and lengths as it likes, as long as its versions are true.
struct Server {
  std::mt19937_64& random;
  int version = 0;
  bool knows_ranges = true, knows_conditions = true, tells_versions = true;
  std::uint64_t change_percent = 0;

  bool chance(std::uint64_t percent) { return random() % 100 < percent; }
  std::string etag() const { return str("\"", version, "\""); }
  std::string bytes() const {
    std::string text(40 + static_cast<std::size_t>(version) % 3 * 10, '\0');
    for (std::size_t i = 0; i < text.size(); ++i)
      text[i] = static_cast<char>('a' + (i * 7 + static_cast<std::size_t>(version) * 11) % 26);
    return text;
  }

  Head answer(const Position& position, std::string& body) {
    if (chance(change_percent)) ++version;
    const std::string all = bytes();
    const std::string tag = tells_versions ? etag() : std::string();
    const std::uint64_t from = position.ask_from();
    const bool is_fresh =
        knows_conditions && !position.if_range().empty() && position.if_range() != tag;
    body = all;
    if (from == 0 || !knows_ranges || is_fresh)
      return whole(chance(80) ? std::optional<std::uint64_t>(all.size()) : std::nullopt, tag);
    body.clear();
    if (from >= all.size()) {
      Head head;
      head.status = 416;
      head.etag = tag;
      head.range = ContentRange{.is_unsatisfied = true, .total = all.size()};
      return head;
    }
    const std::uint64_t shift = chance(10) ? std::min<std::uint64_t>(from, 3) : 0;  // a wrong part
    body = all.substr(static_cast<std::size_t>(from - shift));
    return part(from - shift, all.size() - 1, all.size(), tag);
  }
};

// What a sink holds after a fetch, or nothing where it was given up.
std::optional<std::string> run(Server& server, Position position, std::string held) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    std::string body;
    const Answer answer = position.answer(server.answer(position, body));
    if (answer.step == Step::kAgain) continue;
    if (answer.must_begin) held.resize(static_cast<std::size_t>(position.source().offset));
    if (answer.step == Step::kComplete) return held;
    const bool breaks = server.chance(70);
    if (breaks) body.resize(server.random() % (body.size() + 1));
    const std::size_t dropped = static_cast<std::size_t>(position.skip(body.size()));
    held += body.substr(dropped);
    position.advance(body.size() - dropped);
    if (position.is_complete() || (!breaks && position.end_of_response())) return held;
  }
  return std::nullopt;
}

TEST(Position, NoServerMakesItGlueTwoVersions) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(str("seed ", seed));
  std::mt19937_64 random(seed);
  int complete = 0;
  int changed = 0;
  for (int round = 0; round < 20'000; ++round) {
    Server server{.random = random};
    server.version = static_cast<int>(random() % 50);
    server.knows_ranges = server.chance(80);
    server.knows_conditions = server.chance(70);
    server.tells_versions = server.chance(80);
    server.change_percent = random() % 2 * 20;
    const int first = server.version;
    Request request;
    std::string held;
    if (server.chance(30) && server.tells_versions) {  // what an earlier run left
      held = server.bytes().substr(0, random() % 20);
      request = resumed(held.size(), server.etag());
    }
    const std::optional<std::string> got = run(server, Position(request), held);
    if (!got.has_value()) continue;
    ++complete;
    changed += server.version != first ? 1 : 0;
    // Of which version, if any: the last ones that there were.
    bool is_one = false;
    for (int version = first; version <= server.version && !is_one; ++version) {
      Server then = server;
      then.version = version;
      is_one = then.bytes() == *got;
    }
    ASSERT_TRUE(is_one) << "round " << round << ": " << *got;
  }
  EXPECT_GT(complete, 10'000);
  EXPECT_GT(changed, 1'000);
}

}  // namespace
}  // namespace slipway::fetch
