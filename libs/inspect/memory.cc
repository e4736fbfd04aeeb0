#include "inspect/memory.h"

#include <algorithm>
#include <limits>

#include "ops/cost_context.h"

namespace slipway {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kNever = static_cast<std::size_t>(-1);

// For each value of the graph, the last node that reads it: kNever when none does, nodes.size() for
// outputs.
std::vector<std::size_t> last_uses(const Graph& graph) {
  std::vector<std::size_t> last(graph.values.size(), kNever);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId input : graph.nodes[i].inputs) {
      if (input != kNoValue) last[index(input)] = i;
    }
    for_each_subgraph(graph.nodes[i], [&](const Graph& body) {
      for (const Capture& capture : body.captures) last[index(capture.outer)] = i;
    });
  }
  for (const ValueId output : graph.outputs) last[index(output)] = graph.nodes.size();
  return last;
}

std::int64_t largest_body(const Node& node) {
  std::int64_t most = 0;
  for_each_subgraph(
      node, [&](const Graph& body) { most = std::max(most, peak_activations(body).bytes); });
  return most;
}

}  // namespace

std::int64_t saturating_add(std::int64_t a, std::int64_t b) {
  return a > kMost - b ? kMost : a + b;
}

std::int64_t bytes_of(const Type& type) {
  if (!type.is_tensor()) return 0;
  Shape shape;
  for (const Dim& dim : type.dims.value_or(Dims{}))
    shape.push_back(dim.is_known() ? dim.extent() : 1);
  const std::int64_t count = saturating_count(shape);
  const auto width = static_cast<std::int64_t>(element_bytes(type.dtype));
  return width > 0 && count > kMost / width ? kMost : count * width;
}

Peak peak_activations(const Graph& graph) {
  const std::vector<std::size_t> last = last_uses(graph);
  // The values that die after node i; what is never read dies where it is made.
  std::vector<std::vector<ValueId>> dying(graph.nodes.size());
  const auto bytes = [&](ValueId id) { return bytes_of(graph.value(id).type); };

  std::int64_t live = 0;
  const auto start_life = [&](ValueId id, std::size_t made_at) {
    live = saturating_add(live, bytes(id));
    const std::size_t end = last[index(id)] == kNever ? made_at : last[index(id)];
    if (end < dying.size()) dying[end].push_back(id);
  };
  for (const ValueId input : graph.inputs) {
    if (graph.initializer(input) == nullptr) start_life(input, 0);
  }
  Peak peak{live, 0};
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const bool is_weight = graph.nodes[i].op == "Constant" && graph.nodes[i].domain.empty();
    for (const ValueId output : graph.nodes[i].outputs) {
      if (output != kNoValue && !is_weight) start_life(output, i);
    }
    const std::int64_t now = saturating_add(live, largest_body(graph.nodes[i]));
    if (now > peak.bytes) peak = {now, i};
    if (live == kMost) continue;  // saturated: nothing can be taken away again
    for (const ValueId id : dying[i]) live -= bytes(id);
  }
  return peak;
}

}  // namespace slipway
