#include <algorithm>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

// The dimensions that a Shape node gives.
std::optional<Dims> measured(const Graph& graph, const Node& shape) {
  const Type& type = graph.value(shape.inputs[0]).type;
  if (!type.is_tensor() || !type.dims) return std::nullopt;
  const auto rank = static_cast<std::int64_t>(type.dims->size());
  const NodeView view(shape, "");
  const auto within = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t begin = within(view.get_int("start", 0));
  const std::int64_t end = std::max(begin, within(view.get_int("end", rank)));
  return Dims(type.dims->begin() + begin, type.dims->begin() + end);
}

// What a Gather with constant indices takes of them, where all of that is known.
std::optional<Tensor> gathered(const Graph& graph, const Node& gather, const Dims& dims) {
  const auto indices = ints_of(graph, gather.inputs[1]);
  if (!indices) return std::nullopt;
  Ints picked;
  for (std::int64_t at : *indices) {
    if (at < 0) at += static_cast<std::int64_t>(dims.size());
    if (at < 0 || at >= static_cast<std::int64_t>(dims.size())) return std::nullopt;
    const Dim& dim = dims[static_cast<std::size_t>(at)];
    if (!dim.is_known()) return std::nullopt;
    picked.push_back(dim.extent());
  }
  const Shape& shape = graph.initializer(gather.inputs[1])->shape();
  return Tensor::of(shape, picked);
}

// The same of a Slice from version 10 on, with steps of 1.
std::optional<Tensor> sliced(const Graph& graph, const Node& slice, const Dims& dims) {
  if (slice.version < 10 || slice.inputs.size() < 3) return std::nullopt;
  const auto starts = ints_of(graph, slice.inputs[1]);
  const auto ends = ints_of(graph, slice.inputs[2]);
  if (!starts || !ends || starts->size() != 1 || ends->size() != 1) return std::nullopt;
  if (slice.inputs.size() > 4 && slice.inputs[4] != kNoValue) {
    const auto steps = ints_of(graph, slice.inputs[4]);
    if (!steps || *steps != Ints{1}) return std::nullopt;
  }
  const auto count = static_cast<std::int64_t>(dims.size());
  const auto within = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + count : at, 0, count);
  };
  Ints picked;
  for (std::int64_t at = within((*starts)[0]); at < within((*ends)[0]); ++at) {
    const Dim& dim = dims[static_cast<std::size_t>(at)];
    if (!dim.is_known()) return std::nullopt;
    picked.push_back(dim.extent());
  }
  return Tensor::of(picked);
}

}  // namespace

// Extents taken out of a Shape: constants where they are known, though others are open.
Result<std::string> fold_shape_parts(Model& model) {
  const std::size_t folded = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      Node& node = rewriter.node(i);
      if (!is(node, "Gather") && !is(node, "Slice")) continue;
      const Node* const shape = rewriter.maker(node.inputs[0], "Shape", true);
      if (shape == nullptr) continue;
      const auto dims = measured(graph, *shape);
      if (!dims) continue;
      auto picked = is(node, "Gather") ? gathered(graph, node, *dims) : sliced(graph, node, *dims);
      if (!picked) continue;
      rewriter.pass_on(i, rewriter.constant("extents", *std::move(picked)));
    }
  });
  return note(folded, "made", "known part", "of shapes constant");
}

}  // namespace slipway::optimize
