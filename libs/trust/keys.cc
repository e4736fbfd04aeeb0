#include "trust/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <optional>

#include "base/str.h"
#include "digest/digest.h"
#include "trust/openssl.h"

namespace slipway::trust {
namespace {

constexpr std::size_t kMostPemBytes = 16384;

OwnedKey read_ed25519(const std::string& hex) {
  const std::optional<std::string> bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32) return nullptr;
  return OwnedKey(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*bytes), bytes->size()));
}

// Never asks for a passphrase.
OwnedKey read_pem(const std::string& pem) {
  if (pem.size() > kMostPemBytes) return nullptr;
  const OwnedBio bio = bio_of(pem);
  if (bio == nullptr) return nullptr;
  return OwnedKey(PEM_read_bio_PUBKEY(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
}

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 64> group{};
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(),
                                        nullptr) == 1 &&
         std::string_view(group.data()) == "prime256v1";
}

bool is_sound_rsa(const EVP_PKEY* key) {
  return EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) >= kLeastRsaBits &&
         EVP_PKEY_get_bits(key) <= kMostRsaBits;
}

std::string encoded(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) {  // points may be written in more than one way
    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed");
  }
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  std::string text;
  if (size > 0) text.assign(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

}  // namespace

bool set_pss(EVP_PKEY_CTX* context, int salt_bytes) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_bytes) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

Result<PublicKey> PublicKey::parse(const KeyText& text) {
  OwnedKey key;
  bool is_sound = false;
  if (text.type == kEd25519 && text.scheme == kEd25519) {
    key = read_ed25519(text.value);
    is_sound = key != nullptr;
  } else if ((text.type == kEcdsa || text.type == kEcdsaScheme) && text.scheme == kEcdsaScheme) {
    key = read_pem(text.value);
    is_sound = key != nullptr && is_p256(key.get());
  } else if (text.type == kRsa && text.scheme == kRsaScheme) {
    key = read_pem(text.value);
    is_sound = key != nullptr && is_sound_rsa(key.get());
  } else {
    return Error{
        Code::kUnsupported,
        str("keys of type '", shorten(text.type, 40), "' with the scheme '",
            shorten(text.scheme, 40),
            "' are not supported: ed25519, ecdsa-sha2-nistp256 and rsassa-pss-sha256 are")};
  }
  ERR_clear_error();
  if (!is_sound)
    return Error{Code::kInvalid, str("a public key is no key of type ", shorten(text.type, 40))};
  std::string identity = encoded(key.get());
  return PublicKey(std::shared_ptr<EVP_PKEY>(std::move(key)), text.scheme, std::move(identity));
}

bool PublicKey::verify(std::string_view signature, std::string_view message) const {
  const OwnedHashContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;  // the context's
  const EVP_MD* const hash = scheme_ == kEd25519 ? nullptr : EVP_sha256();
  const bool is_good =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), &of_key, hash, nullptr, key_.get()) == 1 &&
      (scheme_ != kRsaScheme || set_pss(of_key, RSA_PSS_SALTLEN_AUTO)) &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return is_good;
}

}  // namespace slipway::trust
