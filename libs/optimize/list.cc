#include "optimize/list.h"

#include "base/nearest.h"
#include "base/str.h"
#include "passes/list.h"

namespace slipway::optimize {
namespace {

constexpr Pass kPasses[] = {
    {"infer-shapes", "write the types and shapes of all values into the model", infer_shapes},
    {"fold-constants", "compute now what depends on constants alone and does not grow",
     slipway::fold_small_constants},
    {"fold-shape-parts", "extents taken out of a shape are constants where they are known",
     fold_shape_parts},
    {"fold-shapes", "a computed target of a Reshape is a constant where one extent at most is open",
     fold_shapes},
    {"remove-no-ops", "remove nodes that change nothing", remove_no_ops},
    {"merge-casts", "a Cast that loses nothing goes into the Cast after it", merge_casts},
    {"merge-reshapes", "one Reshape for several", merge_reshapes},
    {"merge-transposes", "one Transpose for several", merge_transposes},
    {"cancel-transposes", "Transposes before and after element-wise nodes undo each other",
     cancel_transposes},
    {"merge-clips", "one Relu or Clip for several", merge_clips},
    {"merge-logic", "Not goes into what uses it", merge_logic},
    {"multiply-divisions", "division by powers of two is multiplication", multiply_divisions},
    {"merge-equal", "of nodes that give the same, keep the first", slipway::merge_equal},
    {"share-constants", "of constants that are equal, keep the first", share_constants},
    {"fold-padding", "padding with zeros becomes part of what comes after it",
     slipway::fold_padding, true},
    {"fold-batch-norm", "a normalisation becomes part of the convolution before it",
     slipway::fold_batch_norm, true},
    {"fold-affine", "scaling and adding by channel goes into the weights before", fold_affine,
     true},
    {"use-gemm", "a product of matrices and a sum is one Gemm", use_gemm, true},
    {"fold-gemm-transposes", "a Transpose goes into the Gemm after it", fold_gemm_transposes},
    {"fuse-layer-norm", "the formula of LayerNormalization, from opset 17 on", fuse_layer_norm,
     true},
    {"fuse-rms-norm", "the formula of RMSNormalization, from opset 23 on", fuse_rms_norm, true},
    {"fuse-activations", "the formulas of HardSwish (opset 14), Mish (18) and Gelu (20)",
     fuse_activations, true},
    {"fuse-softplus", "the formula of Softplus", fuse_softplus, true},
    {"drop-subnormals", "weights smaller than every normal number are zeros",
     slipway::drop_subnormals, true},
    {"remove-dead", "remove nodes and constants that nothing uses", slipway::remove_dead},
};

}  // namespace

std::span<const Pass> passes() { return kPasses; }

const Pass* find_pass(std::string_view name) {
  for (const Pass& pass : kPasses) {
    if (pass.name == name) return &pass;
  }
  return nullptr;
}

Status expect_pass(std::string_view name) {
  if (find_pass(name) != nullptr) return {};
  std::vector<std::string> names;
  for (const Pass& pass : kPasses) names.emplace_back(pass.name);
  const std::string suggestion = nearest(name, names);
  return Error{Code::kUsage, str("there is no pass '", shorten(name), "': ",
                                 suggestion.empty() ? "slipway optimize --list names them"
                                                    : str("did you mean '", suggestion, "'?"))};
}

}  // namespace slipway::optimize
