#include "digest/digest.h"

namespace slipway {
namespace {

// FIPS 180-4's examples.
TEST(Digest, HashesTheExamplesOfTheStandard) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string_view()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Hasher hasher(Hash::kSha512);
  hasher.update("a");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, HmacIsThatOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 4231, test case 6: a key longer than a block. And what Python's hmac.new(b"", b"") is.
TEST(Digest, HmacTakesKeysOfAnyLengthAndBytesInPieces) {
  Hmac hmac(std::string(131, '\xaa'));
  hmac.update("Test Using Larger Than Block-Size");
  hmac.update("");
  hmac.update(" Key - Hash Key First");
  EXPECT_EQ(to_hex(hmac.finish()),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, HexReadsBackAndRefusesWhatIsNone) {
  const std::string bytes("\0\x7f\xff", 3);
  EXPECT_EQ(to_hex(bytes), "007fff");
  EXPECT_EQ(from_hex("007FfF"), bytes);
  EXPECT_EQ(from_hex(""), "");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
  EXPECT_FALSE(from_hex(" 0"));
}

TEST(Digest, Sha256TextIsLowerCaseOfOneLength) {
  EXPECT_TRUE(is_sha256(sha256("x")));
  EXPECT_FALSE(is_sha256(sha256("x").substr(1)));
  EXPECT_FALSE(is_sha256("../" + sha256("x").substr(3)));
  EXPECT_FALSE(is_sha256("A" + sha256("x").substr(1)));
}

TEST(Digest, EqualComparesLengthsAndBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("same", "same"));
  EXPECT_FALSE(equal_in_constant_time("same", "sane"));
  EXPECT_FALSE(equal_in_constant_time("same", "same "));
}

}  // namespace
}  // namespace slipway
