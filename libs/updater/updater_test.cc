#include "updater/updater.h"

#include "disk/crashing_disk.h"
#include "trust/test_repository.h"
#include "updater/download.h"

namespace slipway::updater {
namespace {

using trust::kDay;
using trust::TestRepository;

constexpr trust::Seconds kNow = TestRepository::kNow;

// Serves a repository's files, and remembers what was asked for.
class Server : public fetch::Fetcher {
 public:
  explicit Server(TestRepository& repository) : repository_(&repository) {}

  Status fetch(const fetch::Request& request, fetch::Sink& sink) override {
    asked.push_back(request.url.substr(std::string_view("http://host/").size()));
    if (is_down) return Error{Code::kIo, str(request.url, ": no connection")};
    const auto found = repository_->files.find(asked.back());
    if (found == repository_->files.end())
      return Error{Code::kNotFound, str(request.url, " is not there")};
    const std::string& content = found->second;
    TRY(sink.begin({}));
    if (content.size() > request.most_bytes)
      return Error{Code::kTooLarge, str(request.url, " is too large")};
    if (content.empty()) return {};
    return sink.write(std::as_bytes(std::span(content)));
  }

  std::vector<std::string> asked;
  bool is_down = false;

 private:
  TestRepository* repository_;
};

class UpdaterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.make_folder("/device").ok());
    ASSERT_TRUE(disk_.sync_folder("/").ok());
    ASSERT_TRUE(kept().begin(repository_.file("metadata/1.root.json")).ok());
  }
  Kept kept() { return {disk_, "/device/metadata"}; }
  Updater client(trust::Seconds clock = kNow, Policy policy = {}) {
    server_.asked.clear();
    return {kept(),
            server_,
            "http://host/metadata",
            clock,
            policy,
            [this](Event event, std::string_view text) {
              notes_.emplace_back(text);
              events_.push_back(event);
            }};
  }
  static void expect_answer(Updater& updater, Answer answer, std::string_view says) {
    const Status done = updater.refresh();
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(answer_text(updater.answer()), answer_text(answer)) << done.error().message;
    EXPECT_NE(done.error().message.find(says), std::string::npos) << done.error().message;
  }

  TestRepository repository_;
  Server server_{repository_};
  disk::CrashingDisk disk_;
  std::vector<std::string> notes_;
  std::vector<Event> events_;
};

TEST_F(UpdaterTest, AsksForWhatIsNewAndNothingElse) {
  Updater first = client();
  const Status done = first.refresh();
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(first.answer(), Answer::kFresh);
  EXPECT_EQ(server_.asked,
            (std::vector<std::string>{"metadata/2.root.json", "metadata/timestamp.json",
                                      "metadata/1.snapshot.json", "metadata/1.targets.json"}));
  Updater second = client();
  ASSERT_TRUE(second.refresh().ok());
  EXPECT_EQ(server_.asked,
            (std::vector<std::string>{"metadata/2.root.json", "metadata/timestamp.json"}));
}

TEST_F(UpdaterTest, KeepsTheBytesThatWereSent) {
  repository_.file("metadata/timestamp.json") += "  \n";
  ASSERT_TRUE(client().refresh().ok());
  EXPECT_EQ(kept().read("timestamp"), repository_.file("metadata/timestamp.json"));
}

TEST_F(UpdaterTest, ADeviceTrustsOneRepositoryFromTheBeginning) {
  TestRepository other;
  const Status again = kept().begin(other.file("metadata/1.root.json"));
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("trusts a repository already"), std::string::npos);
}

TEST_F(UpdaterTest, ADamagedTimestampOnDiskIsFetchedAgain) {
  ASSERT_TRUE(client().refresh().ok());
  ASSERT_TRUE(kept().keep("timestamp", "{\"rot").ok());
  ASSERT_TRUE(client().refresh().ok());
  EXPECT_EQ(kept().read("timestamp"), repository_.file("metadata/timestamp.json"));
}

// Attacks.

TEST_F(UpdaterTest, EndlessMetadataIsCutOff) {
  repository_.file("metadata/timestamp.json").append(trust::kMostTimestampBytes, ' ');
  Updater updater = client();
  expect_answer(updater, Answer::kRefused, "too large");
}

TEST_F(UpdaterTest, EndlessRootsAreCutOff) {
  for (int i = 0; i < 5; ++i) repository_.publish_root();
  Policy policy;
  policy.most_roots = 3;
  Updater updater = client(kNow, policy);
  ASSERT_TRUE(updater.refresh().ok());
  EXPECT_EQ(updater.trusted().root().version, 4U);  // the rest comes next time
}

