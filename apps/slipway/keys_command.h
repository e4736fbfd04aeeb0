// What the parts of `slipway keys` have in common.
#pragma once

#include "command.h"
#include "publish/key_ring.h"
#include "publish/state.h"

namespace slipway {

// Each takes the operands after its own name.
Result<int> run_keys_new(const Arguments& arguments);
Result<int> run_keys_list(const Arguments& arguments);
Result<int> run_keys_rotate(const Arguments& arguments);
Result<int> run_keys_renew(const Arguments& arguments);

// --kind, or what stands in its place.
Result<trust::KeyKind> key_kind(const Arguments& arguments, trust::KeyKind otherwise);

// "ed25519", "ECDSA P-256", "RSA"
std::string kind_text(const trust::KeyText& key);

// A table of the keys, or JSON; `root` says which of them count.
Status print_keys(const Arguments& arguments, const publish::KeyRing& ring,
                  const publish::State* state);

}  // namespace slipway
