#include <algorithm>

#include "ops/math/einsum_equation.h"
#include "ops/node_view.h"
#include "passes/expander.h"
#include "passes/list.h"

namespace slipway {
namespace {

using Labels = std::vector<Label>;

bool has(const Labels& labels, Label label) {
  return std::ranges::find(labels, label) != labels.end();
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// What two operands' labels are to a product of matrices.
struct Product {
  Labels left, right, result;  // as the equation has them
  Labels batch, rows, columns, inner;
  Shape extents;  // of each label

  std::int64_t extent(const Labels& labels) const {
    std::int64_t product = 1;
    for (const Label label : labels) product *= extents[label];
    return product;
  }
  Shape shape(const Labels& labels) const {
    Shape shape;
    for (const Label label : labels) shape.push_back(extents[label]);
    return shape;
  }
};

// None where it is no such product: other counts of operands, diagonals, sums over labels of one
// operand alone, dimensions that repeat.
std::optional<Product> product_of(const Graph& graph, const Node& node) {
  if (node.op != "Einsum" || !node.domain.empty() || node.inputs.size() != 2) return std::nullopt;
  std::vector<Shape> shapes;
  for (const ValueId input : node.inputs) {
    const Type& type = graph.value(input).type;
    const bool is_float = type.dtype == DType::kFloat32 || type.dtype == DType::kFloat64 ||
                          type.dtype == DType::kFloat16 || type.dtype == DType::kBfloat16;
    if (!type.is_tensor() || !is_float || !type.dims || !known_shape(*type.dims))
      return std::nullopt;
    shapes.push_back(*known_shape(*type.dims));
    if (std::ranges::count(shapes.back(), 0) != 0) return std::nullopt;
  }
  const NodeView view(node, "");
  const Result<EinsumEquation> equation =
      parse_equation(view, view.get_string("equation", ""), {shapes[0].size(), shapes[1].size()});
  if (!equation.ok()) return std::nullopt;
  Product p{equation->operands[0], equation->operands[1], equation->result, {}, {}, {}, {}, {}};
  p.extents.assign(equation->label_count, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    Labels seen;
    for (std::size_t d = 0; d < shapes[i].size(); ++d) {
      const Label label = equation->operands[i][d];
      if (has(seen, label) || (p.extents[label] != 0 && p.extents[label] != shapes[i][d]))
        return std::nullopt;
      seen.push_back(label);
      p.extents[label] = shapes[i][d];
    }
  }
  for (const Label label : p.left) {
    const bool is_kept = has(p.result, label);
    if (!has(p.right, label)) {
      if (!is_kept) return std::nullopt;
      p.rows.push_back(label);
    } else {
      (is_kept ? p.batch : p.inner).push_back(label);
    }
  }
  for (const Label label : p.right) {
    if (has(p.left, label)) continue;
    if (!has(p.result, label)) return std::nullopt;
    p.columns.push_back(label);
  }
  std::ranges::sort(p.inner);  // labels are numbered as they first appear
  return p;
}

class EinsumExpander : public Expander {
 public:
  using Expander::Expander;

  void expand(const Product& p) {
    const auto matrices = [&](const Labels& batch, std::int64_t rows, std::int64_t columns) {
      Shape shape = p.shape(batch);
      shape.push_back(rows);
      shape.push_back(columns);
      return shape;
    };
    const std::int64_t m = p.extent(p.rows);
    const std::int64_t n = p.extent(p.columns);
    const std::int64_t k = p.extent(p.inner);
    ValueId a = ordered(node_.inputs[0], p, p.left, joined({p.batch, p.rows, p.inner}));
    a = reshaped(a, matrices(p.batch, m, k));
    ValueId b = ordered(node_.inputs[1], p, p.right, joined({p.batch, p.inner, p.columns}));
    b = reshaped(b, matrices(p.batch, k, n));
    const ValueId product = add("MatMul", {a, b}, matrices(p.batch, m, n));
    const Labels labels = joined({p.batch, p.rows, p.columns});
    ordered(reshaped(product, p.shape(labels)), p, labels, p.result);
    finish();
  }

 private:
  ValueId ordered(ValueId id, const Product& p, const Labels& from, const Labels& to) {
    if (from == to) return id;
    std::vector<std::int64_t> perm;
    for (const Label label : to) perm.push_back(std::ranges::find(from, label) - from.begin());
    return add("Transpose", {id}, p.shape(to), Attribute("perm", std::move(perm)));
  }
};

}  // namespace

// An Einsum of two tensors as the products of matrices that it stands for.
Result<std::string> multiply_einsum(Model& model) {
  const std::size_t expanded = expand_nodes<EinsumExpander>(model.graph, product_of);
  return expanded == 0 ? "" : "wrote " + count_text(expanded, "Einsum") + " as products";
}

}  // namespace slipway
