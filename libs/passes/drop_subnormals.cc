#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

struct Weights {
  std::string_view op;
  std::size_t first, last;  // the inputs that are multiplied
};
constexpr Weights kWeights[] = {
    {"Conv", 1, 1}, {"ConvTranspose", 1, 1}, {"Gemm", 0, 1}, {"MatMul", 0, 1},
    {"LSTM", 1, 2}, {"GRU", 1, 2},           {"RNN", 1, 2},
};

bool is_subnormal(float x) {
  return x != 0 && std::abs(x) < std::numeric_limits<float>::min();  // false of NaN
}

// The constant with zeros in the place of subnormal numbers; none where it has none.
std::optional<Tensor> without_subnormals(const Graph& graph, ValueId id) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32) return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  if (!direct.ok() || std::ranges::none_of(direct->data<float>(), is_subnormal))
    return std::nullopt;
  Tensor dropped = *std::move(direct);
  for (float& x : dropped.mutable_data<float>()) {
    if (is_subnormal(x)) x = std::copysign(0.0F, x);
  }
  return dropped;
}

}  // namespace

// Channels that training switched off keep weights like 1e-40, on which some processors take a
// hundred times as long. Only weights of products: what they add to a sum is beyond its digits.
Result<std::string> drop_subnormals(Model& model) {
  Graph& graph = model.graph;
  std::map<ValueId, ValueId> dropped;  // by constant; itself where nothing changes
  std::size_t changed = 0;
  for (Node& node : graph.nodes) {
    const auto* const row = std::ranges::find(kWeights, node.op, &Weights::op);
    if (row == std::end(kWeights) || !node.domain.empty()) continue;
    for (std::size_t i = row->first; i <= row->last && i < node.inputs.size(); ++i) {
      ValueId& input = node.inputs[i];
      if (input == kNoValue) continue;
      const auto [found, is_new] = dropped.try_emplace(input, input);
      if (is_new) {
        if (auto tensor = without_subnormals(graph, input)) {
          found->second = graph.add_value(graph.value(input).name + "/normal",
                                          Type::tensor(DType::kFloat32, to_dims(tensor->shape())));
          graph.initializers[found->second] = *std::move(tensor);
          ++changed;
        }
      }
      input = found->second;
    }
  }
  return changed == 0 ? "" : "dropped subnormal numbers of " + count_text(changed, "constant");
}

}  // namespace slipway
