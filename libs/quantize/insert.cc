#include "quantize/insert.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/str.h"
#include "passes/quantized_graph.h"
#include "passes/rewrite.h"

namespace slipway::quantize {
namespace {

int version_of(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.domain.empty()) return node.version;
  }
  return 0;
}

Node make_node(std::string op, std::string name, int version, std::vector<ValueId> inputs,
               ValueId output) {
  Node node;
  node.op = std::move(op);
  node.name = std::move(name);
  node.version = version;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  return node;
}

Tensor scales_tensor(const std::vector<float>& scales) {
  return scales.size() == 1 ? Tensor::scalar(scales[0]) : Tensor::of(scales);
}

// Of one graph: constants and nodes that are added to it.
class Writer {
 public:
  Writer(Graph& graph, const Options& options)
      : graph_(graph),
        options_(options),
        namer_(graph),
        insertions_(graph),
        version_(version_of(graph)) {}

  Graph& graph() { return graph_; }
  Namer& namer() { return namer_; }
  Insertions& insertions() { return insertions_; }

  std::string name_of(ValueId id) const { return graph_.value(id).name; }

  // What stands for the constant from now on, dequantised before the node.
  ValueId dequantized_weights(ValueId id, std::size_t axis, std::size_t node,
                              const IntegerWeights& weights) {
    const auto known = weights_.find({id, axis});
    if (known != weights_.end() && known->second.scales == weights.scales)
      return known->second.value;
    const std::string name = name_of(id);
    const ValueId output = dequantize(
        node, name, namer_.add_constant(str(name, "_quantized"), weights.values),
        namer_.add_constant(str(name, "_scale"), scales_tensor(weights.scales)),
        namer_.add_constant(str(name, "_zero_point"), zeros(weights.scales.size(), DType::kInt8)),
        Type::tensor(DType::kFloat32, graph_.value(id).type.dims),
        weights.scales.size() == 1 ? -1 : static_cast<std::int64_t>(axis));
    weights_[{id, axis}] = {weights.scales, output};
    return output;
  }

  // int32 in units of what a sum of products counts.
  ValueId dequantized_bias(ValueId id, std::size_t node, const Tensor& bias, float x_scale,
                           const std::vector<float>& w_scales) {
    const auto values = bias.data<float>();
    std::vector<std::int32_t> integers;
    std::vector<float> scales;
    for (const float w_scale : w_scales) scales.push_back(x_scale * w_scale);
    for (std::size_t c = 0; c < values.size(); ++c) {
      const double units =
          std::nearbyint(static_cast<double>(values[c]) / scales[scales.size() == 1 ? 0 : c]);
      integers.push_back(static_cast<std::int32_t>(std::clamp(units, -0x1p30, 0x1p30)));
    }
    const std::string name = id == kNoValue ? str(node_name(graph_, node), "_bias") : name_of(id);
    return dequantize(
        node, name,
        namer_.add_constant(str(name, "_quantized"), Tensor::of(bias.shape(), integers)),
        namer_.add_constant(str(name, "_scale"), scales_tensor(scales)),
        namer_.add_constant(str(name, "_zero_point"), zeros(scales.size(), DType::kInt32)),
        Type::tensor(DType::kFloat32, to_dims(bias.shape())), scales.size() == 1 ? -1 : 0);
  }

  // Q and DQ of `from`, before the node at `place`; DQ gives `to`, or a new value.
  ValueId quantize(ValueId from, ValueId to, const std::string& name, const Scale& scale,
                   std::size_t place) {
    const DType dtype = activation_type(options_);
    const auto [known, is_new] =
        activation_scales_.try_emplace({scale.scale, scale.zero}, kNoValue, kNoValue);
    if (is_new) {
      known->second = {
          namer_.add_constant(str(name, "_scale"), Tensor::scalar(scale.scale)),
          namer_.add_constant(str(name, "_zero_point"), byte_scalar(dtype, scale.zero))};
    }
    const auto [scale_id, zero_id] = known->second;
    const std::optional<Dims> dims = graph_.value(from).type.dims;
    const ValueId bytes = namer_.add_value(str(name, "_quantized"), Type::tensor(dtype, dims));
    if (to == kNoValue)
      to = namer_.add_value(str(name, "_dequantized"), Type::tensor(DType::kFloat32, dims));
    insertions_.add_before(place, make_node("QuantizeLinear", str(name, "_QuantizeLinear"),
                                            version_, {from, scale_id, zero_id}, bytes));
    insertions_.add_before(place, make_node("DequantizeLinear", str(name, "_DequantizeLinear"),
                                            version_, {bytes, scale_id, zero_id}, to));
    return to;
  }

