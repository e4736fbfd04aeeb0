#include "publish/cosign.h"

#include <unistd.h>

#include "publish/repository.h"
#include "publish/sample.h"
#include "trust/write.h"

namespace slipway::publish {
namespace {

namespace fs = std::filesystem;

// Three keys of root, two of which have to sign, and a repository that is published.
class CosignTest : public testing::Test {
 protected:
  CosignTest() : folder_(fs::path(testing::TempDir()) / str("cosign_", getpid())) {
    Keys& keys = publisher_.signers["root"];
    for (int i = 0; i < 2; ++i) {
      keys.push_back(make());
      give_role(publisher_.root, "root", keys.back());
    }
    publisher_.root.roles["root"].threshold = 2;
    publisher_.root_text = *trust::write(publisher_.root, keys);
    Repository repository = *Repository::create(disk_, kFolder, publisher_.root_text);
    bundle::TextBytes bytes("content");
    EXPECT_TRUE(repository.add_file(bytes, "model").ok());
    EXPECT_TRUE(repository.publish(publisher_.signers, kNow, {}).ok());
  }
  ~CosignTest() override { fs::remove_all(folder_); }

  static trust::PrivateKey make() { return *trust::PrivateKey::generate(trust::KeyKind::kEd25519); }
  const trust::PrivateKey& root_key(std::size_t i) { return publisher_.signers["root"][i]; }
  Result<Repository> open(Access access = Access::kWrite) {
    return Repository::open(disk_, kFolder, publisher_.root_text, access);
  }
  // What one holder after the other signed.
  static std::string signed_by(const trust::Root& next,
                               const std::vector<trust::PrivateKey>& keys) {
    std::string text = *trust::write(next, std::span(keys).first(1));
    for (const trust::PrivateKey& key : std::span(keys).subspan(1))
      text = *trust::add_signature(text, key);
    return text;
  }
  static std::string standing(const std::string& text, const trust::Root& present) {
    const trust::Root next = *trust::parse_root(text);
    const Standing standing = standing_of(next, present);
    return str(standing_text(standing, next, present), standing.is_enough() ? ", enough" : "");
  }
  // A holder's folder with these keys of root.
  KeyRing holder(const std::string& name, const std::vector<trust::PrivateKey>& keys) {
    fs::create_directories(folder_);
    KeyRing ring(folder_ / name, {});
    EXPECT_TRUE(ring.begin().ok());
    for (const trust::PrivateKey& key : keys) EXPECT_TRUE(ring.add("root", key, "").ok());
    EXPECT_TRUE(ring.keep_root(publisher_.root_text).ok());
    return ring;
  }
  void expect_readable(std::uint64_t root_version) {
    Host host(disk_);
    Device device(publisher_.root_text);
    ASSERT_TRUE(device.refresh(host, kNow).ok());
    EXPECT_EQ(*device.get(host, "model"), "content");
    EXPECT_EQ(open(Access::kRead)->root().version, root_version);
  }

