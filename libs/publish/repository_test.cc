#include "publish/repository.h"

#include "publish/expiry.h"
#include "publish/sample.h"
#include "publish/target_path.h"

namespace slipway::publish {
namespace {

using trust::kDay;

class RepositoryTest : public testing::Test {
 protected:
  Repository begin() { return *Repository::create(disk_, kFolder, publisher_.root_text); }
  Result<Repository> open(Access access = Access::kWrite) {
    return Repository::open(disk_, kFolder, publisher_.root_text, access);
  }
  static Result<Added> add(Repository& repository, const std::string& path,
                           const std::string& content) {
    bundle::TextBytes bytes(content);
    return repository.add_file(bytes, path);
  }
  void publish(const std::string& path, const std::string& content, trust::Seconds now = kNow) {
    Result<Repository> repository = disk_.look(kFolder).ok() ? open() : begin();
    ASSERT_TRUE(repository.ok()) << repository.error().message;
    ASSERT_TRUE(add(*repository, path, content).ok());
    const Status done = repository->publish(publisher_.signers, now, {});
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  void expect_readable(Device& device, const std::string& path, const std::string& content,
                       trust::Seconds now = kNow) {
    const Status fresh = device.refresh(host_, now);
    ASSERT_TRUE(fresh.ok()) << fresh.error().message;
    const Result<std::string> got = device.get(host_, path);
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(*got, content);
  }
  std::size_t count_below(const std::string& folder) const {
    std::size_t count = 0;
    for (const std::string& path : disk_.tree()) count += path.starts_with(folder) ? 1 : 0;
    return count;
  }

  disk::CrashingDisk disk_;
  Host host_{disk_};
  Publisher publisher_;
};

TEST_F(RepositoryTest, ADeviceReadsWhatWasPublished) {
  publish("a/model.onnx", "content");
  Device device(publisher_.root_text);
  expect_readable(device, "a/model.onnx", "content");
  EXPECT_TRUE(disk_.look(kFolder / "targets/a" / (sha256("content") + ".model.onnx")).ok());
  EXPECT_FALSE(disk_.look(kFolder / "targets/a/model.onnx").ok());
}

TEST_F(RepositoryTest, MetadataStatesTheLengthAndHashOfWhatItNames) {
  publish("model", "content");
  const State state = open()->state();
  EXPECT_TRUE(state.timestamp.snapshot.bytes);
  EXPECT_TRUE(state.timestamp.snapshot.hashes.contains("sha256"));
  EXPECT_TRUE(state.snapshot.files.at("targets.json").bytes);
  EXPECT_EQ(state.timestamp.expires, kNow + 7 * kDay);
  EXPECT_EQ(state.snapshot.expires, kNow + 90 * kDay);
  EXPECT_EQ(state.targets.expires, kNow + 90 * kDay);
}

TEST_F(RepositoryTest, ATargetIsReplacedAndItsOldFileStays) {
  publish("model", "old");
  Device device(publisher_.root_text);
  expect_readable(device, "model", "old");
  Repository repository = *open();
  EXPECT_EQ(add(repository, "model", "new")->what, Added::What::kReplaced);
  EXPECT_EQ(add(repository, "model", "new")->what, Added::What::kSame);
  EXPECT_EQ(add(repository, "other", "x")->what, Added::What::kNew);
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  expect_readable(device, "model", "new");
  EXPECT_TRUE(disk_.look(kFolder / "targets" / (sha256("old") + ".model")).ok());
}

TEST_F(RepositoryTest, NothingIsPublishedBeforePublish) {
  publish("model", "old");
  {
    Repository repository = *open();
    ASSERT_TRUE(add(repository, "model", "new").ok());
  }
  Device device(publisher_.root_text);
  expect_readable(device, "model", "old");
}

TEST_F(RepositoryTest, ABundleIsAManifestAndItsObjects) {
  Repository repository = begin();
  bundle::TextSource first = sample_bundle(0);
  const Result<Added> added = repository.add_bundle(first);
  ASSERT_TRUE(added.ok()) << added.error().message;
  EXPECT_EQ(added->path, "autopilot/1.2.0/manifest.json");
  EXPECT_EQ(added->objects, 3U);
  EXPECT_EQ(added->objects_written, 3U);
  bundle::TextSource second = sample_bundle(1, "better plan");
  EXPECT_EQ(repository.add_bundle(second)->objects_written, 1U);  // what they share is there
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  Device device(publisher_.root_text);
  ASSERT_TRUE(device.refresh(host_, kNow).ok());
  const trust::Targets& targets = *device.updater().trusted().targets("targets");
  const std::vector<Version> versions = updater::versions_of(targets, "autopilot");
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions.back().text(), "1.2.1");
  for (const Version& version : versions) {
    const Status got =
        device.get_bundle(host_, updater::manifest_path("autopilot", version.text()));
    EXPECT_TRUE(got.ok()) << got.error().message;
  }
}

TEST_F(RepositoryTest, AVersionIsPublishedOnce) {
  Repository repository = begin();
  bundle::TextSource first = sample_bundle(0);
  ASSERT_TRUE(repository.add_bundle(first).ok());
  EXPECT_EQ(repository.add_bundle(first)->what, Added::What::kSame);
  bundle::TextSource other = sample_bundle(0, "other plan");
  const Result<Added> refused = repository.add_bundle(other);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("published with another content"), std::string::npos);
  bundle::Manifest build = first.manifest();
  build.version.build = "8";
  bundle::TextSource rebuilt(build, {"golden", "plan", "onnx!"});
  EXPECT_FALSE(repository.add_bundle(rebuilt).ok());
}

TEST_F(RepositoryTest, AnObjectThatRottedIsWrittenAgain) {
  Repository repository = begin();
  bundle::TextSource source = sample_bundle(0);
  ASSERT_TRUE(repository.add_bundle(source).ok());
  disk_.damage(kFolder / "targets" / updater::object_path(sha256("golden")), 2);
  EXPECT_EQ(repository.add_bundle(source)->objects_written, 1U);
}

TEST_F(RepositoryTest, ABundleWhoseObjectIsWrongIsNotPublished) {
  Repository repository = begin();
  bundle::TextSource source = sample_bundle(0);
  source.exchange(sha256("golden"), "gelden");
  EXPECT_FALSE(repository.add_bundle(source).ok());
  EXPECT_TRUE(repository.targets().files.empty());
  for (const std::string& path : disk_.tree()) EXPECT_FALSE(path.ends_with(".new")) << path;
}

TEST_F(RepositoryTest, WithdrawnTargetsAreGoneForDevices) {
  publish("model", "content");
  publish("other", "content");
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content");
  Repository repository = *open();
  EXPECT_EQ(repository.withdraw("mobel").error().code, Code::kNotFound);
  ASSERT_TRUE(repository.withdraw("model").ok());
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  ASSERT_TRUE(device.refresh(host_, kNow).ok());
  EXPECT_EQ(device.get(host_, "model").error().code, Code::kNotFound);
}

TEST_F(RepositoryTest, ATimestampIsRefreshedWithItsKeyAlone) {
  publish("model", "content");
  Device device(publisher_.root_text);
  EXPECT_FALSE(device.refresh(host_, kNow + 8 * kDay).ok());
  Repository repository = *open();
  const Status done =
      repository.refresh_timestamp(publisher_.only(trust::kTimestamp), kNow + 8 * kDay, {});
  ASSERT_TRUE(done.ok()) << done.error().message;
  Device other(publisher_.root_text);
  expect_readable(other, "model", "content", kNow + 8 * kDay);
  EXPECT_EQ(repository.state().timestamp.version, 2U);
  EXPECT_EQ(repository.state().snapshot.version, 1U);
}

TEST_F(RepositoryTest, WhatWasTamperedWithIsNotSigned) {
  publish("model", "content");
  const disk::Path path = kFolder / "metadata/timestamp.json";
  std::string text = *disk_.read(path, 100000);
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 3");
  ASSERT_TRUE(disk::replace_file(disk_, path, text).ok());
  const Result<Repository> refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("timestamp"), std::string::npos);
}