TEST_F(UpdaterTest, AReplayedTimestampIsRefusedByWhatIsOnDisk) {
  const std::string old = repository_.file("metadata/timestamp.json");
  repository_.publish_timestamp();
  ASSERT_TRUE(client().refresh().ok());
  repository_.file("metadata/timestamp.json") = old;
  Updater updater = client();
  expect_answer(updater, Answer::kRefused, "is being replayed");
  EXPECT_EQ(trust::parse_timestamp(*kept().read("timestamp"))->version, 2U);
}

TEST_F(UpdaterTest, AFrozenRepositoryExpires) {
  ASSERT_TRUE(client().refresh().ok());
  Updater updater = client(TestRepository::kLater + kDay);
  expect_answer(updater, Answer::kExpired, "has to sign it anew");
}

// Clocks.

TEST_F(UpdaterTest, AClockOf1970GoesOnFromTheLastTimeThatWasRight) {
  ASSERT_TRUE(client().refresh().ok());
  notes_.clear();
  Updater updater = client(0);
  ASSERT_TRUE(updater.refresh().ok());
  EXPECT_EQ(updater.clock().clock, trust::Clock::kBehind);
  ASSERT_FALSE(notes_.empty());
  EXPECT_NE(notes_[0].find("clock is wrong: it says 1970-01-01"), std::string::npos);
  EXPECT_EQ(events_[events_.size() - notes_.size()], Event::kClock);
}

TEST_F(UpdaterTest, AClockOf1970DoesNotMakeTheExpiredFresh) {
  ASSERT_TRUE(client().refresh().ok());
  repository_.timestamp.expires = kNow - kDay;
  repository_.publish_timestamp();
  Updater updater = client(0);
  expect_answer(updater, Answer::kExpired, "timestamp version 2 expired");
}

TEST_F(UpdaterTest, AClockOf1970ThatWasNeverRightAsksNobody) {
  Updater updater = client(0);
  expect_answer(updater, Answer::kWrongClock, "this device's clock is wrong");
  EXPECT_TRUE(server_.asked.empty());
}

TEST_F(UpdaterTest, AClockOf2100IsWrongAndLeavesTheFloorAlone) {
  ASSERT_TRUE(client().refresh().ok());
  const trust::Seconds year2100 = *trust::parse_time("2100-01-01T00:00:00Z");
  Updater updater = client(year2100);
  expect_answer(updater, Answer::kWrongClock, "it says 2100-01-01");
  EXPECT_EQ(*kept().floor(), kNow);
  ASSERT_TRUE(client(kNow + kDay).refresh().ok());
}

// Without a network.

TEST_F(UpdaterTest, UnreachableIsAnAnswerOfItsOwn) {
  ASSERT_TRUE(client().refresh().ok());
  server_.is_down = true;
  Updater updater = client();
  expect_answer(updater, Answer::kUnreachable, "no connection");
}

TEST_F(UpdaterTest, OfflineWhatIsKeptIsGoodUntilItExpires) {
  repository_.add_file("targets", "model.slip", "content");
  repository_.publish_all();
  ASSERT_TRUE(client().refresh().ok());
  Updater fresh = client(kNow + 10 * kDay);
  ASSERT_TRUE(fresh.open_offline().ok());
  EXPECT_EQ(fresh.answer(), Answer::kFresh);
  EXPECT_TRUE(fresh.find("model.slip").ok());
  EXPECT_TRUE(server_.asked.empty());
  Updater expired = client(kNow + 40 * kDay);
  EXPECT_FALSE(expired.open_offline().ok());
  EXPECT_EQ(expired.answer(), Answer::kExpired);
}

TEST_F(UpdaterTest, GraceIsBoundedAndNoted) {
  ASSERT_TRUE(client().refresh().ok());
  notes_.clear();
  Policy policy;
  policy.offline_grace = 20 * kDay;
  Updater within = client(kNow + 40 * kDay, policy);
  ASSERT_TRUE(within.open_offline().ok());
  EXPECT_EQ(within.answer(), Answer::kGrace);
  ASSERT_FALSE(notes_.empty());
  EXPECT_NE(notes_.back().find("offline grace used, of 20 days"), std::string::npos);
  EXPECT_EQ(events_.back(), Event::kGrace);
  Updater beyond = client(kNow + 51 * kDay, policy);
  EXPECT_FALSE(beyond.open_offline().ok());
  policy.offline_grace = 10000 * kDay;
  Updater greedy = client(kNow + 30 * kDay + kMostGrace + kDay, policy);
  EXPECT_FALSE(greedy.open_offline().ok());
}

// Files.

TEST_F(UpdaterTest, FindsAFileThroughItsDelegations) {
  repository_.delegate("targets", "team", {"team/*"});
  repository_.delegate("team", "member", {"team/m*"});
  repository_.add_file("member", "team/model", "content");
  repository_.publish_all();
  Updater updater = client();
  ASSERT_TRUE(updater.refresh().ok());
  const Result<Found> found = updater.find("team/model");
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->file.bytes, 7U);
  EXPECT_EQ(updater.find("team/other").error().code, Code::kNotFound);
  EXPECT_EQ(server_.asked.back(), "metadata/1.member.json");
}