  void finish() { insertions_.apply(graph_); }

 private:
  struct Known {
    std::vector<float> scales;
    ValueId value = kNoValue;
  };

  static Tensor zeros(std::size_t count, DType dtype) {
    return Tensor::create(dtype, count == 1 ? Shape{} : Shape{static_cast<std::int64_t>(count)})
        .value();
  }

  ValueId dequantize(std::size_t place, const std::string& name, ValueId values, ValueId scale,
                     ValueId zero, Type type, std::int64_t axis) {
    const ValueId output = namer_.add_value(str(name, "_dequantized"), std::move(type));
    Node node = make_node("DequantizeLinear", str(name, "_DequantizeLinear"), version_,
                          {values, scale, zero}, output);
    if (axis >= 0) node.attributes.emplace_back("axis", axis);
    insertions_.add_before(place, std::move(node));
    return output;
  }

  Graph& graph_;
  const Options& options_;
  Namer namer_;
  Insertions insertions_;
  int version_;
  std::map<std::pair<ValueId, std::size_t>, Known> weights_;
  std::map<std::pair<float, std::int32_t>, std::pair<ValueId, ValueId>> activation_scales_;
};

Result<Range> range_of(const Graph& graph, ValueId id, const Learned& learned) {
  const auto found = learned.ranges.find(graph.value(id).name);
  if (found != learned.ranges.end()) return found->second;
  return Error{Code::kInvalid,
               str("nothing is known of the range of value ", graph.value(id).name,
                   ": calibrate with samples; a cache must be of the same model and options")};
}

// Bias plus what correction adds, or none where there is neither.
std::optional<Tensor> corrected_bias(const Graph& graph, const Product& product,
                                     const Learned& learned) {
  std::optional<Tensor> bias;
  if (product.bias != kNoValue) bias = float_constant(graph, product.bias);
  const auto shift = learned.shifts.find(node_name(graph, product.node));
  if (shift == learned.shifts.end()) return bias;
  if (!bias) {
    if (graph.nodes[product.node].op == "MatMul") return std::nullopt;  // it has no place for one
    bias = Tensor::of(std::vector<float>(shift->second.size()));
  }
  const auto values = bias->mutable_data<float>();
  if (values.size() == shift->second.size()) {
    for (std::size_t c = 0; c < values.size(); ++c) values[c] += shift->second[c];
  }
  return bias;
}

// A scale so large that the bias fits int32 with room for the sums.
std::vector<float> least_scales(const std::optional<Tensor>& bias, float x_scale) {
  std::vector<float> least;
  if (!bias) return least;
  for (const float b : bias->data<float>()) least.push_back(std::abs(b) / x_scale * 0x1p-29F);
  return least;
}

void write_product(Writer& writer, const Product& product, const Scale& x, const Learned& learned,
                   const Options& options) {
  Graph& graph = writer.graph();
  const Tensor weights = *float_constant(graph, product.weights);
  const auto bias = corrected_bias(graph, product, learned);
  const bool is_inside = bias && !product.bias_add && graph.nodes[product.node].op != "MatMul";
  const IntegerWeights integers =
      quantize_weights(weights, product.axis, options.is_per_tensor,
                       is_inside ? least_scales(bias, x.scale) : std::vector<float>());
  const ValueId w =
      writer.dequantized_weights(product.weights, product.axis, product.node, integers);
  ValueId b = kNoValue;
  if (is_inside) {
    b = writer.dequantized_bias(product.bias, product.node, *bias, x.scale, integers.scales);
  } else if (bias) {
    b = writer.namer().add_constant(str(writer.name_of(product.bias), "_corrected"), *bias);
  }
  Node& node = graph.nodes[product.node];
  node.inputs[1] = w;
  if (is_inside) {
    node.inputs.resize(3, kNoValue);
    node.inputs[2] = b;
  } else if (bias) {
    std::ranges::replace(graph.nodes[*product.bias_add].inputs, product.bias, b);
  }
}

void write_weights_alone(Writer& writer, const std::vector<Product>& products,
                         const std::vector<Recurrent>& layers, const Options& options) {
  Graph& graph = writer.graph();
  for (const Product& product : products) {
    const Tensor weights = *float_constant(graph, product.weights);
    const IntegerWeights integers = quantize_weights(weights, product.axis, options.is_per_tensor);
    const ValueId dequantized =
        writer.dequantized_weights(product.weights, product.axis, product.node, integers);
    graph.nodes[product.node].inputs[1] = dequantized;
  }
  for (const Recurrent& layer : layers) {
    for (const std::size_t input : {std::size_t{1}, std::size_t{2}}) {
      const ValueId id = graph.nodes[layer.node].inputs[input];
      const auto weights = float_constant(graph, id);
      if (!weights || weights->rank() != 3) continue;
      // Rows of both directions have a scale in common: scales stand along one axis.
      const IntegerWeights integers = quantize_weights(*weights, 1, options.is_per_tensor);
      const ValueId dequantized = writer.dequantized_weights(id, 1, layer.node, integers);
      graph.nodes[layer.node].inputs[input] = dequantized;
    }
  }
}

