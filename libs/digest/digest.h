// Hashes of bytes, and the text they are written as.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_mac_ctx_st;
struct evp_md_ctx_st;

namespace slipway {

enum class Hash : std::uint8_t { kSha256, kSha512 };

// The hash of bytes that arrive in pieces.
class Hasher {
 public:
  explicit Hasher(Hash hash = Hash::kSha256);

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }

  // Lower-case hexadecimal digits. Once: nothing can be added, or asked, afterwards.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

// HMAC-SHA256 of bytes that arrive in pieces. The key may be of any length.
class Hmac {
 public:
  explicit Hmac(std::string_view key);

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text) { update(std::as_bytes(std::span(text))); }

  // As bytes, not as text. Once.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

// As bytes, not as text.
std::string hmac_sha256(std::string_view key, std::string_view text);

// Takes as long for any two texts of one length.
bool equal_in_constant_time(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);
// Nothing unless `hex` is pairs of hexadecimal digits, of either case.
std::optional<std::string> from_hex(std::string_view hex);

inline constexpr std::size_t kSha256HexSize = 64;
// 64 lower-case hexadecimal digits.
bool is_sha256(std::string_view hex);

}  // namespace slipway
