// Public keys and the signatures they check: ed25519, ECDSA on P-256 with SHA-256, RSA-PSS with
// SHA-256. All of the arithmetic is OpenSSL's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace slipway::trust {

// A key as metadata has it.
struct KeyText {
  std::string type;    // "ed25519", "ecdsa", "rsa"
  std::string scheme;  // "ed25519", "ecdsa-sha2-nistp256", "rsassa-pss-sha256"
  std::string value;   // PEM; for ed25519 64 hexadecimal digits
  bool operator==(const KeyText&) const = default;
};

class PublicKey {
 public:
  // kUnsupported for another type or scheme, kInvalid for a value that is no such key: RSA has 2048
  // to 8192 bits, ECDSA is on P-256.
  static Result<PublicKey> parse(const KeyText& text);

  // `signature` as bytes. False for anything but a good one.
  bool verify(std::string_view signature, std::string_view message) const;

  // The same for two texts of one key, whatever PEM does between them.
  const std::string& identity() const { return identity_; }

 private:
  PublicKey(std::shared_ptr<evp_pkey_st> key, std::string scheme, std::string identity)
      : key_(std::move(key)), scheme_(std::move(scheme)), identity_(std::move(identity)) {}

  std::shared_ptr<evp_pkey_st> key_;
  std::string scheme_;
  std::string identity_;
};

}  // namespace slipway::trust