// Which inputs of which nodes take bytes.
std::vector<std::pair<std::size_t, std::size_t>> byte_inputs(const Graph& graph,
                                                             const Placement& placement) {
  std::vector<std::pair<std::size_t, std::size_t>> inputs;
  for (const Product& product : placement.products) inputs.emplace_back(product.node, 0);
  for (const Mover& mover : placement.movers) {
    for (std::size_t i = 0; i < mover.inputs; ++i) inputs.emplace_back(mover.node, i);
  }
  for (const Sum& sum : placement.sums) {
    for (std::size_t i = 0; i < graph.nodes[sum.node].inputs.size(); ++i)
      inputs.emplace_back(sum.node, i);
  }
  return inputs;
}

std::set<ValueId> byte_results(const Graph& graph, const Placement& placement) {
  std::set<ValueId> results;
  for (const Product& product : placement.products) {
    if (product.is_result_quantized) results.insert(product.result);
  }
  for (const Mover& mover : placement.movers) {
    for (const ValueId id : graph.nodes[mover.node].outputs) results.insert(id);
  }
  for (const Sum& sum : placement.sums) results.insert(sum.result);
  return results;
}

}  // namespace

DType activation_type(const Options& options) {
  return options.to == Precision::kUint8 ? DType::kUint8 : DType::kInt8;
}

Result<std::map<ValueId, Scale>> choose_scales(const Graph& graph, const Placement& placement,
                                               const Learned& learned, const Options& options) {
  // Zero ranges take any scale.
  const auto is_joined = [&](const std::vector<ValueId>& members) {
    float least = 0;
    float most = 0;
    for (const ValueId id : members) {
      const auto found = learned.ranges.find(graph.value(id).name);
      if (found == learned.ranges.end()) continue;
      const float width = found->second.high - found->second.low;
      if (width == 0) continue;
      least = least == 0 ? width : std::min(least, width);
      most = std::max(most, width);
    }
    return most <= kMostJoinedRatio * least;
  };
  std::map<ValueId, Scale> scales;
  for (const std::vector<ValueId>& group : scale_groups(graph, placement, is_joined)) {
    Range all;
    for (const ValueId id : group) {
      const Range range = TRY(range_of(graph, id, learned));
      all = {std::min(all.low, range.low), std::max(all.high, range.high)};
    }
    const Scale scale = activation_scale(all, activation_type(options), options.is_symmetric);
    for (const ValueId id : group) scales[id] = scale;
  }
  return scales;
}

Status insert_qdq(Model& model, const Placement& placement, const Learned& learned,
                  const Options& options) {
  Graph& graph = model.graph;
  const std::map<ValueId, Scale> scales = TRY(choose_scales(graph, placement, learned, options));
  const Links links(graph);
  const auto inputs = byte_inputs(graph, placement);
  const std::set<ValueId> results = byte_results(graph, placement);
  Writer writer(graph, options);
  write_weights_alone(writer, placement.weights_alone, placement.recurrent, options);
  for (const Product& product : placement.products)
    write_product(writer, product, scales.at(graph.nodes[product.node].inputs[0]), learned,
                  options);

  for (const ValueId id : placement.quantized) {
    const std::string name = writer.name_of(id);
    const auto maker = links.maker(id);
    if (results.contains(id)) {
      const ValueId raw = writer.namer().add_value(str(name, "_float"), graph.value(id).type);
      std::ranges::replace(graph.nodes[*maker].outputs, id, raw);
      writer.quantize(raw, id, name, scales.at(id), *maker + 1);
      continue;
    }
    const ValueId bytes =
        writer.quantize(id, kNoValue, name, scales.at(id), maker ? *maker + 1 : 0);
    for (const auto& [node, input] : inputs) {
      if (graph.nodes[node].inputs[input] == id) graph.nodes[node].inputs[input] = bytes;
    }
  }
  writer.finish();
  return {};
}

void quantize_weights_alone(Graph& graph, const Placement& placement, const Options& options) {
  Writer writer(graph, options);
  write_weights_alone(writer, placement.products, placement.recurrent, options);
  write_weights_alone(writer, placement.weights_alone, {}, options);
  writer.finish();
}

}  // namespace slipway::quantize
