#include "publish/change_role.h"

#include <gtest/gtest.h>

#include "base/str.h"
#include "publish/public_key.h"
#include "publish/sample.h"

namespace slipway::publish {
namespace {

constexpr trust::Seconds kExpires = kNow + 100 * trust::kDay;

trust::PrivateKey make(trust::KeyKind kind = trust::KeyKind::kEd25519) {
  return *trust::PrivateKey::generate(kind);
}

// Three keys of root, of which two have to sign; one each of the other roles.
trust::Root sample_root() {
  trust::Root root = Publisher().root;
  while (root.roles["root"].keyids.size() < 3) give_role(root, "root", make());
  root.roles["root"].threshold = 2;
  return root;
}

std::string refusal(const Result<trust::Root>& root) {
  if (root.ok()) return "it was not refused";
  return root.error().code == Code::kUsage ? root.error().message : "another code";
}

TEST(ChangeRole, AKeyComesAndGoes) {
  const trust::Root present = sample_root();
  const trust::PrivateKey key = make();
  const Result<trust::Root> more = with_key(present, "targets", key.public_text(), kExpires);
  ASSERT_TRUE(more.ok()) << more.error().message;
  EXPECT_EQ(more->version, present.version + 1);
  EXPECT_EQ(more->expires, kExpires);
  EXPECT_EQ(more->roles.at("targets").keyids.size(), 2U);
  EXPECT_EQ(more->roles.at("targets").threshold, 1U);
  EXPECT_EQ(more->keys.at(key.id()), key.public_text());
  const Result<trust::Root> less = without_key(*more, "targets", key.id(), kExpires);
  ASSERT_TRUE(less.ok()) << less.error().message;
  EXPECT_EQ(less->roles.at("targets").keyids, present.roles.at("targets").keyids);
  EXPECT_FALSE(less->keys.contains(key.id())) << "no role names it: it is forgotten";
}

TEST(ChangeRole, AThresholdChanges) {
  const trust::Root present = sample_root();
  for (const std::size_t threshold : {1, 3}) {
    const Result<trust::Root> next = with_threshold(present, "root", threshold, kExpires);
    ASSERT_TRUE(next.ok()) << next.error().message;
    EXPECT_EQ(next->roles.at("root").threshold, threshold);
    EXPECT_EQ(next->roles.at("root").keyids, present.roles.at("root").keyids);
  }
}

TEST(ChangeRole, WhatNobodyCouldLiveWithIsRefused) {
  trust::Root present = sample_root();
  const auto key_of = [&](const std::string& role) {
    return present.keys.at(present.roles.at(role).keyids[0]);
  };
  const auto add = [&](const trust::KeyText& key) {
    return refusal(with_key(present, "root", key, kExpires));
  };
  EXPECT_NE(add(key_of("root")).find("for root already: there is nothing to add"),
            std::string::npos);
  EXPECT_NE(add(key_of("targets")).find("is one of targets"), std::string::npos);
  EXPECT_NE(
      refusal(without_key(present, "targets", present.roles.at("targets").keyids[0], kExpires))
          .find("targets takes 1 of its 1 key, and with one less nothing could be signed"),
      std::string::npos);
  EXPECT_NE(refusal(without_key(present, "targets", make().id(), kExpires))
                .find("there is nothing to remove"),
            std::string::npos);
  const auto take = [&](std::size_t threshold) {
    return refusal(with_threshold(present, "root", threshold, kExpires));
  };
  EXPECT_NE(take(0).find("would let anybody sign as root"), std::string::npos);
  EXPECT_NE(take(2).find("already: there is nothing to change"), std::string::npos);
  EXPECT_NE(take(4).find("root has 3 keys, and 4 of them could never sign"), std::string::npos);
  present.roles["root"].threshold = 3;
  EXPECT_NE(refusal(without_key(present, "root", present.roles.at("root").keyids[0], kExpires))
                .find("first slipway keys threshold root 2, or slipway keys add another"),
            std::string::npos);
  while (present.roles["root"].keyids.size() < kMostKeysOfRole) give_role(present, "root", make());
  EXPECT_NE(add(make().public_text()).find("root has 16 keys, and more are not taken"),
            std::string::npos);
}

// One key, whose PEM is written in another way: it has another id, and is the same.
TEST(ChangeRole, AKeyUnderAnotherIdIsTheSame) {
  trust::Root present = sample_root();
  const trust::PrivateKey key = make(trust::KeyKind::kEcdsa);
  give_role(present, "root", key);
  trust::KeyText other = key.public_text();
  other.value.insert(0, "a line before it\n");
  ASSERT_NE(trust::key_id(other), key.id());
  EXPECT_NE(refusal(with_key(present, "root", other, kExpires)).find("there is nothing to add"),
            std::string::npos);
}

TEST(PublicKey, IsReadAsItIsHandedOn) {
  for (const trust::KeyKind kind :
       {trust::KeyKind::kEd25519, trust::KeyKind::kEcdsa, trust::KeyKind::kRsa}) {
    const trust::PrivateKey key = make(kind);
    const std::string text = public_file_text("root", key.public_text());
    const Result<trust::KeyText> read = read_public_key(text);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(*read, key.public_text());
    EXPECT_EQ(text.find("PRIVATE"), std::string::npos);
    if (kind == trust::KeyKind::kEd25519) continue;
    const Result<trust::KeyText> pem = read_public_key(key.public_text().value);
    ASSERT_TRUE(pem.ok()) << pem.error().message;
    EXPECT_EQ(*pem, key.public_text());
  }
}

TEST(PublicKey, NothingElseIsOne) {
  const trust::PrivateKey key = make();
  const std::string texts[] = {"", "key", *key.to_pem(""),
                               "public key: {\"keytype\":\"ed25519\"}\n",
                               std::string(100'000, 'x')};
  for (const std::string& text : texts) {
    EXPECT_FALSE(read_public_key(text).ok()) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace slipway::publish
