#include <cmath>
#include <limits>

#include "base/str.h"
#include "ops/node_view.h"
#include "passes/list.h"
#include "passes/quantized_graph.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

// Signed bytes less nothing, with a scale for all or one for each output channel.
struct Weights {
  ScaledConstant constant;
  std::vector<std::int8_t> values;
  std::size_t channels = 0;

  double scale(std::size_t channel) const {
    return constant.scales[constant.scales.size() == 1 ? 0 : channel];
  }
};

std::optional<Weights> weights_of(const QuantizedGraph& graph, ValueId id, std::size_t axis) {
  auto constant = graph.constant_of(id);
  if (!constant || axis >= constant->shape.size() || constant->values.empty()) return std::nullopt;
  if (constant->scales.size() != 1 && constant->axis != axis) return std::nullopt;
  Weights weights;
  for (const std::int32_t value : constant->values) {
    if (value < -128 || value > 127) return std::nullopt;
    weights.values.push_back(static_cast<std::int8_t>(value));
  }
  weights.channels = static_cast<std::size_t>(constant->shape[axis]);
  weights.constant = *std::move(constant);
  return weights;
}

// In units of what a sum of products counts: x_scale times the channel's scale.
std::optional<std::vector<std::int32_t>> bias_of(const QuantizedGraph& graph, ValueId id,
                                                 double x_scale, const Weights& weights) {
  const auto numbers = graph.numbers_of(id);
  if (!numbers || numbers->size() != weights.channels) return std::nullopt;
  std::vector<std::int32_t> bias;
  for (std::size_t c = 0; c < weights.channels; ++c) {
    const double units = std::nearbyint((*numbers)[c] / (x_scale * weights.scale(c)));
    if (!(std::abs(units) < 0x1p30)) return std::nullopt;
    bias.push_back(static_cast<std::int32_t>(units));
  }
  return bias;
}

Tensor scales_tensor(const Weights& weights) {
  return weights.constant.scales.size() == 1 ? Tensor::scalar(weights.constant.scales[0])
                                             : Tensor::of(weights.constant.scales);
}

class IntegerForms {
 public:
  explicit IntegerForms(Graph& graph) : graph_(graph) {}

  std::string run() {
    std::size_t convolutions = 0;
    std::size_t products = 0;
    for (std::size_t i = 0; i < graph_.size(); ++i) {
      const Node& node = graph_.node(i);
      if (!node.domain.empty() || node.version < 10) continue;
      if (node.op == "Conv" && replace_convolution(i)) ++convolutions;
      if ((node.op == "Gemm" || node.op == "MatMul") && replace_product(i)) ++products;
    }
    graph_.apply();
    std::string text;
    if (convolutions != 0) text = count_text(convolutions, "convolution");
    if (products != 0) text += str(text.empty() ? "" : ", ", count_text(products, "product"));
    return text.empty() ? text : text + " in integers, whose sums are exact and rounded once";
  }

 private:
  std::string name_of(ValueId id) const { return graph_.graph().value(id).name; }

  bool replace_convolution(std::size_t i) {
    const Node& conv = graph_.node(i);
    const auto weights = weights_of(graph_, conv.inputs[1], 0);
    if (!weights || weights->constant.shape.size() < 3) return false;
    const auto x = graph_.source_of(conv.inputs[0]);
    const auto goal = x ? graph_.goal_of(conv.outputs[0]) : std::nullopt;
    if (!goal) return false;
    ValueId bias = kNoValue;
    if (conv.inputs.size() > 2 && conv.inputs[2] != kNoValue) {
      const auto units = bias_of(graph_, conv.inputs[2], x->scaling.scale, *weights);
      if (!units) return false;
      bias = graph_.add_constant(str(name_of(conv.inputs[2]), " in units of sums"),
                                 Tensor::of(*units));
    }
    const std::string w = name_of(conv.inputs[1]);
    const Tensor scales = scales_tensor(*weights);
    Node form = conv.clone();
    form.op = "QLinearConv";
    form.inputs = {
        x->bytes,
        x->scale,
        x->zero,
        graph_.add_constant(str(w, " bytes"), Tensor::of(weights->constant.shape, weights->values)),
        graph_.add_constant(str(w, " scale"), scales),
        graph_.add_constant(str(w, " zero"),
                            Tensor::of(scales.shape(), std::vector<std::int8_t>(scales.size()))),
        goal->scale,
        goal->zero};
    if (bias != kNoValue) form.inputs.push_back(bias);
    std::vector<std::size_t> old = {i};
    old.insert(old.end(), goal->nodes.begin(), goal->nodes.end());
    std::vector<Node> nodes;
    nodes.push_back(std::move(form));
    graph_.finish(*goal, conv.version, nodes);
    graph_.replace(old, std::move(nodes));
    return true;
  }

