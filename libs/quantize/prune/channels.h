// Which channels of a graph's values belong together: they can only be removed together.
//
// A channel is born where a Conv, Gemm or MatMul with constant weights makes it. From there it goes
// through whatever keeps channels apart (activations, pools, BatchNormalization, depthwise Conv);
// an Add joins channels of two values one by one, Concat strings them together, Flatten repeats
// each for every position. What leads to an output of the graph, or to a node that is not known
// here, is fixed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace slipway::quantize {

using ChannelId = std::uint32_t;

// The channels along one axis of a value.
struct Channels {
  std::size_t axis = 1;
  std::vector<ChannelId> ids;
};

// How a node is cut when channels go.
enum class Role : std::uint8_t {
  kProducer,   // makes channels of its output; cuts rows of its weights, and columns if tracked
  kDepthwise,  // keeps those of its input; cuts weights and its number of groups
  kNorm,       // BatchNormalization: cuts its parameters
  kConstant,   // binary with a constant for each channel: cuts it
  kReshape,    // flattens to a constant shape, which changes
  kKeeper,     // nothing of its own to cut
};

struct Tracked {
  std::size_t node = 0;
  Role role = Role::kKeeper;
  std::size_t row_axis = 0;  // of a producer's weights
  std::size_t column_axis = 1;
  std::size_t constant_input = 0;  // of kConstant
  std::size_t constant_axis = 0;
};

class ChannelMap {
 public:
  // Types are inferred.
  explicit ChannelMap(const Graph& graph);

  const std::map<ValueId, Channels>& values() const { return values_; }
  const std::vector<Tracked>& nodes() const { return nodes_; }
  ChannelId root(ChannelId id) const;
  bool is_fixed(ChannelId id) const { return is_fixed_[root(id)]; }
  std::size_t size() const { return parents_.size(); }

 private:
  const Channels* find(ValueId id) const;
  ChannelId add();
  void join(ChannelId a, ChannelId b);
  void fix(ValueId id);
  void give(ValueId id, Channels channels);
  void take(std::size_t i);
  bool take_producer(std::size_t i);
  bool take_depthwise(std::size_t i);
  bool take_binary(std::size_t i);
  bool take_flatten(std::size_t i);
  bool take_concat(std::size_t i);
  bool take_keeper(std::size_t i);
  bool is_own_constant(ValueId id) const;

  const Graph& graph_;
  std::vector<std::size_t> uses_;
  std::map<ValueId, Channels> values_;
  std::vector<Tracked> nodes_;
  mutable std::vector<ChannelId> parents_;
  std::vector<bool> is_fixed_;
};

}  // namespace slipway::quantize
