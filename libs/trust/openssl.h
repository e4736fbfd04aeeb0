// OpenSSL's objects, owned.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>
#include <string_view>

namespace slipway::trust {

struct FreeOpenssl {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using OwnedBio = std::unique_ptr<BIO, FreeOpenssl>;
using OwnedKey = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using OwnedKeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeOpenssl>;
using OwnedHashContext = std::unique_ptr<EVP_MD_CTX, FreeOpenssl>;

// Reads `text`, which outlives it.
inline OwnedBio bio_of(std::string_view text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The padding of RSA signatures, on either side.
bool set_pss(EVP_PKEY_CTX* context, int salt_bytes);

inline constexpr std::string_view kEd25519 = "ed25519";
inline constexpr std::string_view kEcdsa = "ecdsa";
inline constexpr std::string_view kEcdsaScheme = "ecdsa-sha2-nistp256";
inline constexpr std::string_view kRsa = "rsa";
inline constexpr std::string_view kRsaScheme = "rsassa-pss-sha256";

inline constexpr int kLeastRsaBits = 2048;
inline constexpr int kMostRsaBits = 8192;  // checking a signature of a larger one takes long

}  // namespace slipway::trust
