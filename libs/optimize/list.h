// The passes, most of them one file each in passes/; list.cc has their order.
#pragma once

#include "passes/pass.h"

namespace slipway::optimize {

Result<std::string> infer_shapes(Model& model);
Result<std::string> fold_shape_parts(Model& model);
Result<std::string> fold_shapes(Model& model);
Result<std::string> remove_no_ops(Model& model);
Result<std::string> merge_casts(Model& model);
Result<std::string> merge_reshapes(Model& model);
Result<std::string> merge_transposes(Model& model);
Result<std::string> cancel_transposes(Model& model);
Result<std::string> merge_clips(Model& model);
Result<std::string> merge_logic(Model& model);
Result<std::string> multiply_divisions(Model& model);
Result<std::string> share_constants(Model& model);
Result<std::string> fold_affine(Model& model);
Result<std::string> use_gemm(Model& model);
Result<std::string> fold_gemm_transposes(Model& model);
Result<std::string> fuse_layer_norm(Model& model);
Result<std::string> fuse_rms_norm(Model& model);
Result<std::string> fuse_activations(Model& model);
Result<std::string> fuse_softplus(Model& model);

// Passes in the order in which they run.
std::span<const Pass> passes();
const Pass* find_pass(std::string_view name);
// A kUsage error, with the nearest name, where there is no such pass.
Status expect_pass(std::string_view name);

}  // namespace slipway::optimize