  // A product with constant weights, and the bias that belongs to it.
  struct Product {
    std::vector<std::size_t> nodes;
    ValueId bias = kNoValue;
    ValueId result = kNoValue;
    bool is_transposed = false;
  };

  std::optional<Product> product_of(std::size_t i) const {
    const Node& node = graph_.node(i);
    Product product{{i}, kNoValue, node.outputs[0], false};
    if (node.op == "Gemm") {
      const NodeView view(node, "");
      if (view.get_float("alpha", 1.0F) != 1.0F || view.get_float("beta", 1.0F) != 1.0F ||
          view.get_flag("transA", false)) {
        return std::nullopt;
      }
      product.is_transposed = view.get_flag("transB", false);
      if (node.inputs.size() > 2) product.bias = node.inputs[2];
      return product;
    }
    const auto user = graph_.only_user(product.result);
    if (!user || graph_.node(*user).op != "Add" || !graph_.node(*user).domain.empty())
      return product;
    const std::vector<ValueId>& terms = graph_.node(*user).inputs;
    const ValueId other = terms[0] == product.result ? terms[1] : terms[0];
    if (graph_.numbers_of(other)) {
      product.bias = other;
      product.nodes.push_back(*user);
      product.result = graph_.node(*user).outputs[0];
    }
    return product;
  }

  // [N], or that many with axes of one element before them.
  bool is_row(ValueId id, std::size_t columns) const {
    const auto shape = graph_.type(id).dims ? known_shape(*graph_.type(id).dims) : std::nullopt;
    return shape && !shape->empty() && static_cast<std::size_t>(shape->back()) == columns;
  }