TEST_F(RepositoryTest, KeysOfAnotherRepositoryAreToldSo) {
  publish("model", "content");
  const Publisher other;
  const Result<Repository> refused =
      Repository::open(disk_, kFolder, other.root_text, Access::kRead);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("another root than the keys' folder"), std::string::npos);
  Repository repository = *open();
  const Status unsigned_by_us = repository.publish(other.signers, kNow, {});
  ASSERT_FALSE(unsigned_by_us.ok());
  EXPECT_NE(unsigned_by_us.error().message.find("not enough to sign for targets"),
            std::string::npos);
}

TEST_F(RepositoryTest, AClockOf1970SignsNothing) {
  publish("model", "content");
  Repository repository = *open();
  const trust::PrivateKey key = *trust::PrivateKey::generate(trust::KeyKind::kEd25519);
  const std::string old = publisher_.signers["targets"][0].id();
  for (const Status& done : {repository.publish(publisher_.signers, 0, {}),
                             repository.refresh_timestamp(publisher_.signers, 0, {}),
                             repository.renew_root(publisher_.signers, 0, {}),
                             repository.rotate("targets", old, key, publisher_.signers, 0, {})}) {
    ASSERT_FALSE(done.ok());
    EXPECT_NE(done.error().message.find("clock is wrong: it says 1970"), std::string::npos);
  }
}

