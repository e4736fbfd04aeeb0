#include "digest/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace slipway {
namespace {

const EVP_MD* algorithm(Hash hash) {
  switch (hash) {
    case Hash::kSha512:
      return EVP_sha512();
    case Hash::kSha256:
      break;
  }
  return EVP_sha256();
}

// Hashing fails when memory has run out or libcrypto is broken: nothing that follows can be
// trusted.
void must(bool is_done) {
  if (!is_done) std::abort();
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hasher::Hasher(Hash hash) : context_(EVP_MD_CTX_new()) {
  must(context_ != nullptr && EVP_DigestInit_ex(context_.get(), algorithm(hash), nullptr) == 1);
}

void Hasher::update(std::span<const std::byte> bytes) {
  must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  must(EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) == 1);
  return to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

std::string sha256(std::span<const std::byte> bytes) {
  Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

void Hmac::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

Hmac::Hmac(std::string_view key) {
  EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(mac != nullptr);
  context_.reset(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);  // the context has its own hold on it
  std::string name = "SHA256";
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_end()};
  // A key of no bytes must still be a pointer: null would mean the key of before.
  const char* const bytes = key.empty() ? "" : key.data();
  must(context_ != nullptr &&
       EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(bytes), key.size(),
                    parameters.data()) == 1);
}

void Hmac::update(std::span<const std::byte> bytes) {
  must(EVP_MAC_update(context_.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size()) == 1);
}

std::string Hmac::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  std::size_t size = 0;
  must(EVP_MAC_final(context_.get(), bytes.data(), &size, bytes.size()) == 1);
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  Hmac hmac(key);
  hmac.update(text);
  return hmac.finish();
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]);
    const int low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

bool is_sha256(std::string_view hex) {
  return hex.size() == kSha256HexSize && std::ranges::all_of(hex, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace slipway
