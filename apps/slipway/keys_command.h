// What the parts of `slipway keys` have in common.
#pragma once

#include "command.h"
#include "publish/key_ring.h"
#include "publish/repository.h"
#include "publish/signers.h"
#include "publish/state.h"

namespace slipway {

// Each takes the operands after its own name.
Result<int> run_keys_new(const Arguments& arguments);
Result<int> run_keys_list(const Arguments& arguments);
Result<int> run_keys_rotate(const Arguments& arguments);
Result<int> run_keys_renew(const Arguments& arguments);
Result<int> run_keys_sign_root(const Arguments& arguments);
Result<int> run_keys_make(const Arguments& arguments);
Result<int> run_keys_add(const Arguments& arguments);
Result<int> run_keys_remove(const Arguments& arguments);
Result<int> run_keys_threshold(const Arguments& arguments);

// kUsage unless it is one of the four.
Status expect_role(const std::string& role);
// --expires is the root's.
Result<publish::Lifetimes> root_lifetime(const Arguments& arguments);
// The one key of those that root names for a role whose id begins so, or that a file of that name
// holds; `option` begins the message.
Result<std::string> find_key(std::string_view option, const std::string& given,
                             const std::string& role, const std::vector<std::string>& named,
                             const std::vector<publish::KeyFile>& files);

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
