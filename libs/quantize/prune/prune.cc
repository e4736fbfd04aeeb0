#include "quantize/prune/prune.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/str.h"
#include "ops/node_view.h"
#include "quantize/links.h"
#include "quantize/placement.h"
#include "quantize/prepare.h"
#include "quantize/prune/channels.h"
#include "quantize/scaling.h"

namespace slipway::quantize {
namespace {

// The indices of an axis whose flag is set stay.
Tensor cut(const Tensor& tensor, std::size_t axis, const std::vector<bool>& stays) {
  const AxisStride at = axis_stride(tensor.shape(), axis);
  Shape shape = tensor.shape();
  shape[axis] = std::ranges::count(stays, true);
  const auto values = tensor.data<float>();
  std::vector<float> kept;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (stays[at(i)]) kept.push_back(values[i]);
  }
  return Tensor::of(shape, kept);
}

// Root of the mean square of each index of an axis.
std::vector<double> sizes_of(const Tensor& weights, std::size_t axis) {
  const AxisStride at = axis_stride(weights.shape(), axis);
  std::vector<double> sums(at.extent, 0);
  const auto values = weights.data<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    sums[at(i)] += static_cast<double>(values[i]) * values[i];
  const double count = static_cast<double>(values.size()) / static_cast<double>(at.extent);
  for (double& sum : sums) sum = std::sqrt(sum / count);
  return sums;
}

class Pruner {
 public:
  explicit Pruner(Graph& graph) : graph_(graph), channels_(graph), links_(graph) {}

  std::vector<PrunedLayers> choose(double ratio) {
    weigh();
    // Channels that the same layers make.
    std::map<std::set<std::size_t>, std::vector<ChannelId>> groups;
    for (const auto& [channel, makers] : makers_) {
      if (!channels_.is_fixed(channel)) groups[makers].push_back(channel);
    }
    std::vector<PrunedLayers> layers;
    for (auto& [makers, members] : groups) {
      PrunedLayers layer;
      for (const std::size_t node : makers) layer.nodes.push_back(node_name(graph_, node));
      layer.channels = members.size();
      layer.removed =
          std::min(static_cast<std::size_t>(ratio * static_cast<double>(members.size())),
                   members.size() - 1);
      std::ranges::stable_sort(members, {}, [&](ChannelId id) { return weights_[id]; });
      for (std::size_t i = 0; i < layer.removed; ++i) removed_.insert(members[i]);
      layers.push_back(std::move(layer));
    }
    return layers;
  }

  void apply() {
    for (const Tracked& tracked : channels_.nodes()) apply(tracked);
    // Their extents are others now.
    for (const auto& [id, channels] : channels_.values()) graph_.value(id).type.dims.reset();
  }

  std::size_t fixed() const {
    std::size_t count = 0;
    for (const auto& [channel, makers] : makers_) count += channels_.is_fixed(channel) ? 1 : 0;
    return count;
  }

 private:
  void weigh() {
    for (const Tracked& tracked : channels_.nodes()) {
      if (tracked.role != Role::kProducer) continue;
      const Node& node = graph_.nodes[tracked.node];
      const auto found = channels_.values().find(node.outputs[0]);
      if (found == channels_.values().end()) continue;
      std::vector<double> sizes =
          sizes_of(*float_constant(graph_, node.inputs[1]), tracked.row_axis);
      scale_by_norm(node.outputs[0], sizes);
      double mean = 0;
      for (const double size : sizes) mean += size / static_cast<double>(sizes.size());
      for (std::size_t c = 0; c < sizes.size(); ++c) {
        const ChannelId root = channels_.root(found->second.ids[c]);
        weights_[root] += mean > 0 ? sizes[c] / mean : 0;
        makers_[root].insert(tracked.node);
      }
    }
  }

  void scale_by_norm(ValueId output, std::vector<double>& sizes) const {
    const auto user = links_.only_user(output);
    if (!user || graph_.nodes[*user].op != "BatchNormalization") return;
    const Node& norm = graph_.nodes[*user];
    const auto factor = float_constant(graph_, norm.inputs[1]);
    const auto variance = float_constant(graph_, norm.inputs[4]);
    if (!factor || !variance || factor->size() != sizes.size() || variance->size() != sizes.size())
      return;
    const double epsilon = NodeView(norm, "").get_float("epsilon", 1e-5F);
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      sizes[c] *= std::abs(static_cast<double>(factor->data<float>()[c])) /
                  std::sqrt(variance->data<float>()[c] + epsilon);
    }
  }

