#include "trust/keys.h"

#include "digest/digest.h"
#include "trust/private_key.h"

namespace slipway::trust {
namespace {

struct KindRow {
  const char* name;
  KeyKind kind;
};
class EveryKind : public testing::TestWithParam<KindRow> {};
INSTANTIATE_TEST_SUITE_P(Keys, EveryKind,
                         testing::Values(KindRow{"ed25519", KeyKind::kEd25519},
                                         KindRow{"ecdsa", KeyKind::kEcdsa},
                                         KindRow{"rsa", KeyKind::kRsa}),
                         [](const auto& row) { return row.param.name; });

TEST_P(EveryKind, VerifiesWhatItSignedAndNothingElse) {
  const PrivateKey key = *PrivateKey::generate(GetParam().kind);
  const PrivateKey other = *PrivateKey::generate(GetParam().kind);
  const PublicKey reads = *PublicKey::parse(key.public_text());
  const std::string signature = *from_hex(*key.sign("a message"));
  EXPECT_TRUE(reads.verify(signature, "a message"));
  EXPECT_FALSE(reads.verify(signature, "a messagf"));
  EXPECT_FALSE(reads.verify(signature + "x", "a message"));
  EXPECT_FALSE(reads.verify("", "a message"));
  EXPECT_FALSE(reads.verify(*from_hex(*other.sign("a message")), "a message"));
  std::string changed = signature;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  EXPECT_FALSE(reads.verify(changed, "a message"));
}

TEST_P(EveryKind, ComesBackFromItsFileByItsPassphraseAlone) {
  const PrivateKey key = *PrivateKey::generate(GetParam().kind);
  const std::string pem = *key.to_pem("correct horse");
  EXPECT_TRUE(is_encrypted(pem));
  const Result<PrivateKey> back = PrivateKey::from_pem(pem, "correct horse");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->id(), key.id());
  EXPECT_NE(PrivateKey::from_pem(pem, "wrong").error().message.find("passphrase is not"),
            std::string::npos);
  EXPECT_NE(PrivateKey::from_pem(pem, "").error().message.find("no passphrase was given"),
            std::string::npos);
  const std::string open = *key.to_pem("");
  EXPECT_FALSE(is_encrypted(open));
  EXPECT_EQ(PrivateKey::from_pem(open, "")->id(), key.id());
}

TEST(Keys, IdentityIsTheKeysWhateverItsTextLooksLike) {
  const PrivateKey key = *PrivateKey::generate(KeyKind::kEcdsa);
  KeyText spaced = key.public_text();
  spaced.value = "a comment before\n" + spaced.value + "\n\n";
  EXPECT_NE(key_id(spaced), key.id());
  EXPECT_EQ(PublicKey::parse(spaced)->identity(), PublicKey::parse(key.public_text())->identity());
}

TEST(Keys, RefusesWhatIsNoKeyOfItsKind) {
  const std::string p384 =
      "-----BEGIN PUBLIC KEY-----\n"
      "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqbwl0NVFvJJuKk/CIAD7g6/3kPPyPXuV\n"
      "-----END PUBLIC KEY-----\n";
  const KeyText ecdsa = PrivateKey::generate(KeyKind::kEcdsa)->public_text();
  const KeyText rsa = PrivateKey::generate(KeyKind::kRsa)->public_text();
  const KeyText rows[] = {
      {"ed25519", "ed25519", ""},
      {"ed25519", "ed25519", std::string(63, 'a')},
      {"ed25519", "ed25519", ecdsa.value},
      {"ecdsa", "ecdsa-sha2-nistp256", p384},
      {"ecdsa", "ecdsa-sha2-nistp256", rsa.value},
      {"rsa", "rsassa-pss-sha256", ecdsa.value},
      {"rsa", "rsassa-pss-sha256", std::string(100000, 'x')},
  };
  for (const KeyText& row : rows) {
    const Result<PublicKey> key = PublicKey::parse(row);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().code, Code::kInvalid);
  }
  EXPECT_EQ(PublicKey::parse({"sphincs", "sphincs-shake-128s", ""}).error().code,
            Code::kUnsupported);
  EXPECT_EQ(PublicKey::parse({"rsa", "rsa-pkcs1v15-sha256", rsa.value}).error().code,
            Code::kUnsupported);
}

}  // namespace
}  // namespace slipway::trust