  fs::path folder_;
  disk::CrashingDisk disk_;
  Publisher publisher_;
};

TEST_F(CosignTest, WhatIsLackingIsTold) {
  const trust::Root& present = publisher_.root;
  const trust::Root renewed = next_root(present, kNow + trust::kDay);
  const trust::PrivateKey fresh = make();
  const trust::Root replaced = next_root(present, "root", root_key(0).id(), fresh, kNow);
  struct Row {
    std::string text;
    std::string standing;
  };
  const Row rows[] = {
      {signed_by(renewed, {root_key(1)}), "signed by 1 of the 2 keys that root version 1 takes"},
      {signed_by(renewed, {root_key(1), root_key(1)}),
       "signed by 1 of the 2 keys that root version 1 takes"},
      {signed_by(renewed, {root_key(1), make()}),
       "signed by 1 of the 2 keys that root version 1 takes"},
      {signed_by(renewed, {root_key(0), root_key(2)}),
       "signed by 2 of the 2 keys that root version 1 takes, enough"},
      {signed_by(replaced, {root_key(0), root_key(1)}),
       "signed by 2 of the 2 keys that root version 1 takes, and by 1 of the 2 keys that root "
       "version 2 takes"},
      {signed_by(replaced, {fresh, root_key(1)}),
       "signed by 1 of the 2 keys that root version 1 takes, and by 2 of the 2 keys that root "
       "version 2 takes"},
      {signed_by(replaced, {fresh, root_key(1), root_key(0)}),
       "signed by 2 of the 2 keys that root version 1 takes, and by 2 of the 2 keys that root "
       "version 2 takes, enough"},
  };
  for (const Row& row : rows) EXPECT_EQ(standing(row.text, present), row.standing);
}

TEST_F(CosignTest, ARootIsPublishedOnceEnoughHaveSigned) {
  Repository repository = *open();
  const trust::Root next = next_root(repository.root(), kNow + 400 * trust::kDay);
  const std::string one = signed_by(next, {root_key(1)});
  const Status refused = repository.adopt_root(one, {}, kNow, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUsage);
  EXPECT_NE(refused.error().message.find("root version 2 is signed by 1 of the 2 keys that root "
                                         "version 1 takes: another holder has to sign it first"),
            std::string::npos)
      << refused.error().message;
  expect_readable(1);
  const std::string two = *trust::add_signature(one, root_key(2));
  ASSERT_TRUE(repository.adopt_root(two, {}, kNow, {}).ok());
  ASSERT_TRUE(repository.adopt_root(two, {}, kNow, {}).ok()) << "done is done";
  expect_readable(2);
  EXPECT_FALSE(repository.adopt_root(publisher_.root_text, {}, kNow, {}).ok()) << "an old one";
}

TEST_F(CosignTest, ANewKeyForTargetsIsTakenWithWhatItSigns) {
  Repository repository = *open();
  const trust::PrivateKey key = make();
  const trust::Root next =
      next_root(repository.root(), "targets", publisher_.signers["targets"][0].id(), key,
                kNow + 400 * trust::kDay);
  const std::string text = signed_by(next, {root_key(0), root_key(1)});
  const Status refused = repository.adopt_root(text, publisher_.signers, kNow, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("bring those keys of targets"), std::string::npos);
  Signers signers = publisher_.signers;
  signers["targets"].push_back(key);
  ASSERT_TRUE(repository.adopt_root(text, signers, kNow, {}).ok());
  expect_readable(2);
  EXPECT_EQ(
      trust::parse_targets(*disk_.read(kFolder / "metadata/2.targets.json", 1 << 20), "targets")
          ->signatures.size(),
      2U)
      << "good by either root";
}

TEST_F(CosignTest, WhereTheOldKeyIsLostTheRootComesFirst) {
  Repository repository = *open();
  const trust::PrivateKey key = make();
  const trust::Root next =
      next_root(repository.root(), "targets", publisher_.signers["targets"][0].id(), key,
                kNow + 400 * trust::kDay);
  Signers signers = publisher_.signers;
  signers["targets"] = {key};
  ASSERT_TRUE(
      repository.adopt_root(signed_by(next, {root_key(0), root_key(1)}), signers, kNow, {}).ok());
  expect_readable(2);
}

TEST_F(CosignTest, WhatDoesNotFollowIsRefused) {
  const trust::Root& present = publisher_.root;
  trust::Root next = next_root(present, kNow);
  EXPECT_TRUE(expect_next(next, present).ok());
  next.version = 3;
  EXPECT_NE(expect_next(next, present).error().message.find("does not follow version 1"),
            std::string::npos);
  next.version = 1;
  EXPECT_NE(expect_next(next, present).error().message.find("is published already"),
            std::string::npos);
  next.version = 2;
  next.is_consistent = false;
  EXPECT_EQ(expect_next(next, present).error().code, Code::kInvalid);
  next.is_consistent = true;
  next.roles["timestamp"].threshold = 2;
  EXPECT_EQ(expect_next(next, present).error().code, Code::kInvalid);
}

TEST_F(CosignTest, ChangesAreToldBeforeAnybodySigns) {
  const trust::PrivateKey key = make();
  trust::Root next = next_root(publisher_.root, "root", root_key(0).id(), key, 1800000000);
  next.roles["targets"].threshold = 2;
  next.keys[root_key(1).id()].value = key.public_text().value;
  EXPECT_EQ(changes_of(next, publisher_.root),
            (std::vector<std::string>{
                str("root: the key ", root_key(0).id().substr(0, 16), " goes"),
                str("root: the key ", key.id().substr(0, 16), " comes"),
                "targets: takes 2 of 1, before 1",
                str("the key ", root_key(1).id().substr(0, 16), " is another under its old id"),
                str("good until 2027-01-15T08:00:00Z, before until ",
                    trust::time_text(publisher_.root.expires))}));
}

TEST_F(CosignTest, EachHolderSignsWithWhatIsInTheirFolder) {
  const trust::PrivateKey fresh = make();
  const trust::Root next =
      next_root(publisher_.root, "root", root_key(0).id(), fresh, kNow + trust::kDay);
  std::string text = *trust::write(next, {});
  KeyRing first = holder("first", {root_key(0), fresh});  // whose key is replaced
  KeyRing second = holder("second", {root_key(1)});
  KeyRing stranger = holder("stranger", {make()});
  EXPECT_EQ(cosign(text, stranger, publisher_.root).error().code, Code::kUsage);
  text = *cosign(text, first, publisher_.root);
  text = *cosign(text, first, publisher_.root);
  text = *cosign(text, second, publisher_.root);
  EXPECT_TRUE(standing(text, publisher_.root).ends_with("enough"));
  EXPECT_EQ(trust::parse_root(text)->signatures.size(), 3U) << "one of each key";
  // Once it is published, folders follow.
  ASSERT_TRUE(open()->adopt_root(text, {}, kNow, {}).ok());
  const trust::Root published = open()->root();
  for (KeyRing* ring : {&first, &second}) {
    ASSERT_TRUE(follow_root(*ring, published, text).ok());
    ASSERT_EQ(ring->list()->size(), 1U);
    EXPECT_EQ(ring->list()->front().name, "root.pem");
    EXPECT_EQ(*ring->trusted_root(), text);
  }
  EXPECT_EQ(first.list()->front().id, fresh.id());
  EXPECT_TRUE(fs::exists(first.folder() / "retired"));
  EXPECT_FALSE(fs::exists(second.folder() / "retired"));
}

}  // namespace
}  // namespace slipway::publish
