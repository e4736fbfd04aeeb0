#include "quantize/dynamic.h"

#include "base/str.h"
#include "passes/rewrite.h"
#include "quantize/insert.h"
#include "quantize/scaling.h"

namespace slipway::quantize {
namespace {

Tensor turned(const Tensor& matrix) {
  const auto rows = static_cast<std::size_t>(matrix.dim(0));
  const auto columns = static_cast<std::size_t>(matrix.dim(1));
  const auto from = matrix.data<float>();
  std::vector<float> to(from.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  }
  return Tensor::of({matrix.dim(1), matrix.dim(0)}, to);
}

// What a run finds of a value: its bytes, their scale and zero point.
struct Found {
  ValueId bytes = kNoValue, scale = kNoValue, zero = kNoValue;
};

class DynamicWriter {
 public:
  DynamicWriter(Graph& graph, const Options& options)
      : graph_(graph), options_(options), namer_(graph), insertions_(graph) {}

  void write(const Product& product) {
    const Node node = graph_.nodes[product.node].clone();
    name_ = node_name(graph_, product.node);
    place_ = product.node;
    version_ = node.version;
    const bool is_conv = node.op == "Conv";
    const Found x = found(node.inputs[0]);
    Tensor weights = *float_constant(graph_, product.weights);
    const bool is_turned = !is_conv && product.axis == 0;
    if (is_turned) weights = turned(weights);
    const std::size_t axis = is_turned ? 1 : product.axis;
    const IntegerWeights integers = quantize_weights(weights, axis, options_.is_per_tensor);
    const ValueId sums = is_conv ? convolution(node, x, integers) : matrix_product(x, integers);
    const std::optional<Dims> dims = graph_.value(node.outputs[0]).type.dims;
    const ValueId floats = add("Cast", {sums}, Type::tensor(DType::kFloat32, dims), "_cast",
                               Attribute("to", static_cast<std::int64_t>(DType::kFloat32)));
    const ValueId scale = add("Mul", {x.scale, scales(integers, is_conv, weights.rank())},
                              Type::tensor(DType::kFloat32), "_scales");
    const bool has_bias = product.bias != kNoValue && !product.bias_add;
    if (!has_bias) {
      add_to(node.outputs[0], "Mul", {floats, scale});
    } else {
      const ValueId product_value =
          add("Mul", {floats, scale}, Type::tensor(DType::kFloat32, dims), "_product");
      add_to(node.outputs[0], "Add", {product_value, bias(product, is_conv, weights.rank())});
    }
    insertions_.remove(product.node);
  }

  void finish() { insertions_.apply(graph_); }

 private:
  Node made(const std::string& op, std::vector<ValueId> inputs, const std::string& suffix) {
    Node node;
    node.op = op;
    node.name = str(name_, suffix);
    node.version = version_;
    node.inputs = std::move(inputs);
    return node;
  }

  ValueId add(const std::string& op, std::vector<ValueId> inputs, Type type,
              const std::string& suffix, std::optional<Attribute> attribute = std::nullopt) {
    Node node = made(op, std::move(inputs), suffix);
    if (attribute) node.attributes.push_back(*std::move(attribute));
    const ValueId id = namer_.add_value(node.name, std::move(type));
    node.outputs = {id};
    insertions_.add_before(place_, std::move(node));
    return id;
  }

  void add_to(ValueId output, const std::string& op, std::vector<ValueId> inputs) {
    Node node = made(op, std::move(inputs), "_result");
    node.outputs = {output};
    insertions_.add_before(place_, std::move(node));
  }

  // Quantised once, before the first that reads it.
  Found found(ValueId id) {
    const auto [known, is_new] = found_.try_emplace(id);
    if (!is_new) return known->second;
    const std::string name = graph_.value(id).name;
    known->second = {
        namer_.add_value(str(name, "_quantized"),
                         Type::tensor(DType::kUint8, graph_.value(id).type.dims)),
        namer_.add_value(str(name, "_scale"), Type::tensor(DType::kFloat32, Dims())),
        namer_.add_value(str(name, "_zero_point"), Type::tensor(DType::kUint8, Dims()))};
    Node node;
    node.op = "DynamicQuantizeLinear";
    node.name = str(name, "_QuantizeLinear");
    node.version = version_;
    node.inputs = {id};
    node.outputs = {known->second.bytes, known->second.scale, known->second.zero};
    insertions_.add_before(place_, std::move(node));
    return known->second;
  }

