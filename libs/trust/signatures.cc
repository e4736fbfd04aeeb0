#include "trust/signatures.h"

#include <map>
#include <optional>
#include <set>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::trust {

namespace {

// Different keys of the role that signed; where there are enough it counts no further.
std::size_t count_up_to(std::uint64_t enough, const Signed& file, const RoleKeys& role,
                        const Keys& keys) {
  std::map<std::string_view, std::string_view> by_key;
  for (const Signature& signature : file.signatures) by_key[signature.keyid] = signature.hex;
  std::set<std::string> signers;
  for (const std::string& keyid : role.keyids) {
    const auto signature = by_key.find(keyid);
    const auto text = keys.find(keyid);
    if (signature == by_key.end() || text == keys.end()) continue;
    const Result<PublicKey> key = PublicKey::parse(text->second);
    const std::optional<std::string> bytes = from_hex(signature->second);
    if (key.ok() && bytes && key->verify(*bytes, file.bytes)) signers.insert(key->identity());
    if (signers.size() >= enough) break;
  }
  return signers.size();
}

}  // namespace

Status check_signatures(const Signed& file, const RoleKeys& role, const Keys& keys,
                        std::string_view name) {
  const std::size_t count = count_up_to(role.threshold, file, role, keys);
  if (count >= role.threshold && count > 0) return {};
  return Error{Code::kInvalid,
               str(name, " version ", file.version, " is signed by ", count, " of the ",
                   role.threshold, " keys that it takes: it was changed, or signed by others")};
}

std::size_t count_signatures(const Signed& file, const RoleKeys& role, const Keys& keys) {
  return count_up_to(role.keyids.size() + 1, file, role, keys);
}

}  // namespace slipway::trust
