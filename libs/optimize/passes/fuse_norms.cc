#include <algorithm>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/product.h"

namespace slipway::optimize {
namespace {

// The first of the axes that a ReduceMean takes, where these are all from it to the last, and kept.
std::optional<std::int64_t> mean_axis(const Graph& graph, const Node& mean) {
  const auto rank = rank_of(graph, mean.inputs[0]);
  const NodeView view(mean, "");
  if (!rank || *rank == 0 || !view.get_flag("keepdims", true)) return std::nullopt;
  std::optional<Ints> axes;
  if (mean.version >= 18) {
    if (mean.inputs.size() < 2 || mean.inputs[1] == kNoValue) return std::nullopt;
    axes = ints_of(graph, mean.inputs[1]);
  } else if (const Ints* const stated = view.get_ints("axes")) {
    axes = *stated;
  }
  if (!axes || axes->empty()) return std::nullopt;
  const auto end = static_cast<std::int64_t>(*rank);
  for (std::int64_t& axis : *axes) axis += axis < 0 ? end : 0;
  std::ranges::sort(*axes);
  for (std::size_t k = 0; k < axes->size(); ++k) {
    if ((*axes)[k] != (*axes)[0] + static_cast<std::int64_t>(k)) return std::nullopt;
  }
  return axes->back() == end - 1 ? std::optional((*axes)[0] - end) : std::nullopt;
}

// sqrt(mean(x^2) + epsilon), by a value that nothing else uses.
struct Deviation {
  ValueId of = kNoValue;
  std::int64_t axis = 0;  // negative
  double epsilon = 0;
};

std::optional<Deviation> deviation_of(Rewriter& rewriter, ValueId squared_mean) {
  const auto sum = sum_with_constant(rewriter, squared_mean);
  const Node* const mean = sum ? rewriter.maker(sum->value, "ReduceMean") : nullptr;
  if (mean == nullptr) return std::nullopt;
  const auto axis = mean_axis(rewriter.graph(), *mean);
  const Node* const square = rewriter.maker(mean->inputs[0]);
  if (!axis || square == nullptr || !rewriter.is_used_once(mean->inputs[0])) return std::nullopt;
  const bool is_square = is(*square, "Mul") && square->inputs[0] == square->inputs[1];
  const bool is_power = is(*square, "Pow") && scalar_of(rewriter.graph(), square->inputs[1]) == 2.0;
  if (!is_square && !is_power) return std::nullopt;
  return Deviation{square->inputs[0], *axis, sum->constant};
}

// x / sqrt(...), or x times the inverse of it.
std::optional<Deviation> normalized(Rewriter& rewriter, ValueId id) {
  const Node* const node = rewriter.maker(id);
  if (node == nullptr || !rewriter.is_used_once(id)) return std::nullopt;
  std::optional<Deviation> found;
  if (is(*node, "Div")) {
    if (const Node* const root = rewriter.maker(node->inputs[1], "Sqrt"))
      found = deviation_of(rewriter, root->inputs[0]);
    return found && found->of == node->inputs[0] ? found : std::nullopt;
  }
  if (!is(*node, "Mul")) return std::nullopt;
  for (std::size_t k = 0; k < 2; ++k) {
    const Node* root = nullptr;
    if (const Node* const inverse = rewriter.maker(node->inputs[k], "Reciprocal")) {
      root = rewriter.maker(inverse->inputs[0], "Sqrt");
    } else if (const Node* const one = rewriter.maker(node->inputs[k], "Div")) {
      if (scalar_of(rewriter.graph(), one->inputs[0]) == 1.0)
        root = rewriter.maker(one->inputs[1], "Sqrt");
    }
    if (root == nullptr) continue;
    found = deviation_of(rewriter, root->inputs[0]);
    if (found && found->of == node->inputs[1 - k]) return found;
  }
  return std::nullopt;
}

// x - mean(x) over the same axes; null where `centred` is something else or others use it.
std::optional<ValueId> centre_of(Rewriter& rewriter, const Deviation& deviation) {
  const Node* const sub = rewriter.maker(deviation.of);
  if (sub == nullptr || !is(*sub, "Sub") || rewriter.uses(deviation.of) > 3) return std::nullopt;
  const Node* const mean = rewriter.maker(sub->inputs[1], "ReduceMean");
  if (mean == nullptr || mean->inputs[0] != sub->inputs[0]) return std::nullopt;
  if (mean_axis(rewriter.graph(), *mean) != deviation.axis) return std::nullopt;
  return sub->inputs[0];
}

// A scale or bias has exactly the extents of the axes that are normalised.
bool fits(const Graph& graph, ValueId id, ValueId x, std::int64_t axis) {
  const auto parameter = shape_of(graph, id);
  const Type& type = graph.value(x).type;
  if (!parameter || !type.dims || parameter->size() != static_cast<std::size_t>(-axis))
    return false;
  for (std::size_t k = 0; k < parameter->size(); ++k) {
    const Dim& own = (*type.dims)[type.dims->size() - parameter->size() + k];
    if (!own.is_known() || own.extent() != (*parameter)[k]) return false;
  }
  return graph.value(id).type.dtype == DType::kFloat32 && type.dtype == DType::kFloat32;
}

struct Scaled {
  Deviation deviation;
  ValueId scale = kNoValue;
};

std::optional<Scaled> scaled(Rewriter& rewriter, const Node& mul) {
  if (!is(mul, "Mul")) return std::nullopt;
  for (std::size_t k = 0; k < 2; ++k) {
    const auto deviation = normalized(rewriter, mul.inputs[k]);
    if (deviation && fits(rewriter.graph(), mul.inputs[1 - k], deviation->of, deviation->axis))
      return Scaled{*deviation, mul.inputs[1 - k]};
  }
  return std::nullopt;
}

void normalise(Rewriter& rewriter, std::size_t i, std::string op, std::vector<ValueId> inputs,
               const Deviation& deviation) {
  rewriter.replace(i, std::move(op), std::move(inputs));
  rewriter.node(i).attributes.emplace_back("axis", deviation.axis);
  rewriter.node(i).attributes.emplace_back("epsilon", static_cast<float>(deviation.epsilon));
}

// scale * ... + bias, of an Add.
void fuse_with_bias(Rewriter& rewriter, std::size_t i) {
  const Node& add = rewriter.node(i);
  if (!is(add, "Add") || add.version < 17) return;
  for (std::size_t k = 0; k < 2; ++k) {
    const Node* const mul = rewriter.maker(add.inputs[k], "Mul");
    const auto found = mul == nullptr ? std::nullopt : scaled(rewriter, *mul);
    if (!found) continue;
    const auto x = centre_of(rewriter, found->deviation);
    const ValueId bias = add.inputs[1 - k];
    if (!x || !fits(rewriter.graph(), bias, *x, found->deviation.axis)) continue;
    normalise(rewriter, i, "LayerNormalization", {*x, found->scale, bias}, found->deviation);
    return;
  }
}

void fuse_without_bias(Rewriter& rewriter, std::size_t i) {
  const Node& mul = rewriter.node(i);
  if (mul.version < 17) return;
  const auto found = scaled(rewriter, mul);
  if (!found) return;
  if (const auto x = centre_of(rewriter, found->deviation))
    normalise(rewriter, i, "LayerNormalization", {*x, found->scale}, found->deviation);
}

void fuse_root_mean_square(Rewriter& rewriter, std::size_t i) {
  const Node& mul = rewriter.node(i);
  if (mul.version < 23) return;
  const auto found = scaled(rewriter, mul);
  if (found) {
    normalise(rewriter, i, "RMSNormalization", {found->deviation.of, found->scale},
              found->deviation);
  }
}

std::size_t fuse(Model& model, void (*fuse_node)(Rewriter&, std::size_t)) {
  return rewrite_graphs(model.graph, [&](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) fuse_node(rewriter, i);
  });
}

}  // namespace

// (x - mean) / sqrt(variance + epsilon) * scale + bias, from version 17 on.
Result<std::string> fuse_layer_norm(Model& model) {
  const std::size_t fused = fuse(model, fuse_with_bias) + fuse(model, fuse_without_bias);
  return note(fused, "fused", "formula", "into LayerNormalization");
}

// x / sqrt(mean(x^2) + epsilon) * scale, from version 23 on.
Result<std::string> fuse_rms_norm(Model& model) {
  return note(fuse(model, fuse_root_mean_square), "fused", "formula", "into RMSNormalization");
}

}  // namespace slipway::optimize
