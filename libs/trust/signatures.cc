#include "trust/signatures.h"

#include <map>
#include <optional>
#include <set>

#include "base/str.h"
#include "digest/digest.h"

namespace slipway::trust {

Status check_signatures(const Signed& file, const RoleKeys& role, const Keys& keys,
                        std::string_view name) {
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
    if (signers.size() >= role.threshold) return {};
  }
  return Error{Code::kInvalid,
               str(name, " version ", file.version, " is signed by ", signers.size(), " of the ",
                   role.threshold, " keys that it takes: it was changed, or signed by others")};
}

}  // namespace slipway::trust