  // Nothing where all stay.
  std::optional<std::vector<bool>> stays(ValueId id) const {
    const auto found = channels_.values().find(id);
    if (found == channels_.values().end()) return std::nullopt;
    std::vector<bool> flags;
    for (const ChannelId channel : found->second.ids)
      flags.push_back(!removed_.contains(channels_.root(channel)));
    if (std::ranges::count(flags, false) == 0) return std::nullopt;
    return flags;
  }

  void cut_input(Node& node, std::size_t input, std::size_t axis, const std::vector<bool>& flags) {
    if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return;
    const ValueId id = node.inputs[input];
    Tensor tensor = cut(*float_constant(graph_, id), axis, flags);
    if (links_.uses(id) > 1) {  // others keep it whole, or cut it in another way
      node.inputs[input] =
          Namer(graph_).add_constant(str(graph_.value(id).name, "_pruned"), std::move(tensor));
      return;
    }
    graph_.value(id).type = Type::tensor(tensor.dtype(), to_dims(tensor.shape()));
    graph_.initializers[id] = std::move(tensor);
  }

  void apply(const Tracked& tracked) {
    Node& node = graph_.nodes[tracked.node];
    const auto x = stays(node.inputs[0]);
    const auto y = stays(node.outputs[0]);
    switch (tracked.role) {
      case Role::kProducer:
        if (x) cut_input(node, 1, tracked.column_axis, *x);
        if (y) cut_input(node, 1, tracked.row_axis, *y);
        if (y) cut_input(node, 2, 0, *y);
        break;
      case Role::kDepthwise:
        if (!y) break;
        cut_input(node, 1, 0, *y);
        cut_input(node, 2, 0, *y);
        for (Attribute& attribute : node.attributes) {
          if (attribute.name == "group")
            attribute.value = static_cast<std::int64_t>(std::ranges::count(*y, true));
        }
        break;
      case Role::kNorm:
        for (std::size_t input = 1; input < 5 && y; ++input) cut_input(node, input, 0, *y);
        break;
      case Role::kConstant:
        if (y) cut_input(node, tracked.constant_input, tracked.constant_axis, *y);
        break;
      case Role::kReshape:
        if (y) reshape(node, std::ranges::count(*y, true));
        break;
      case Role::kKeeper:
        break;
    }
  }

  void reshape(Node& node, std::int64_t extent) {
    const Result<Tensor> direct = graph_.initializer(node.inputs[1])->direct();
    if (!direct.ok() || direct->dtype() != DType::kInt64) return;
    const auto shape = direct->data<std::int64_t>();
    if (shape[1] == -1) return;
    Namer namer(graph_);
    node.inputs[1] = namer.add_constant(str(graph_.value(node.inputs[1]).name, "_pruned"),
                                        Tensor::of(std::vector<std::int64_t>{shape[0], extent}));
  }

  Graph& graph_;
  const ChannelMap channels_;
  const Links links_;
  std::map<ChannelId, double> weights_;
  std::map<ChannelId, std::set<std::size_t>> makers_;
  std::set<ChannelId> removed_;
};

}  // namespace

Result<Pruning> prune(Model model, double ratio) {
  if (!(ratio > 0 && ratio < 1))
    return Error{Code::kUsage, str("a ratio of ", ratio,
                                   " prunes nothing or everything: give one between 0 and 1")};
  TRY(prepare(model));
  Pruning pruning;
  Pruner pruner(model.graph);
  pruning.layers = pruner.choose(ratio);
  pruning.fixed_channels = pruner.fixed();
  const bool is_any = std::ranges::any_of(
      pruning.layers, [](const PrunedLayers& layer) { return layer.removed > 0; });
  if (!is_any) {
    return Error{
        Code::kInvalid,
        "no channel can be removed: they lead to outputs or to nodes that cannot be cut, or "
        "the ratio is below one channel of every layer"};
  }
  pruner.apply();
  TRY(infer(model));
  TRY(finish(model));
  pruning.model = std::move(model);
  return pruning;
}

}  // namespace slipway::quantize
