// Metadata as text, signed.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "trust/metadata.h"
#include "trust/private_key.h"

namespace slipway::trust {

// As a file of its kind holds it; `bytes` and `signatures` of what is given play no part. What was
// read keeps none of the members that TUF does not define.
Result<std::string> write(const Root& root, std::span<const PrivateKey> signers);
Result<std::string> write(const Timestamp& timestamp, std::span<const PrivateKey> signers);
Result<std::string> write(const Snapshot& snapshot, std::span<const PrivateKey> signers);
Result<std::string> write(const Targets& targets, std::span<const PrivateKey> signers);

// The same file, with one more signature, or with a newer one by the same key: how the holder of an
// offline key signs what others prepared.
Result<std::string> add_signature(std::string_view text, const PrivateKey& signer);

}  // namespace slipway::trust
