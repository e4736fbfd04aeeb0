// The passes, one file each; list.cc has their order.
#pragma once

#include "passes/pass.h"

namespace slipway {

Result<std::string> drop_subnormals(Model& model);
Result<std::string> fold_batch_norm(Model& model);
Result<std::string> fold_constants(Model& model);
Result<std::string> fold_padding(Model& model);
Result<std::string> fold_small_constants(Model& model);
Result<std::string> fold_weights(Model& model);
Result<std::string> keep_recurrent_bytes(Model& model);
Result<std::string> move_bytes(Model& model);
Result<std::string> merge_equal(Model& model);
Result<std::string> multiply_einsum(Model& model);
Result<std::string> pair_up(Model& model);
Result<std::string> remove_identities(Model& model);
Result<std::string> remove_dead(Model& model);
Result<std::string> split_gemm(Model& model);
Result<std::string> turn_pairs(Model& model);
Result<std::string> use_integers(Model& model);

}  // namespace slipway
