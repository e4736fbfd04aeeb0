// Keys that sign, in memory and as files under a passphrase.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/keys.h"

namespace slipway::trust {

enum class KeyKind : std::uint8_t { kEd25519, kEcdsa, kRsa };

class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyKind kind);  // RSA: 3072 bits

  // PKCS #8 as PEM. With a passphrase it is encrypted (AES-256, the key by scrypt); without one,
  // whoever reads the file can sign.
  Result<std::string> to_pem(std::string_view passphrase) const;
  // kInvalid for another passphrase, or for what is no key of a kind that is supported.
  static Result<PrivateKey> from_pem(std::string_view pem, std::string_view passphrase);

  const KeyText& public_text() const { return public_; }
  const std::string& id() const { return id_; }

  // As hexadecimal digits.
  Result<std::string> sign(std::string_view message) const;

 private:
  PrivateKey(std::shared_ptr<evp_pkey_st> key, KeyText text, std::string id)
      : key_(std::move(key)), public_(std::move(text)), id_(std::move(id)) {}
  static Result<PrivateKey> of(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  KeyText public_;
  std::string id_;
};

bool is_encrypted(std::string_view pem);

// A public key in PEM (SubjectPublicKeyInfo), as other tools write it; kInvalid for anything else,
// a private key too.
Result<KeyText> read_public_pem(std::string_view pem);

// What metadata calls a key: the SHA-256 of its canonical JSON.
std::string key_id(const KeyText& text);

}  // namespace slipway::trust
