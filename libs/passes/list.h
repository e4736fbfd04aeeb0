// The passes, one file each; list.cc has their order.
#pragma once

#include "passes/pass.h"

namespace slipway {

Result<std::string> fold_batch_norm(Model& model);
Result<std::string> fold_constants(Model& model);
Result<std::string> fold_padding(Model& model);
Result<std::string> remove_identities(Model& model);
Result<std::string> remove_dead(Model& model);

}  // namespace slipway
