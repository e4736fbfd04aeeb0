#include "trust/trusted_set.h"

#include "trust/test_repository.h"

namespace slipway::trust {
namespace {

using Source = TrustedSet::Source;

class TrustedSetTest : public testing::Test {
 protected:
  TrustedSet begin(Seconds now = TestRepository::kNow) {
    return *TrustedSet::create(repository_.file("metadata/1.root.json"), now);
  }
  // All roles as the repository has them, roots from `trusted` on.
  Status bring(TrustedSet& trusted) {
    while (repository_.files.contains(root_file(trusted.root().version + 1)))
      TRY(trusted.update_root(repository_.file(root_file(trusted.root().version + 1))));
    TRY(trusted.finish_roots());
    TRY(trusted.update_timestamp(repository_.file("metadata/timestamp.json")));
    TRY(trusted.update_snapshot(snapshot(), Source::kRepository));
    return trusted.update_top_targets(targets());
  }
  static std::string root_file(std::uint64_t version) {
    return str("metadata/", version, ".root.json");
  }
  std::string& snapshot() {
    return repository_.file(str("metadata/", repository_.snapshot.version, ".snapshot.json"));
  }
  std::string& targets() {
    return repository_.file(
        str("metadata/", repository_.targets["targets"].version, ".targets.json"));
  }
  static void expect_refused(const Status& status, std::string_view says) {
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.error().message.find(says), std::string::npos) << status.error().message;
  }

