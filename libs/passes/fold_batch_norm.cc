#include <cmath>

#include "ops/node_view.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

// scale / sqrt(variance + epsilon) and what is added, in double, per channel.
struct Affine {
  std::vector<double> factor;
  std::vector<double> shift;
};

std::optional<Tensor> float_constant(const Graph& graph, ValueId id) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32) return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  if (!direct.ok()) return std::nullopt;
  return *std::move(direct);
}

std::optional<Affine> affine_of(const Graph& graph, const Node& norm, std::size_t channels) {
  if (norm.op != "BatchNormalization" || !norm.domain.empty() || norm.inputs.size() != 5)
    return std::nullopt;
  for (std::size_t i = 1; i < norm.outputs.size(); ++i) {
    if (norm.outputs[i] != kNoValue) return std::nullopt;  // training
  }
  const NodeView view(norm, "");
  if (view.get_flag("training_mode", false)) return std::nullopt;
  std::vector<Tensor> inputs;
  for (std::size_t i = 1; i < 5; ++i) {
    auto tensor = float_constant(graph, norm.inputs[i]);
    if (!tensor || tensor->size() != channels) return std::nullopt;
    inputs.push_back(*std::move(tensor));
  }
  const double epsilon = view.get_float("epsilon", 1e-5F);
  Affine affine;
  for (std::size_t c = 0; c < channels; ++c) {
    const double variance = inputs[3].data<float>()[c];
    const double factor = inputs[0].data<float>()[c] / std::sqrt(variance + epsilon);
    if (!std::isfinite(factor)) return std::nullopt;
    affine.factor.push_back(factor);
    affine.shift.push_back(inputs[1].data<float>()[c] - inputs[2].data<float>()[c] * factor);
  }
  return affine;
}

// The weights and bias of a convolution that does what the two nodes did.
bool fold(Graph& graph, Node& conv, const Affine& affine) {
  const auto weights = float_constant(graph, conv.inputs[1]);
  if (!weights) return false;
  const bool has_bias = conv.inputs.size() > 2 && conv.inputs[2] != kNoValue;
  std::optional<Tensor> bias;
  if (has_bias && !(bias = float_constant(graph, conv.inputs[2]))) return false;
  const std::size_t channels = affine.factor.size();
  Tensor scaled = *weights;
  const std::span<float> w = scaled.mutable_data<float>();
  const std::size_t taps = w.size() / channels;
  std::vector<float> shifted(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t t = 0; t < taps; ++t) {
      w[c * taps + t] = static_cast<float>(w[c * taps + t] * affine.factor[c]);
    }
    const double before = has_bias ? bias->data<float>()[c] : 0.0F;
    shifted[c] = static_cast<float>(before * affine.factor[c] + affine.shift[c]);
  }
  const std::string name = graph.value(conv.inputs[1]).name;
  const auto add = [&](const std::string& suffix, Tensor tensor) {
    const ValueId id =
        graph.add_value(name + suffix, Type::tensor(DType::kFloat32, to_dims(tensor.shape())));
    graph.initializers[id] = std::move(tensor);
    return id;
  };
  conv.inputs.resize(3, kNoValue);
  conv.inputs[1] = add("/normalized", std::move(scaled));
  conv.inputs[2] = add("/normalized_bias", Tensor::of(shifted));
  return true;
}

}  // namespace

// A BatchNormalization after a Conv becomes part of its weights and bias, worked out in double.
Result<std::string> fold_batch_norm(Model& model) {
  Graph& graph = model.graph;
  const std::vector<std::size_t> uses = count_uses(graph);
  std::map<ValueId, std::size_t> conv_of;  // by output
  std::vector<bool> is_removed(graph.nodes.size(), false);
  std::size_t folded = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.op == "Conv" && node.domain.empty()) conv_of[node.outputs[0]] = i;
    if (node.op != "BatchNormalization") continue;
    const auto found = conv_of.find(node.inputs[0]);
    if (found == conv_of.end() || uses[index(node.inputs[0])] != 1) continue;
    Node& conv = graph.nodes[found->second];
    const Tensor* const weights = constant_of(graph, conv.inputs[1]);
    if (weights == nullptr || weights->rank() < 3 || weights->size() == 0) continue;
    const auto affine = affine_of(graph, node, static_cast<std::size_t>(weights->dim(0)));
    if (!affine || !fold(graph, conv, *affine)) continue;
    conv.outputs[0] = node.outputs[0];
    is_removed[i] = true;
    ++folded;
  }
  remove_nodes(graph, is_removed);
  return folded == 0 ? "" : "folded " + count_text(folded, "BatchNormalization") + " into weights";
}

}  // namespace slipway