TEST_F(UpdaterTest, ADownloadIsWhatWasSignedOrNothing) {
  ASSERT_TRUE(disk_.make_folder("/files").ok());
  repository_.add_file("targets", "a/model", "content");
  repository_.publish_all();
  Updater updater = client();
  ASSERT_TRUE(updater.refresh().ok());
  const Found found = *updater.find("a/model");
  const std::string name = str("targets/a/", sha256("content"), ".model");
  const auto fetch_it = [&] {
    return download(disk_, server_, "http://host/targets", found, true, "/files");
  };
  for (const char* wrong : {"Content", "content ", "conten", ""}) {
    repository_.file(name) = wrong;
    EXPECT_FALSE(fetch_it().ok()) << wrong;
    EXPECT_TRUE(disk_.list("/files")->empty()) << wrong;
  }
  repository_.file(name) = "content";
  const Result<disk::Path> path = fetch_it();
  ASSERT_TRUE(path.ok()) << path.error().message;
  EXPECT_EQ(*path, disk::Path("/files/a%2Fmodel"));
  EXPECT_EQ(*disk_.read(*path, 100), "content");
  server_.asked.clear();
  ASSERT_TRUE(fetch_it().ok());
  EXPECT_TRUE(server_.asked.empty());  // it was there
}

TEST_F(UpdaterTest, NamesOfRolesAndPathsStayInTheirFolder) {
  EXPECT_EQ(file_name("../../etc/passwd", ""), "..%2F..%2Fetc%2Fpasswd");
  EXPECT_NE(file_name("..", ""), "..");
  EXPECT_NE(file_name(".", ""), ".");
  EXPECT_LT(file_name(std::string(100000, 'x'), ".json").size(), 255U);
}

// Power cuts.

TEST_F(UpdaterTest, APowerCutAtAnyMomentLeavesMetadataThatGoesOn) {
  ASSERT_TRUE(client().refresh().ok());
  repository_.publish_root();
  repository_.publish_all();
  std::size_t points = 0;
  std::size_t states = 0;
  const disk::CrashingDisk before(disk_);
  for (bool is_over = false; !is_over; ++points) {
    for (const disk::Aftermath& aftermath : disk::all_aftermaths()) {
      disk::CrashingDisk disk(before);
      disk.cut_before(points);
      const auto refresh = [&](trust::Seconds clock) {
        Updater updater({disk, "/device/metadata"}, server_, "http://host/metadata", clock);
        return updater.refresh();
      };
      is_over = refresh(kNow + kDay).ok() && !disk.is_cut();
      if (is_over) break;
      disk.crash(aftermath);
      ++states;
      // Each file is whole: of the old publication or of the new one.
      const Kept kept(disk, "/device/metadata");
      for (const char* role : {"root", "timestamp", "snapshot", "targets"}) {
        const std::optional<std::string> text = kept.read(role);
        ASSERT_TRUE(text) << role << ", cut before effect " << points << ", " << aftermath.text();
        ASSERT_TRUE(text->ends_with("}\n")) << role << ", " << points << ", " << aftermath.text();
      }
      ASSERT_TRUE(kept.floor().ok());
      const Status again = refresh(kNow + kDay);
      ASSERT_TRUE(again.ok()) << again.error().message << ", cut before effect " << points << ", "
                              << aftermath.text();
      const std::vector<disk::Entry> entries = *disk.list("/device/metadata");
      for (const disk::Entry& entry : entries)
        EXPECT_TRUE(entry.name.ends_with(".json") || entry.name == "clock") << entry.name;
    }
  }
  std::printf("metadata update: power cut before %zu effects, %zu states after it\n", points - 1,
              states);
  EXPECT_GT(points, 15U);
}

TEST_F(UpdaterTest, ADiskThatFailsAtAnyMomentIsAnErrorAndNothingIsLost) {
  ASSERT_TRUE(client().refresh().ok());
  repository_.publish_root();
  repository_.publish_all();
  const disk::CrashingDisk before(disk_);
  for (const disk::Fault fault : {disk::Fault::kNoSpace, disk::Fault::kInputOutput}) {
    for (std::size_t point = 0;; ++point) {
      disk::CrashingDisk disk(before);
      disk.fail_at(point, fault);
      const auto refresh = [&] {
        Updater updater({disk, "/device/metadata"}, server_, "http://host/metadata", kNow + kDay);
        return updater.refresh();
      };
      const Status done = refresh();
      if (point >= disk.effects()) break;
      EXPECT_TRUE(done.ok() || !done.error().message.empty());
      ASSERT_TRUE(refresh().ok()) << point;
    }
  }
}

}  // namespace
}  // namespace slipway::updater
