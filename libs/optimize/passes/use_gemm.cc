#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

// Of shape [n], [1], [1,n] or [m,n], so that it broadcasts to [m,n] one way.
bool is_bias(const Graph& graph, ValueId id, const Dims& product) {
  const Type& type = graph.value(id).type;
  if (!type.is_tensor() || !type.dims || type.dims->size() > 2) return false;
  for (std::size_t k = 0; k < type.dims->size(); ++k) {
    const Dim& own = (*type.dims)[type.dims->size() - 1 - k];
    const bool fits = own == Dim(1) || own == product[1 - k];
    if (!fits) return false;
  }
  return true;
}

bool is_matrix(const Graph& graph, ValueId id) { return rank_of(graph, id) == 2U; }

}  // namespace

// A product of two matrices and a sum: one Gemm.
Result<std::string> use_gemm(Model& model) {
  const std::size_t made = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& add = rewriter.node(i);
      if (!is(add, "Add") || add.version < 7) continue;
      for (std::size_t k = 0; k < 2; ++k) {
        const Node* const product = rewriter.maker(add.inputs[k], "MatMul");
        if (product == nullptr) continue;
        const ValueId bias = add.inputs[1 - k];
        const Type& type = graph.value(add.inputs[k]).type;
        if (type.dtype != DType::kFloat32 || !is_matrix(graph, product->inputs[0]) ||
            !is_matrix(graph, product->inputs[1]) || !type.dims || type.dims->size() != 2 ||
            constant_of(graph, bias) == nullptr || !is_bias(graph, bias, *type.dims)) {
          continue;
        }
        rewriter.replace(i, "Gemm", {product->inputs[0], product->inputs[1], bias});
        break;
      }
    }
  });
  return note(made, "made", "Gemm", "of products and sums");
}

// A Transpose of a matrix before a Gemm is the Gemm's own.
Result<std::string> fold_gemm_transposes(Model& model) {
  const std::size_t folded = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      Node& gemm = rewriter.node(i);
      if (!is(gemm, "Gemm") || gemm.version < 7) continue;
      for (std::size_t k = 0; k < 2; ++k) {
        const Node* const turned = rewriter.maker(gemm.inputs[k], "Transpose");
        if (turned == nullptr || rank_of(rewriter.graph(), gemm.inputs[k]) != 2U) continue;
        const Ints* const perm = NodeView(*turned, "").get_ints("perm");
        if (perm != nullptr && *perm != Ints{1, 0}) continue;
        const std::string name = k == 0 ? "transA" : "transB";
        const bool was = NodeView(gemm, "").get_flag(name, false);
        std::erase_if(gemm.attributes, [&](const Attribute& a) { return a.name == name; });
        gemm.attributes.emplace_back(name, static_cast<std::int64_t>(was ? 0 : 1));
        gemm.inputs[k] = turned->inputs[0];
        rewriter.changed();
      }
    }
  });
  return note(folded, "moved", "Transpose", "into the Gemm after it");
}

}  // namespace slipway::optimize
