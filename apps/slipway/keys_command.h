// What the parts of `slipway keys` have in common.
#pragma once

#include "command.h"
#include "publish/key_ring.h"
#include "publish/signers.h"
#include "publish/state.h"

namespace slipway {

// Each takes the operands after its own name.
Result<int> run_keys_new(const Arguments& arguments);
Result<int> run_keys_list(const Arguments& arguments);
Result<int> run_keys_rotate(const Arguments& arguments);
Result<int> run_keys_renew(const Arguments& arguments);
Result<int> run_keys_sign_root(const Arguments& arguments);

// Writes a new root that others have yet to sign to --draft FILE, signed by the keys of root that
// are here, and says what comes next. kUsage where the file is there.
Status expect_no_draft(const Arguments& arguments);
Status write_draft(const Arguments& arguments, const trust::Root& next, const trust::Root& present,
                   const publish::Keys& signers);

// --kind, or what stands in its place.
Result<trust::KeyKind> key_kind(const Arguments& arguments, trust::KeyKind otherwise);

// "ed25519", "ECDSA P-256", "RSA"
std::string kind_text(const trust::KeyText& key);

// A table of the keys, or JSON; `root` says which of them count.
Status print_keys(const Arguments& arguments, const publish::KeyRing& ring,
                  const publish::State* state);

}  // namespace slipway
