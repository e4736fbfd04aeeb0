#include "publish/key_ring.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "trust/write.h"

namespace slipway::publish {
namespace {

namespace fs = std::filesystem;

class KeyRingTest : public testing::Test {
 protected:
  KeyRingTest()
      : folder_(fs::path(testing::TempDir()) / str("key_ring_", getpid(), "_", ++count_)) {}
  ~KeyRingTest() override { fs::remove_all(folder_); }

  KeyRing ring(const std::vector<std::string>& answers = {}) {
    asked_.clear();
    return {folder_, [this, answers](const std::string& file, int attempt) -> Result<std::string> {
              asked_.push_back(fs::path(file).filename().string());
              if (static_cast<std::size_t>(attempt) < answers.size())
                return answers[static_cast<std::size_t>(attempt)];
              return Error{Code::kInvalid, "no more answers"};
            }};
  }
  static trust::PrivateKey make(trust::KeyKind kind = trust::KeyKind::kEd25519) {
    return *trust::PrivateKey::generate(kind);
  }
  // A root that names the keys for targets.
  static trust::Root root_of(const Keys& keys, std::uint64_t threshold = 1) {
    trust::Root root;
    root.version = 3;
    for (const trust::PrivateKey& key : keys) give_role(root, "targets", key);
    root.roles["targets"].threshold = threshold;
    return root;
  }
  std::string content(const std::string& name) { return *read_file(folder_ / name); }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  }

  static int count_;
  fs::path folder_;
  std::vector<std::string> asked_;
};
int KeyRingTest::count_ = 0;

TEST_F(KeyRingTest, KeysAreForTheirOwnerAlone) {
  KeyRing keys = ring();
  ASSERT_TRUE(keys.begin().ok());
  EXPECT_EQ(mode_of(folder_), 0700U);
  EXPECT_EQ(*keys.add("targets", make(), "word"), "targets.pem");
  EXPECT_EQ(*keys.add("targets", make(), "word"), "targets-2.pem");
  EXPECT_EQ(mode_of(folder_ / "targets.pem"), 0600U);
  EXPECT_NE(content("targets.pem").find("-----BEGIN ENCRYPTED PRIVATE KEY-----"),
            std::string::npos);
  EXPECT_EQ(content("targets.pem").find("word"), std::string::npos);
  EXPECT_FALSE(keys.list()->front().is_open_to_others);
  chmod((folder_ / "targets.pem").c_str(), 0644);
  EXPECT_TRUE(keys.list()->front().is_open_to_others);
}

TEST_F(KeyRingTest, WhatAKeyIsIsToldWithoutItsPassphrase) {
  KeyRing keys = ring();
  ASSERT_TRUE(keys.begin().ok());
  for (const trust::KeyKind kind :
       {trust::KeyKind::kEd25519, trust::KeyKind::kEcdsa, trust::KeyKind::kRsa}) {
    const trust::PrivateKey key = make(kind);
    const std::string name = *keys.add("snapshot", key, "word");
    const std::vector<KeyFile> files = *keys.list();
    const KeyFile& file = files.back();
    EXPECT_EQ(file.name, name);
    EXPECT_EQ(file.id, key.id());
    EXPECT_EQ(file.key, key.public_text());
    EXPECT_TRUE(file.is_encrypted);
    EXPECT_TRUE(file.fault.empty());
  }
  EXPECT_TRUE(asked_.empty());
}

TEST_F(KeyRingTest, AFolderWithKeysIsNotBegunAgain) {
  ASSERT_TRUE(ring().begin().ok());
  ASSERT_TRUE(ring().begin().ok());
  ASSERT_TRUE(ring().add("root", make(), "").ok());
  const Status again = ring().begin();
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().message.find("holds keys already"), std::string::npos);
  const Status nowhere = KeyRing("/nowhere/keys", {}).begin();
  EXPECT_FALSE(nowhere.ok());
  EXPECT_EQ(KeyRing("/nowhere/keys", {}).list().error().code, Code::kNotFound);
}

TEST_F(KeyRingTest, FilesComeByRoleAndNumber) {
  ASSERT_TRUE(ring().begin().ok());
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(ring().add("root", make(), "").ok());
  ASSERT_TRUE(ring().add("timestamp", make(), "").ok());
  ASSERT_TRUE(ring().add("targets", make(), "").ok());
  for (const char* other : {"root-1.pem", "root-x.pem", "rooted.pem", "notes.txt", "root-2.pem~"})
    ASSERT_TRUE(write_file(folder_ / other, "x").ok());
  std::vector<std::string> names;
  const std::vector<KeyFile> files = *ring().list();
  for (const KeyFile& file : files) names.push_back(file.name);
  ASSERT_EQ(names.size(), 13U);
  EXPECT_EQ(names[0], "root.pem");
  EXPECT_EQ(names[1], "root-2.pem");
  EXPECT_EQ(names[10], "root-11.pem");
  EXPECT_EQ(names[11], "targets.pem");
  EXPECT_EQ(names[12], "timestamp.pem");
}