TEST_F(RepositoryTest, OnePublisherAtATime) {
  Repository repository = begin();
  EXPECT_FALSE(open().ok());
  EXPECT_TRUE(open(Access::kRead).ok());
}

TEST_F(RepositoryTest, AnExpiredRootIsRenewedBeforeAnythingIsPublished) {
  publish("model", "content");
  const trust::Seconds late = publisher_.root.expires + kDay;
  Repository repository = *open();
  const Status refused = repository.publish(publisher_.signers, late, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("slipway keys renew"), std::string::npos);
  ASSERT_TRUE(repository.renew_root(publisher_.only(trust::kRoot), late, {}).ok());
  ASSERT_TRUE(repository.publish(publisher_.signers, late, {}).ok());
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content", late);
  EXPECT_EQ(repository.root().version, 2U);
}

class RotationTest : public RepositoryTest, public testing::WithParamInterface<const char*> {};

TEST_P(RotationTest, DevicesFollowAndTheOldKeySignsNothingAnyMore) {
  publish("model", "content");
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content");
  const std::string role = GetParam();
  const trust::PrivateKey key = *trust::PrivateKey::generate(trust::KeyKind::kEcdsa);
  const trust::PrivateKey old = publisher_.signers[role][0];
  Repository repository = *open();
  const Status done = repository.rotate(role, old.id(), key, publisher_.signers, kNow, {});
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(repository.root().roles.at(role).keyids, std::vector<std::string>{key.id()});
  EXPECT_FALSE(repository.root().keys.contains(old.id()));
  expect_readable(device, "model", "content");
  Device newcomer(publisher_.root_text);
  expect_readable(newcomer, "model", "content");
  const Status refused = role == "root" ? repository.renew_root(publisher_.signers, kNow, {})
                                        : repository.publish(publisher_.signers, kNow, {});
  EXPECT_FALSE(refused.ok());
  publisher_.signers[role] = {key};
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  expect_readable(device, "model", "content");
}

// What a reader that has not seen the new root yet reads is good for it, too.
TEST_P(RotationTest, UntilTheNewRootIsThereEverythingIsGoodByBoth) {
  publish("model", "content");
  const std::string role = GetParam();
  const trust::PrivateKey key = *trust::PrivateKey::generate(trust::KeyKind::kEd25519);
  Repository repository = *open();
  ASSERT_TRUE(
      repository.rotate(role, publisher_.signers[role][0].id(), key, publisher_.signers, kNow, {})
          .ok());
  ASSERT_TRUE(disk_.remove(kFolder / "metadata/2.root.json").ok());
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content");
}

INSTANTIATE_TEST_SUITE_P(Roles, RotationTest,
                         testing::Values("root", "targets", "snapshot", "timestamp"),
                         [](const auto& row) { return std::string(row.param); });

TEST_F(RepositoryTest, ALostKeyIsReplacedByRootAlone) {
  publish("model", "content");
  Signers without = publisher_.signers;
  const std::string lost = without["targets"][0].id();
  without["targets"].clear();
  const trust::PrivateKey key = *trust::PrivateKey::generate(trust::KeyKind::kEd25519);
  Repository repository = *open();
  ASSERT_TRUE(repository.rotate("targets", lost, key, without, kNow, {}).ok());
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content");
}

TEST_F(RepositoryTest, ThresholdsOfRootCountOldKeysAndNewOnes) {
  trust::Root root = publisher_.root;
  Keys& keys = publisher_.signers["root"];
  for (int i = 0; i < 2; ++i) {
    keys.push_back(*trust::PrivateKey::generate(trust::KeyKind::kEd25519));
    give_role(root, "root", keys.back());
  }
  root.roles["root"].threshold = 2;
  publisher_.root_text = *trust::write(root, keys);
  publish("model", "content");
  Repository repository = *open();
  const trust::PrivateKey key = *trust::PrivateKey::generate(trust::KeyKind::kEd25519);
  Signers one = publisher_.signers;
  one["root"] = {keys[0]};
  const Status refused = repository.rotate("root", keys[0].id(), key, one, kNow, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("signed by 1 of the 2 keys that root version 1 takes"),
            std::string::npos);
  Signers two = publisher_.signers;
  two["root"] = {keys[0],
                 keys[1]};  // the replaced one and another: with the new one two of either root
  ASSERT_TRUE(repository.rotate("root", keys[0].id(), key, two, kNow, {}).ok());
  Device device(publisher_.root_text);
  expect_readable(device, "model", "content");
}