  TestRepository repository_;
};

TEST_F(TrustedSetTest, TakesAnHonestRepository) {
  TrustedSet trusted = begin();
  const Status done = bring(trusted);
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_NE(trusted.targets("targets"), nullptr);
}

TEST_F(TrustedSetTest, ARootSignedByOthersIsNoBeginning) {
  std::string text = repository_.file("metadata/1.root.json");
  text.replace(text.find("\"sig\": \"") + 8, 4, "0000");
  EXPECT_FALSE(TrustedSet::create(text, 0).ok());
}

TEST_F(TrustedSetTest, ARotatedRootNeedsOldKeysAndNewOnes) {
  const std::vector<PrivateKey> old_keys = repository_.signers["root"];
  repository_.rotate_keys("root");
  repository_.publish_root();  // by the new key alone
  TrustedSet trusted = begin();
  expect_refused(trusted.update_root(repository_.file(root_file(2))), "is signed by 0 of the 1");
  const std::string both = *add_signature(repository_.file(root_file(2)), old_keys[0]);
  EXPECT_TRUE(trusted.update_root(both).ok());
  EXPECT_EQ(trusted.root().version, 2U);
}

TEST_F(TrustedSetTest, ARootMayNotSkipAVersion) {
  repository_.publish_root();
  repository_.publish_root();
  TrustedSet trusted = begin();
  expect_refused(trusted.update_root(repository_.file(root_file(3))), "stands where version 2");
}

TEST_F(TrustedSetTest, AThresholdIsOfDifferentKeys) {
  repository_.give_key("timestamp");
  repository_.root.roles["timestamp"].threshold = 2;
  // The first key once more, under another name.
  const PrivateKey& first = repository_.signers["timestamp"][0];
  KeyText alias = first.public_text();
  alias.value = "  " + alias.value;
  repository_.root.keys["alias"] = first.public_text();
  repository_.root.roles["timestamp"].keyids.push_back("alias");
  repository_.publish_root();
  repository_.publish_timestamp();
  const std::string both = repository_.file("metadata/timestamp.json");

  TrustedSet trusted = begin();
  ASSERT_TRUE(trusted.update_root(repository_.file(root_file(2))).ok());
  ASSERT_TRUE(trusted.finish_roots().ok());
  repository_.signers["timestamp"].pop_back();
  repository_.publish_timestamp();
  std::string one = repository_.file("metadata/timestamp.json");
  const std::size_t at = one.find("\"signatures\": [");
  const std::size_t open = one.find('{', at);
  const std::size_t close = one.find('}', open);
  std::string again = one.substr(open, close - open + 1);
  again.replace(again.find(first.id()), first.id().size(), "alias");
  one.insert(open, again + ",");
  expect_refused(Status(trusted.update_timestamp(one).error()), "is signed by 1 of the 2");
  EXPECT_TRUE(trusted.update_timestamp(both).ok());
}

TEST_F(TrustedSetTest, AKeyOfAnotherRoleDoesNotSign) {
  repository_.signers["timestamp"] = repository_.signers["snapshot"];
  repository_.publish_timestamp();
  TrustedSet trusted = begin();
  expect_refused(bring(trusted), "timestamp version 2 is signed by 0 of the 1");
}

TEST_F(TrustedSetTest, AnOlderTimestampIsAReplay) {
  const std::string old = repository_.file("metadata/timestamp.json");
  repository_.publish_timestamp();
  TrustedSet trusted = begin();
  ASSERT_TRUE(bring(trusted).ok());
  const Result<bool> replayed = trusted.update_timestamp(old);
  ASSERT_FALSE(replayed.ok());
  EXPECT_NE(replayed.error().message.find("is being replayed"), std::string::npos);
}

TEST_F(TrustedSetTest, AnOlderSnapshotIsAReplayThoughItsTimestampIsNew) {
  repository_.publish_snapshot();
  repository_.publish_timestamp();
  TrustedSet trusted = begin();
  ASSERT_TRUE(bring(trusted).ok());
  repository_.timestamp.snapshot.version = 1;
  repository_.publish_timestamp();
  EXPECT_FALSE(trusted.update_timestamp(repository_.file("metadata/timestamp.json")).ok());
  EXPECT_EQ(trusted.timestamp().version, 2U);
}

TEST_F(TrustedSetTest, OlderTargetsAndVanishedOnesAreRefused) {
  repository_.delegate("targets", "team", {"team/*"});
  repository_.publish_all();
  TrustedSet trusted = begin();
  ASSERT_TRUE(bring(trusted).ok());
  const auto had = repository_.snapshot.files;
  repository_.snapshot.files["targets.json"].version = 1;
  repository_.publish_snapshot();
  repository_.publish_timestamp();
  expect_refused(bring(trusted), "is older than version 2");
  repository_.snapshot.files = had;
  repository_.snapshot.files.erase("team.json");
  repository_.publish_snapshot();
  repository_.publish_timestamp();
  expect_refused(bring(trusted), "has lost team.json");
}

TEST_F(TrustedSetTest, FilesOfDifferentPublicationsDoNotMix) {
  const std::string old_targets = targets();
  repository_.publish_all();
  TrustedSet trusted = begin();
  targets() = old_targets;
  expect_refused(bring(trusted), "targets is of version 1, and snapshot names version 2");
}

TEST_F(TrustedSetTest, AHashThatIsStatedHasToBeRight) {
  repository_.states_hashes = true;
  repository_.publish_all();
  TrustedSet trusted = begin();
  snapshot() += " ";
  expect_refused(bring(trusted), " are signed for: it was changed");
  snapshot().pop_back();
  snapshot().back() = ' ';
  TrustedSet again = begin();
  expect_refused(bring(again), "another sha256");
}

TEST_F(TrustedSetTest, EachRoleExpires) {
  const auto expect_expired = [&](std::string_view role) {
    TrustedSet trusted = begin();
    expect_refused(bring(trusted), "expired at");
    EXPECT_EQ(trusted.expired(), role);
  };
  const Seconds past = TestRepository::kNow - 1;
  repository_.targets["targets"].expires = past;
  repository_.publish_all();
  expect_expired("targets");
  repository_.snapshot.expires = past;
  repository_.publish_all();
  expect_expired("snapshot");
  repository_.timestamp.expires = past;
  repository_.publish_all();
  expect_expired("timestamp");
  repository_.root.expires = past;
  repository_.publish_all();
  expect_expired("root");
}

TEST_F(TrustedSetTest, WhatWasKeptAndExpiredStillForbidsOlder) {
  repository_.timestamp.expires = TestRepository::kNow - 1;
  repository_.publish_timestamp();  // version 2
  const std::string kept = repository_.file("metadata/timestamp.json");
  TrustedSet trusted = begin();
  ASSERT_TRUE(trusted.finish_roots().ok());
  EXPECT_FALSE(trusted.update_timestamp(kept).ok());
  repository_.timestamp.version = 0;
  repository_.timestamp.expires = TestRepository::kLater;
  repository_.publish_timestamp();  // version 1
  EXPECT_FALSE(trusted.update_timestamp(repository_.file("metadata/timestamp.json")).ok());
}

TEST_F(TrustedSetTest, ARoleIsCheckedAgainForEachDelegator) {
  repository_.delegate("targets", "a", {"a/*"});
  repository_.delegate("targets", "b", {"b/*"});
  repository_.delegate("a", "shared", {"a/*"});
  repository_.delegate("b", "shared", {"b/*"});
  repository_.signers["shared"].pop_back();  // b's key does not sign
  repository_.publish_all();
  TrustedSet trusted = begin();
  ASSERT_TRUE(bring(trusted).ok());
  const auto file = [&](const std::string& role) {
    return repository_.file(
        str("metadata/", repository_.targets[role].version, ".", role, ".json"));
  };
  const Targets& top = *trusted.targets("targets");
  const std::vector<Delegate> for_a = delegates_of(top, "a/1");
  const std::vector<Delegate> for_b = delegates_of(top, "b/1");
  ASSERT_TRUE(trusted.update_targets(file("a"), "targets", for_a.at(0)).ok());
  ASSERT_TRUE(trusted.update_targets(file("b"), "targets", for_b.at(0)).ok());
  const Delegate through_a = delegates_of(*trusted.targets("a"), "a/1").at(0);
  const Delegate through_b = delegates_of(*trusted.targets("b"), "b/1").at(0);
  ASSERT_TRUE(trusted.update_targets(file("shared"), "a", through_a).ok());
  EXPECT_TRUE(*trusted.has_targets("a", through_a));
  EXPECT_FALSE(trusted.has_targets("b", through_b).ok());
}

}  // namespace
}  // namespace slipway::trust
