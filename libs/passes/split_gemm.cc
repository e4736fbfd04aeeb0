#include "base/str.h"
#include "ops/node_view.h"
#include "passes/expander.h"
#include "passes/list.h"

namespace slipway {
namespace {

struct Factors {
  Shape shape;  // of the product
  float alpha = 1;
  float beta = 1;
  ValueId added = kNoValue;
};

// A constant with an element for each column, or for all.
bool is_bias(const Graph& graph, ValueId id, const Shape& shape) {
  const Tensor* const tensor = constant_of(graph, id);
  return tensor != nullptr && tensor->rank() != 0 && tensor->shape().back() == shape[1] &&
         static_cast<std::int64_t>(tensor->size()) == shape[1];
}

// A product of floats with a constant that does more than add a bias. Halves are rounded once.
std::optional<Factors> factors_of(const Graph& graph, const Node& node) {
  if (node.op != "Gemm" || !node.domain.empty() || node.version < 11) return std::nullopt;
  const auto shape = shape_of(graph, node.outputs[0]);
  const NodeView view(node, "");
  if (!shape || graph.value(node.inputs[0]).type.dtype != DType::kFloat32 ||
      constant_of(graph, node.inputs[1]) == nullptr || view.get_flag("transA", false)) {
    return std::nullopt;
  }
  Factors factors{*shape, view.get_float("alpha", 1.0F), view.get_float("beta", 1.0F), kNoValue};
  const bool has_third = node.inputs.size() > 2 && node.inputs[2] != kNoValue;
  if (has_third && factors.beta != 0) factors.added = node.inputs[2];
  const bool adds_bias = !has_third || (factors.beta == 1 && is_bias(graph, factors.added, *shape));
  if (factors.alpha == 1 && adds_bias) return std::nullopt;
  if (factors.added != kNoValue && !shape_of(graph, factors.added)) return std::nullopt;
  return factors;
}

class GemmExpander : public Expander {
 public:
  using Expander::Expander;

  void expand(const Factors& factors) {
    std::optional<Attribute> turned;
    if (NodeView(node_, "").get_flag("transB", false)) turned.emplace("transB", std::int64_t{1});
    ValueId y = add("Gemm", {node_.inputs[0], node_.inputs[1]}, factors.shape, std::move(turned));
    if (factors.alpha != 1) y = add("Mul", {y, number(factors.alpha)}, factors.shape);
    if (factors.added != kNoValue) {
      ValueId term = factors.added;
      if (factors.beta != 1)
        term = add("Mul", {term, number(factors.beta)}, *shape_of(graph_, term));
      add("Add", {y, term}, factors.shape);
    }
    finish();
  }

 private:
  ValueId number(float value) {
    const ValueId id =
        graph_.add_value(str(graph_.value(node_.outputs[0]).name, " factor ", graph_.values.size()),
                         Type::tensor(DType::kFloat32, Dims{Dim(1)}));
    graph_.initializers[id] = Tensor::of(std::vector<float>{value});
    return id;
  }
};

}  // namespace

Result<std::string> split_gemm(Model& model) {
  const std::size_t expanded = expand_nodes<GemmExpander>(model.graph, factors_of);
  return expanded == 0 ? "" : str("took ", expanded, " products apart");
}

}  // namespace slipway