  ValueId matrix_product(const Found& x, const IntegerWeights& weights) {
    const ValueId w = namer_.add_constant(str(name_, "_weights_quantized"), weights.values);
    const ValueId zero =
        namer_.add_constant(str(name_, "_weights_zero_point"), Tensor::scalar(std::int8_t{0}));
    return add("MatMulInteger", {x.bytes, w, x.zero, zero}, Type::tensor(DType::kInt32), "_sums");
  }

  // ONNX Runtime's ConvInteger takes unsigned weights only: 128 more, and so is their zero point.
  ValueId convolution(const Node& conv, const Found& x, const IntegerWeights& weights) {
    std::vector<std::uint8_t> bytes;
    for (const std::int8_t q : weights.values.data<std::int8_t>())
      bytes.push_back(static_cast<std::uint8_t>(q + 128));
    const ValueId w = namer_.add_constant(str(name_, "_weights_quantized"),
                                          Tensor::of(weights.values.shape(), bytes));
    const ValueId zero =
        namer_.add_constant(str(name_, "_weights_zero_point"), Tensor::scalar(std::uint8_t{128}));
    Node node = conv.clone();
    node.op = "ConvInteger";
    node.name = str(name_, "_sums");
    node.inputs = {x.bytes, w, x.zero, zero};
    const ValueId id = namer_.add_value(node.name, Type::tensor(DType::kInt32));
    node.outputs = {id};
    insertions_.add_before(place_, std::move(node));
    return id;
  }

  // [C] for a product of matrices; [C,1,...] for a convolution, whose channels are followed by
  // axes.
  static Shape row_shape(std::size_t count, bool is_conv, std::size_t rank) {
    Shape shape = {static_cast<std::int64_t>(count)};
    if (is_conv) shape.insert(shape.end(), rank - 2, 1);
    return shape;
  }

  ValueId scales(const IntegerWeights& weights, bool is_conv, std::size_t rank) {
    const auto& s = weights.scales;
    return namer_.add_constant(
        str(name_, "_weights_scale"),
        s.size() == 1 ? Tensor::scalar(s[0]) : Tensor::of(row_shape(s.size(), is_conv, rank), s));
  }

  ValueId bias(const Product& product, bool is_conv, std::size_t rank) {
    const Tensor given = *float_constant(graph_, product.bias);
    const auto values = given.data<float>();
    return namer_.add_constant(str(graph_.value(product.bias).name, "_row"),
                               Tensor::of(row_shape(values.size(), is_conv, rank),
                                          std::vector<float>(values.begin(), values.end())));
  }

  Graph& graph_;
  const Options& options_;
  Namer namer_;
  Insertions insertions_;
  std::map<ValueId, Found> found_;
  std::string name_;
  std::size_t place_ = 0;
  int version_ = 0;
};

}  // namespace

Result<std::vector<std::string>> quantize_dynamically(Model& model, const Placement& placement,
                                                      const Options& options) {
  const std::size_t layers = placement.recurrent.size();
  std::vector<std::string> notes = {
      str("dynamic: ",
          count_text(placement.products.size() + placement.weights_alone.size(), "product"),
          " of bytes whose range each run finds")};
  if (layers != 0)
    notes.push_back(str("weights alone: of ", count_text(layers, "recurrent layer")));
  DynamicWriter writer(model.graph, options);
  for (const Product& product : placement.products) writer.write(product);
  for (const Product& product : placement.weights_alone) writer.write(product);
  writer.finish();
  Placement recurrent;  // in their places of now
  recurrent.recurrent = place(model.graph, options).recurrent;
  quantize_weights_alone(model.graph, recurrent, options);
  return notes;
}

}  // namespace slipway::quantize