TEST_F(RepositoryTest, PruneKeepsWhatIsNamedAndWhatWasBefore) {
  Repository repository = begin();
  bundle::TextSource first = sample_bundle(0);
  bundle::TextSource second = sample_bundle(1, "better plan");
  ASSERT_TRUE(repository.add_bundle(first).ok());
  ASSERT_TRUE(add(repository, "a/b/readme", "one").ok());
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  ASSERT_TRUE(repository.withdraw("autopilot/1.2.0/manifest.json").ok());
  ASSERT_TRUE(repository.withdraw("a/b/readme").ok());
  ASSERT_TRUE(repository.add_bundle(second).ok());
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  const disk::Path deltas = kFolder / "targets/deltas";
  const std::string good = sha256("better plan") + "-from-" + sha256("plan");
  const std::string useless = sha256("plan") + "-from-" + sha256("older plan");
  ASSERT_TRUE(disk_.make_folder(deltas).ok());
  for (const std::string& name : {good, useless})
    ASSERT_TRUE(disk::replace_file(disk_, deltas / name, "delta").ok());
  EXPECT_EQ(repository.prune()->files, 0U);  // a device may be fetching them
  ASSERT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  const Result<Pruned> pruned = repository.prune();
  ASSERT_TRUE(pruned.ok()) << pruned.error().message;
  // The old manifest, its plan, a delta to that, the readme; targets and snapshot of version 1.
  EXPECT_EQ(pruned->files, 6U);
  EXPECT_TRUE(disk_.look(deltas / good).ok());
  EXPECT_FALSE(disk_.look(deltas / useless).ok());
  EXPECT_FALSE(disk_.look(kFolder / "targets" / updater::object_path(sha256("plan"))).ok());
  EXPECT_FALSE(disk_.look(kFolder / "targets/a").ok());
  EXPECT_FALSE(disk_.look(kFolder / "targets/autopilot/1.2.0").ok());
  EXPECT_TRUE(disk_.look(kFolder / "metadata/1.root.json").ok());
  Device device(publisher_.root_text);
  ASSERT_TRUE(device.refresh(host_, kNow).ok());
  EXPECT_TRUE(device.get_bundle(host_, "autopilot/1.2.1/manifest.json").ok());
  EXPECT_EQ(repository.prune()->files, 0U);
}

TEST_F(RepositoryTest, PathsThatMeanOneThingAreTargets) {
  for (const char* path : {"model", "a/b/c.onnx", "a/1.2.0-rc.1+7/x", "two words"})
    EXPECT_TRUE(check_target_path(path).ok()) << path;
  for (const char* path :
       {"",         "/",          "/a",   "a/",  "a//b",  ".",    "..",  "../a", "a/../b",
        "a/./b",    ".hidden",    "a\\b", "a:b", "a%2Fb", "a\nb", "a?b", "a#b",  "objects/ab/abcd",
        "deltas/x", "caf\xc3\xa9"})
    EXPECT_FALSE(check_target_path(path).ok()) << path;
  EXPECT_FALSE(check_target_path(std::string(181, 'x')).ok());
  Repository repository = begin();
  EXPECT_FALSE(add(repository, "boat/1.0.0/manifest.json", "{}").ok());
}

TEST(Expiry, TimesAreReadAndRefused) {
  EXPECT_EQ(*parse_lifetime("--expires", "90d"), 90 * kDay);
  EXPECT_EQ(*parse_lifetime("--expires", "1h"), 3600);
  EXPECT_EQ(*parse_lifetime("--expires", "2w"), 14 * kDay);
  EXPECT_EQ(*parse_lifetime("--expires", "3650d"), 3650 * kDay);
  for (const char* text : {"", "d", "90", "0d", "-1d", "3651d", "90 d", "1.5d", "90D", "99999999w"})
    EXPECT_FALSE(parse_lifetime("--expires", text).ok()) << text;
}

TEST(Expiry, WhatIsDueIsToldInTime) {
  State state;
  state.is_published = true;
  state.root.expires = kNow + 31 * kDay;
  state.targets.expires = kNow + 14 * kDay;
  state.snapshot.expires = kNow + 13 * kDay;
  state.timestamp.expires = kNow - 1;
  const std::vector<Due> due = due_soon(state, kNow);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].role, "snapshot");
  EXPECT_EQ(due[1].role, "timestamp");
  EXPECT_EQ(due_soon(state, kNow + 2 * kDay).front().role, "root");
}

}  // namespace
}  // namespace slipway::publish
