#include "passes/list.h"

#include "base/str.h"

namespace slipway {
namespace {

constexpr Pass kPasses[] = {
    {"multiply-einsum", "an Einsum of two tensors is a product of matrices", multiply_einsum},
    {"turn-pairs", "a RotaryEmbedding is products of slices", turn_pairs},
    {"pair-up", "a Sum, Max or Min of several tensors takes them in one after the other", pair_up},
    {"fold-constants", "compute now what depends on constants alone", fold_constants},
    {"remove-identities", "remove nodes that change nothing", remove_identities},
    {"move-bytes", "what only moves elements does so before they are dequantised", move_bytes},
    {"use-integers", "convolutions and products of dequantised bytes become those of integers",
     use_integers, true},
    {"keep-recurrent-bytes", "recurrent layers multiply by dequantised bytes in integers",
     keep_recurrent_bytes, true},
    {"fold-weights", "dequantise now the weights that stay floats", fold_weights},
    {"merge-equal", "of nodes that give the same, keep the first", merge_equal},
    {"fold-padding", "padding with zeros becomes part of what comes after it", fold_padding, true},
    {"fold-batch-norm", "a normalisation becomes part of the convolution before it",
     fold_batch_norm, true},
    {"split-gemm", "what a Gemm does beside a product and a bias are nodes of their own",
     split_gemm},
    {"drop-subnormals", "weights smaller than every normal number are zeros", drop_subnormals,
     true},
    {"remove-dead", "remove nodes and constants that nothing uses", remove_dead},
};

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

Result<std::vector<PassNote>> run_passes(Model& model, std::string_view stop_after) {
  std::vector<PassNote> notes;
  for (const Pass& pass : kPasses) {
    std::string text = TRY(pass.run(model));
    if (!text.empty()) notes.push_back({pass.name, std::move(text)});
    if (pass.name == stop_after) return notes;
  }
  if (!stop_after.empty()) {
    return Error{Code::kUsage, str("there is no pass '", shorten(stop_after), "'")};
  }
  return notes;
}

}  // namespace slipway
