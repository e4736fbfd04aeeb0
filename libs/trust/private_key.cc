#include "trust/private_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/str.h"
#include "digest/digest.h"
#include "trust/json.h"
#include "trust/openssl.h"

namespace slipway::trust {
namespace {

struct FreePkcs8 {
  void operator()(X509_SIG* sealed) const { X509_SIG_free(sealed); }
  void operator()(PKCS8_PRIV_KEY_INFO* open) const { PKCS8_PRIV_KEY_INFO_free(open); }
  void operator()(X509_ALGOR* algorithm) const { X509_ALGOR_free(algorithm); }
};
template <typename T>
using Owned = std::unique_ptr<T, FreePkcs8>;

// scrypt's costs: 16 MiB and some tens of milliseconds, what OpenSSL takes without being asked.
constexpr std::uint64_t kScryptN = 16384;
constexpr std::uint64_t kScryptR = 8;
constexpr std::uint64_t kScryptP = 1;
constexpr int kSaltBytes = 16;

constexpr std::size_t kMostKeyFileBytes = 65536;

Error failed(std::string_view what) {
  std::array<char, 160> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return {Code::kInternal, str(what, ": ", text.data())};
}

std::string take(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string public_value(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    std::array<unsigned char, 32> raw{};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return {};
    return to_hex({reinterpret_cast<const char*>(raw.data()), size});
  }
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), key) != 1) return {};
  return take(bio.get());
}

KeyText text_of(EVP_PKEY* key) {
  KeyText text;
  text.value = public_value(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) {
    text.type = text.scheme = kEd25519;
  } else if (EVP_PKEY_is_a(key, "EC") == 1) {
    text.type = kEcdsa;
    text.scheme = kEcdsaScheme;
  } else if (EVP_PKEY_is_a(key, "RSA") == 1) {
    text.type = kRsa;
    text.scheme = kRsaScheme;
  }
  return text;
}

Owned<X509_SIG> seal(const PKCS8_PRIV_KEY_INFO* open, std::string_view passphrase) {
  Owned<X509_ALGOR> algorithm(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, kSaltBytes, nullptr,
                                                    kScryptN, kScryptR, kScryptP));
  if (algorithm == nullptr) return nullptr;
  Owned<X509_SIG> sealed(PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()),
                                        const_cast<PKCS8_PRIV_KEY_INFO*>(open), algorithm.get()));
  if (sealed == nullptr) return nullptr;
  [[maybe_unused]] const X509_ALGOR* const owned_by_sealed = algorithm.release();
  return sealed;
}

}  // namespace

std::string key_id(const KeyText& text) {
  const Json json = {{"keytype", text.type},
                     {"scheme", text.scheme},
                     {"keyval", Json::object({{"public", text.value}})}};
  return sha256(*canonical_json(json));
}

bool is_encrypted(std::string_view pem) {
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos;
}

Result<KeyText> read_public_pem(std::string_view pem) {
  if (pem.size() > kMostKeyFileBytes) return Error{Code::kTooLarge, "a key's file is not so large"};
  const OwnedBio bio = bio_of(pem);
  const OwnedKey key(PEM_read_bio_PUBKEY(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
  ERR_clear_error();
  if (key == nullptr) return Error{Code::kInvalid, "the file holds no public key (PEM)"};
  KeyText text = text_of(key.get());
  TRY(PublicKey::parse(text));
  return text;
}

Result<PrivateKey> PrivateKey::of(std::shared_ptr<evp_pkey_st> key) {
  KeyText text = text_of(key.get());
  TRY(PublicKey::parse(text));
  std::string id = key_id(text);
  return PrivateKey(std::move(key), std::move(text), std::move(id));
}

Result<PrivateKey> PrivateKey::generate(KeyKind kind) {
  constexpr std::size_t kRsaBits = 3072;
  OwnedKey key;
  switch (kind) {
    case KeyKind::kEd25519:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
    case KeyKind::kEcdsa:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
      break;
    case KeyKind::kRsa:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kRsaBits));
      break;
  }
  if (key == nullptr) return failed("no key could be made");
  return of(std::move(key));
}

Result<std::string> PrivateKey::to_pem(std::string_view passphrase) const {
  const Owned<PKCS8_PRIV_KEY_INFO> open(EVP_PKEY2PKCS8(key_.get()));
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  if (open == nullptr || bio == nullptr) return failed("the key could not be written");
  if (passphrase.empty()) {
    if (PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), open.get()) != 1)
      return failed("the key could not be written");
  } else {
    const Owned<X509_SIG> sealed = seal(open.get(), passphrase);
    if (sealed == nullptr || PEM_write_bio_PKCS8(bio.get(), sealed.get()) != 1)
      return failed("the key could not be encrypted");
  }
  return take(bio.get());
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
  if (pem.size() > kMostKeyFileBytes) return Error{Code::kTooLarge, "a key's file is not so large"};
  const OwnedBio bio = bio_of(pem);
  struct Given {
    std::string_view passphrase;
  } given{passphrase};
  OwnedKey key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr,
      [](char* to, int size, int, void* from) {
        const std::string_view text = static_cast<Given*>(from)->passphrase;
        if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
        text.copy(to, text.size());
        return static_cast<int>(text.size());
      },
      &given));
  ERR_clear_error();
  if (key == nullptr && is_encrypted(pem)) {
    return Error{Code::kInvalid, passphrase.empty()
                                     ? "the key is encrypted, and no passphrase was given"
                                     : "the passphrase is not this key's, or the file is damaged"};
  }
  if (key == nullptr) return Error{Code::kInvalid, "the file holds no private key (PKCS #8, PEM)"};
  return of(std::move(key));
}

Result<std::string> PrivateKey::sign(std::string_view message) const {
  const OwnedHashContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;  // the context's
  const EVP_MD* const hash = public_.scheme == kEd25519 ? nullptr : EVP_sha256();
  std::size_t size = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), &of_key, hash, nullptr, key_.get()) != 1 ||
      (public_.scheme == kRsaScheme && !set_pss(of_key, RSA_PSS_SALTLEN_DIGEST)) ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
    return failed("nothing could be signed");
  std::string bytes(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size,
                     bytes_of(message), message.size()) != 1)
    return failed("nothing could be signed");
  bytes.resize(size);
  return to_hex(bytes);
}

}  // namespace slipway::trust