  ValueId matrix(const Weights& weights, bool is_transposed, const std::string& name) {
    const auto rows = static_cast<std::size_t>(weights.constant.shape[0]);
    const auto columns = static_cast<std::size_t>(weights.constant.shape[1]);
    if (!is_transposed)
      return graph_.add_constant(name, Tensor::of(weights.constant.shape, weights.values));
    std::vector<std::int8_t> turned(weights.values.size());
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < columns; ++c)
        turned[c * rows + r] = weights.values[r * columns + c];
    }
    const Shape shape = {weights.constant.shape[1], weights.constant.shape[0]};
    return graph_.add_constant(name, Tensor::of(shape, turned));
  }

  // As QLinearMatMul with a bias, which ONNX lacks: the sum of products and the bias, as float,
  // times (a_scale * b_scale) / y_scale, rounded by a QuantizeLinear of scale 1.
  bool replace_product(std::size_t i) {
    const auto product = product_of(i);
    if (!product) return false;
    const Node& node = graph_.node(i);
    const auto weights = weights_of(graph_, node.inputs[1], product->is_transposed ? 0 : 1);
    if (!weights || weights->constant.shape.size() != 2) return false;
    const auto a = graph_.source_of(node.inputs[0]);
    if (!a || !graph_.type(a->bytes).dims || graph_.type(a->bytes).dims->size() < 2) return false;
    const auto goal = graph_.goal_of(product->result);
    if (!goal) {
      graph_.replace({i}, float_product_nodes(node, *a, *weights, product->is_transposed));
      return true;
    }
    std::optional<std::vector<std::int32_t>> bias;
    if (product->bias != kNoValue) {
      bias = bias_of(graph_, product->bias, a->scaling.scale, *weights);
      const auto& rank = graph_.type(product->bias).dims;
      if (!bias || !is_row(product->bias, weights->channels) ||
          rank->size() > graph_.type(a->bytes).dims->size()) {
        return false;
      }
    }
    std::vector<std::size_t> old = product->nodes;
    old.insert(old.end(), goal->nodes.begin(), goal->nodes.end());
    graph_.replace(old, product_nodes(node, *a, *goal, *weights, product->is_transposed, bias));
    return true;
  }

  // The sum of products as float, times a_scale * b_scale; what is added to it stays as it is.
  std::vector<Node> float_product_nodes(const Node& from, const QuantizedSource& a,
                                        const Weights& weights, bool is_transposed) {
    const ValueId output = from.outputs[0];
    const std::string name = name_of(output);
    const std::optional<Dims> dims = graph_.type(output).dims;
    std::vector<Node> nodes;
    const auto add = [&](const char* op, std::vector<ValueId> inputs, const char* what,
                         DType dtype) {
      Node node;
      node.name = from.name.empty() ? name : from.name;
      node.op = op;
      node.version = from.version;
      node.inputs = std::move(inputs);
      node.outputs = {graph_.add_value(str(name, what), Type::tensor(dtype, dims))};
      nodes.push_back(std::move(node));
      return nodes.back().outputs[0];
    };
    const ValueId sum = add(
        "MatMulInteger",
        {a.bytes, matrix(weights, is_transposed, str(name_of(from.inputs[1]), " bytes")), a.zero},
        " sums", DType::kInt32);
    const ValueId wide = add("Cast", {sum}, " as float", DType::kFloat32);
    nodes.back().attributes.emplace_back("to", static_cast<std::int64_t>(DType::kFloat32));
    std::vector<float> factors = weights.constant.scales;
    for (float& factor : factors) factor = a.scaling.scale * factor;
    ValueId result =
        add("Mul", {wide, graph_.add_constant(str(name, " factor"), Tensor::of(factors))},
            " scaled", DType::kFloat32);
    if (from.op == "Gemm" && from.inputs.size() > 2 && from.inputs[2] != kNoValue)
      result = add("Add", {result, from.inputs[2]}, " with bias", DType::kFloat32);
    nodes.back().outputs = {output};
    return nodes;
  }

  std::vector<Node> product_nodes(const Node& from, const QuantizedSource& a,
                                  const QuantizedGoal& goal, const Weights& weights,
                                  bool is_transposed,
                                  const std::optional<std::vector<std::int32_t>>& bias) {
    const std::string name = name_of(goal.bytes);
    const std::optional<Dims> dims = graph_.type(goal.bytes).dims;
    std::vector<Node> nodes;
    const auto add = [&](const char* op, std::vector<ValueId> inputs) -> Node& {
      Node node;
      node.name = from.name.empty() ? name : from.name;
      node.op = op;
      node.version = from.version;
      node.inputs = std::move(inputs);
      nodes.push_back(std::move(node));
      return nodes.back();
    };
    const auto gives = [&](const char* what, DType dtype) {
      const ValueId id = graph_.add_value(str(name, what), Type::tensor(dtype, dims));
      nodes.back().outputs = {id};
      return id;
    };
    add("MatMulInteger",
        {a.bytes, matrix(weights, is_transposed, str(name_of(from.inputs[1]), " bytes")), a.zero});
    ValueId sum = gives(" sums", DType::kInt32);
    if (bias) {
      add("Add", {sum, graph_.add_constant(str(name, " bias"), Tensor::of(*bias))});
      sum = gives(" sums with bias", DType::kInt32);
    }
    add("Cast", {sum}).attributes.emplace_back("to", static_cast<std::int64_t>(DType::kFloat32));
    const ValueId wide = gives(" as float", DType::kFloat32);
    std::vector<float> factors = weights.constant.scales;
    for (float& factor : factors) factor = a.scaling.scale * factor / goal.scaling.scale;
    add("Mul", {wide, graph_.add_constant(str(name, " factor"), Tensor::of(factors))});
    const ValueId scaled = gives(" in units of bytes", DType::kFloat32);
    add("QuantizeLinear",
        {scaled, graph_.add_constant(str(name, " one"), Tensor::scalar(1.0F)), goal.zero});
    graph_.finish(goal, from.version, nodes);
    return nodes;
  }

  QuantizedGraph graph_;
};

}  // namespace

// Convolutions and products of dequantised bytes whose results are quantised become those of
// integers: QLinearConv, and MatMulInteger with what a QLinearMatMul does of its sums.
Result<std::string> use_integers(Model& model) { return IntegerForms(model.graph).run(); }

}  // namespace slipway
