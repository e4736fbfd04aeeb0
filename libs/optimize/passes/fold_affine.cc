#include <cmath>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

// Where a node's output has its channels, and how many: of a Conv, ConvTranspose or Gemm with
// constant weights of floats.
struct Linear {
  std::size_t axis_from_end = 0;  // of the channels in the output
  std::int64_t channels = 0;
  std::size_t rank = 0;  // of the output
  Tensor weights;
  std::optional<Tensor> bias;
};

std::optional<Linear> linear_of(const Graph& graph, const Node& node) {
  const bool is_conv = is(node, "Conv") || is(node, "ConvTranspose");
  if (!is_conv && !(is(node, "Gemm") && node.version >= 7)) return std::nullopt;
  const NodeView view(node, "");
  auto weights = floats_of(graph, node.inputs[1]);
  if (!weights || weights->size() == 0 || weights->rank() < 2) return std::nullopt;
  Linear linear;
  if (is_conv) {
    const std::int64_t groups = view.get_int("group", 1);
    if (weights->rank() < 3 || groups < 1) return std::nullopt;
    linear.channels = is(node, "Conv") ? weights->dim(0) : weights->dim(1) * groups;
    linear.axis_from_end = weights->rank() - 2;
  } else {
    if (view.get_float("alpha", 1) != 1 || view.get_float("beta", 1) != 1) return std::nullopt;
    linear.channels = weights->dim(view.get_flag("transB", false) ? 0 : 1);
  }
  linear.rank = weights->rank();
  if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
    linear.bias = floats_of(graph, node.inputs[2]);
    if (!linear.bias) return std::nullopt;
    const bool is_per_channel = linear.bias->rank() <= 1 &&
                                (linear.bias->size() == 1 ||
                                 static_cast<std::int64_t>(linear.bias->size()) == linear.channels);
    if (!is_per_channel) return std::nullopt;
  }
  linear.weights = *std::move(weights);
  return linear;
}

// A constant that is one number for each channel, or one for all.
std::optional<std::vector<double>> per_channel(const Graph& graph, ValueId id,
                                               const Linear& linear) {
  const auto tensor = floats_of(graph, id);
  if (!tensor || tensor->rank() > linear.rank || tensor->size() == 0) return std::nullopt;
  const auto channels = static_cast<std::size_t>(linear.channels);
  if (tensor->size() != 1) {
    if (tensor->size() != channels || tensor->rank() <= linear.axis_from_end) return std::nullopt;
    if (tensor->dim(tensor->rank() - 1 - linear.axis_from_end) != linear.channels)
      return std::nullopt;
  }
  std::vector<double> values(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    values[c] = tensor->data<float>()[tensor->size() == 1 ? 0 : c];
    if (!std::isfinite(values[c])) return std::nullopt;
  }
  return values;
}

// The index of the channel that an element of the weights goes to.
std::size_t channel_of(const Node& node, const Linear& linear, std::size_t element) {
  const auto channels = static_cast<std::size_t>(linear.channels);
  const std::size_t per_row =
      linear.weights.size() / static_cast<std::size_t>(linear.weights.dim(0));
  const NodeView view(node, "");
  if (is(node, "Conv") || (is(node, "Gemm") && view.get_flag("transB", false)))
    return element / per_row;
  if (is(node, "Gemm")) return element % channels;
  const auto within = static_cast<std::size_t>(linear.weights.dim(1));
  const std::size_t taps = per_row / within;
  const auto groups = static_cast<std::size_t>(view.get_int("group", 1));
  const std::size_t rows_per_group = static_cast<std::size_t>(linear.weights.dim(0)) / groups;
  return (element / per_row) / rows_per_group * within + (element / taps) % within;
}

void scale(Rewriter& rewriter, Node& node, Linear& linear, const std::vector<double>& factor) {
  const std::span<float> w = linear.weights.mutable_data<float>();
  for (std::size_t e = 0; e < w.size(); ++e)
    w[e] = static_cast<float>(w[e] * factor[channel_of(node, linear, e)]);
  const std::string name = rewriter.graph().value(node.inputs[1]).name;
  node.inputs[1] = rewriter.constant(name, std::move(linear.weights));
  if (!linear.bias) return;
  std::vector<float> bias(factor.size());
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const float before = linear.bias->data<float>()[linear.bias->size() == 1 ? 0 : c];
    bias[c] = static_cast<float>(before * factor[c]);
  }
  node.inputs[2] = rewriter.constant(rewriter.graph().value(node.inputs[2]).name, Tensor::of(bias));
}

void shift(Rewriter& rewriter, Node& node, const Linear& linear, const std::vector<double>& by) {
  std::vector<float> bias(by.size());
  for (std::size_t c = 0; c < bias.size(); ++c) {
    const double before =
        linear.bias ? linear.bias->data<float>()[linear.bias->size() == 1 ? 0 : c] : 0;
    bias[c] = static_cast<float>(before + by[c]);
  }
  node.inputs.resize(3, kNoValue);
  node.inputs[2] =
      rewriter.constant(rewriter.graph().value(node.outputs[0]).name + "/bias", Tensor::of(bias));
}

// The input of an Add or Mul that a linear node makes, and the other one.
struct Sides {
  Node* linear = nullptr;
  ValueId constant = kNoValue;
};

Sides sides_of(Rewriter& rewriter, const Node& node, bool scales) {
  const bool ordered = is(node, "Sub") || is(node, "Div");
  for (std::size_t k = 0; k < (ordered ? 1U : 2U); ++k) {
    if (!rewriter.is_used_once(node.inputs[k])) continue;
    Node* const made = rewriter.maker(node.inputs[k]);
    if (made == nullptr || !linear_of(rewriter.graph(), *made)) continue;
    if (scales && !rewriter.is_used_once(made->inputs[1]))
      continue;  // others need them as they are
    return {made, node.inputs[1 - k]};
  }
  return {};
}

}  // namespace

// A Mul, Div, Add or Sub by constants for each channel becomes part of the weights or the bias of
// the Conv, ConvTranspose or Gemm before it, worked out in double.
Result<std::string> fold_affine(Model& model) {
  const std::size_t folded = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& node = rewriter.node(i);
      const bool scales = is(node, "Mul") || is(node, "Div");
      if ((!scales && !is(node, "Add") && !is(node, "Sub")) || node.version < 7) continue;
      const Sides sides = sides_of(rewriter, node, scales);
      if (sides.linear == nullptr) continue;
      Linear linear = *linear_of(rewriter.graph(), *sides.linear);
      auto values = per_channel(rewriter.graph(), sides.constant, linear);
      if (!values) continue;
      bool is_finite = true;
      for (double& x : *values) {
        if (is(node, "Div")) x = 1 / x;
        if (is(node, "Sub")) x = -x;
        is_finite = is_finite && std::isfinite(x);
      }
      if (!is_finite) continue;
      const ValueId made = sides.linear->outputs[0];
      if (scales) {
        scale(rewriter, *sides.linear, linear, *values);
      } else {
        shift(rewriter, *sides.linear, linear, *values);
      }
      rewriter.pass_on(i, made);
    }
  });
  return note(folded, "folded", "Mul or Add", "into weights before");
}

}  // namespace slipway::optimize
