#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/str.h"
#include "ops/nn/recurrent_scales.h"
#include "passes/list.h"
#include "passes/rewrite.h"
#include "passes/scaled.h"

namespace slipway {
namespace {

// W or R as the reference takes them: whole numbers in float, and a scale for each row.
struct Whole {
  Tensor numbers;
  std::vector<float> scales;
};

bool is_recurrent(const Node& node) {
  return node.domain.empty() && (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN") &&
         node.inputs.size() >= 3;
}

// Of [directions, rows, depth] with one scale for all or for each row, which both directions share
// in a DequantizeLinear.
std::optional<Whole> whole_numbers(const ScaledConstant& from) {
  constexpr std::int32_t kLargest = 127;
  constexpr std::size_t kRows = 1;
  if (from.shape.size() != 3 || (from.scales.size() > 1 && from.axis != kRows)) return std::nullopt;
  if (std::ranges::any_of(from.values, [](std::int32_t q) { return std::abs(q) > kLargest; }))
    return std::nullopt;
  const auto directions = static_cast<std::size_t>(from.shape[0]);
  const auto rows = static_cast<std::size_t>(from.shape[kRows]);
  Whole whole;
  for (std::size_t row = 0; row < directions * rows; ++row)
    whole.scales.push_back(from.scales[from.scales.size() == 1 ? 0 : row % rows]);
  whole.numbers =
      Tensor::of(from.shape, std::vector<float>(from.values.begin(), from.values.end()));
  return whole;
}

class Keeper {
 public:
  explicit Keeper(Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes) {
      for (const ValueId output : node.outputs)
        if (output != kNoValue) maker_[output] = &node;
    }
  }

  std::size_t run() {
    std::size_t kept = 0;
    for (Node& node : graph_.nodes) {
      if (!is_recurrent(node)) continue;
      const std::array<std::optional<Whole>, 2> whole = {whole_of(node.inputs[1]),
                                                         whole_of(node.inputs[2])};
      if (!whole[0] || !whole[1]) continue;
      for (std::size_t i = 0; i < 2; ++i) {
        const ValueId old = node.inputs[1 + i];
        const ValueId id =
            graph_.add_value(str(graph_.value(old).name, " whole"), Type(graph_.value(old).type));
        graph_.initializers[id] = whole[i]->numbers;
        node.inputs[1 + i] = id;
        node.attributes.emplace_back(std::string(i == 0 ? kInputScale : kStateScale),
                                     whole[i]->scales);
      }
      ++kept;
    }
    return kept;
  }

 private:
  std::optional<Whole> whole_of(ValueId id) const {
    const auto maker = maker_.find(id);
    if (maker == maker_.end() || maker->second->op != "DequantizeLinear") return std::nullopt;
    const std::optional<ScaledConstant> constant = scaled_constant(graph_, *maker->second);
    if (!constant || graph_.value(id).type.dtype != DType::kFloat32) return std::nullopt;
    return whole_numbers(*constant);
  }

  Graph& graph_;
  std::map<ValueId, const Node*> maker_;
};

}  // namespace

Result<std::string> keep_recurrent_bytes(Model& model) {
  const std::size_t kept = Keeper(model.graph).run();
  if (kept == 0) return std::string();
  return str("weights of ", count_text(kept, "recurrent layer"), " stay bytes");
}

}  // namespace slipway