TEST_F(KeyRingTest, OnlyKeysThatRootNamesAreOpened) {
  KeyRing keys = ring({"word"});
  ASSERT_TRUE(keys.begin().ok());
  const trust::PrivateKey named = make();
  ASSERT_TRUE(keys.add("targets", make(), "other word").ok());
  ASSERT_TRUE(keys.add("targets", named, "word").ok());
  const Result<Keys> opened = keys.open_enough("targets", root_of({named}));
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  ASSERT_EQ(opened->size(), 1U);
  EXPECT_EQ(opened->front().id(), named.id());
  EXPECT_EQ(asked_, std::vector<std::string>{"targets-2.pem"});
  EXPECT_EQ(keys.passphrase(), "word");
  const Result<Keys> few = keys.open_enough("targets", root_of({named, make()}, 2));
  ASSERT_FALSE(few.ok());
  EXPECT_NE(few.error().message.find("takes 2 of 2 keys"), std::string::npos);
}

TEST_F(KeyRingTest, APassphraseIsAskedForUntilItIsRightAndThenRemembered) {
  KeyRing keys = ring({"wrong", "word"});
  ASSERT_TRUE(keys.begin().ok());
  const trust::PrivateKey a = make();
  const trust::PrivateKey b = make();
  ASSERT_TRUE(keys.add("targets", a, "word").ok());
  ASSERT_TRUE(keys.add("targets", b, "word").ok());
  ASSERT_EQ(keys.open("targets", root_of({a, b}))->size(), 2U);
  EXPECT_EQ(asked_, (std::vector<std::string>{"targets.pem", "targets.pem"}));
  KeyRing never = ring({"wrong", "wrong too"});
  EXPECT_EQ(never.open("targets", root_of({a})).error().message, "no more answers");
}

TEST_F(KeyRingTest, KeysOfOtherToolsDo) {
  KeyRing keys = ring({"word", "word"});
  ASSERT_TRUE(keys.begin().ok());
  const trust::PrivateKey open = make();
  const trust::PrivateKey sealed = make(trust::KeyKind::kEcdsa);
  ASSERT_TRUE(write_file(folder_ / "targets.pem", *open.to_pem("")).ok());
  ASSERT_TRUE(write_file(folder_ / "targets-2.pem", *sealed.to_pem("word")).ok());
  const std::vector<KeyFile> files = *keys.list();
  EXPECT_EQ(files[0].id, open.id());
  EXPECT_EQ(files[1].id, "");
  EXPECT_EQ(keys.open("targets", root_of({open, sealed}))->size(), 2U);
}

TEST_F(KeyRingTest, AFileThatSaysAnotherKeyIsRefused) {
  KeyRing keys = ring({"word"});
  ASSERT_TRUE(keys.begin().ok());
  const trust::PrivateKey a = make();
  ASSERT_TRUE(keys.add("targets", a, "word").ok());
  ASSERT_TRUE(keys.add("targets", make(), "word").ok());
  const std::string mine = content("targets.pem");
  const std::string other = content("targets-2.pem");
  const std::string mixed =
      mine.substr(0, mine.find("-----BEGIN")) + other.substr(other.find("-----BEGIN"));
  ASSERT_TRUE(write_file(folder_ / "targets.pem", mixed).ok());
  const Result<Keys> refused = keys.open("targets", root_of({a}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("put together from two"), std::string::npos);
}

TEST_F(KeyRingTest, DamagedFilesAreNamed) {
  KeyRing keys = ring();
  ASSERT_TRUE(keys.begin().ok());
  ASSERT_TRUE(write_file(folder_ / "targets.pem", "public key: {\"keytype\": 7}\nrubbish").ok());
  EXPECT_FALSE(keys.list()->front().fault.empty());
  const Result<Keys> refused = keys.open_enough("targets", root_of({make()}));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("targets.pem: the file holds no private key"),
            std::string::npos);
}

TEST_F(KeyRingTest, TheNewKeyTakesTheNameOfTheOld) {
  KeyRing keys = ring();
  ASSERT_TRUE(keys.begin().ok());
  ASSERT_TRUE(keys.add("targets", make(), "").ok());
  const KeyFile old = keys.list()->front();
  const trust::PrivateKey key = make();
  ASSERT_TRUE(keys.replace(old, *keys.add("targets", key, "")).ok());
  ASSERT_EQ(keys.list()->size(), 1U);
  EXPECT_EQ(keys.list()->front().name, "targets.pem");
  EXPECT_EQ(keys.list()->front().id, key.id());
  const fs::path retired = folder_ / "retired" / str("targets-", old.id.substr(0, 8), ".pem");
  EXPECT_EQ(mode_of(retired), 0600U);
  EXPECT_EQ(mode_of(folder_ / "retired"), 0700U);
}

TEST_F(KeyRingTest, TheRootThatIsVouchedForIsKept) {
  KeyRing keys = ring();
  ASSERT_TRUE(keys.begin().ok());
  EXPECT_EQ(*keys.trusted_root(), "");
  ASSERT_TRUE(keys.keep_root("{}").ok());
  EXPECT_EQ(*keys.trusted_root(), "{}");
}

}  // namespace
}  // namespace slipway::publish
