#include "quantize/correct_bias.h"

#include <algorithm>

#include "base/str.h"
#include "passes/quantized_graph.h"
#include "quantize/insert.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

// The model with twins beside its products: the values to watch, a product's result (before its
// bias of an Add, before its clamp) and its twin's in turns.
class Twins {
 public:
  Twins(const Model& model, const std::map<ValueId, Scale>& scales, const Options& options)
      : model_(model.clone()),
        scales_(scales),
        options_(options),
        namer_(model_.graph),
        insertions_(model_.graph) {}

  void add(const Product& product) {
    Graph& graph = model_.graph;
    const Node& node = graph.nodes[product.node];
    const IntegerWeights weights = quantize_weights(*float_constant(graph, product.weights),
                                                    product.axis, options_.is_per_tensor);
    Node twin = node.clone();
    twin.name = str(node_name(graph, product.node), " twin");
    twin.inputs[0] = quantized(node.inputs[0], node.version, product.node);
    twin.inputs[1] =
        namer_.add_constant(str(twin.name, " weights"), dequantize_weights(weights, product.axis));
    const ValueId y = node.outputs[0];
    twin.outputs = {namer_.add_value(twin.name, graph.value(y).type)};
    watched_.push_back(y);
    watched_.push_back(twin.outputs[0]);
    insertions_.add_before(product.node + 1, std::move(twin));
  }

  const Model& finish() {
    insertions_.apply(model_.graph);
    return model_;
  }
  const std::vector<ValueId>& watched() const { return watched_; }

 private:
  // The value as bytes and back, before the node.
  ValueId quantized(ValueId id, int version, std::size_t node) {
    const auto [known, is_new] = quantized_.try_emplace(id, kNoValue);
    if (!is_new) return known->second;
    const Scale& scale = scales_.at(id);
    const DType dtype = activation_type(options_);
    const ValueDef value = model_.graph.value(id);
    const ValueId s = namer_.add_constant(str(value.name, " scale"), Tensor::scalar(scale.scale));
    const ValueId z = namer_.add_constant(str(value.name, " zero"), byte_scalar(dtype, scale.zero));
    const ValueId bytes =
        namer_.add_value(str(value.name, " bytes"), Type::tensor(dtype, value.type.dims));
    const ValueId back = namer_.add_value(str(value.name, " rounded"), value.type);
    for (const auto& [op, from, to] :
         {std::tuple("QuantizeLinear", id, bytes), std::tuple("DequantizeLinear", bytes, back)}) {
      Node step;
      step.op = op;
      step.version = version;
      step.inputs = {from, s, z};
      step.outputs = {to};
      insertions_.add_before(node, std::move(step));
    }
    known->second = back;
    return back;
  }

  Model model_;
  const std::map<ValueId, Scale>& scales_;
  const Options& options_;
  Namer namer_;
  Insertions insertions_;
  std::map<ValueId, ValueId> quantized_;
  std::vector<ValueId> watched_;
};

struct Mean {
  std::vector<double> sum;
  std::size_t count = 0;  // of each channel

  void add(const Tensor& tensor, std::size_t axis) {
    const AxisStride channel = axis_stride(tensor.shape(), axis);
    sum.resize(channel.extent, 0);
    const auto values = tensor.data<float>();
    channel.for_each_run(values.size(), [&](std::size_t c, std::size_t from, std::size_t to) {
      double total = 0;
      for (std::size_t i = from; i < to; ++i) total += values[i];
      sum[c] += total;
    });
    count += values.size() / std::max<std::size_t>(channel.extent, 1);
  }
};

}  // namespace

Result<std::map<std::string, std::vector<float>>> find_shifts(
    const Model& model, const Placement& placement, const Learned& learned,
    samples::Samples& samples, const Options& options, const Progress& progress) {
  const std::map<ValueId, Scale> scales =
      TRY(choose_scales(model.graph, placement, learned, options));
  std::vector<const Product*> products;
  Twins twins(model, scales, options);
  for (const Product& product : placement.products) {
    if (model.graph.nodes[product.node].op == "MatMul" && !product.bias_add) continue;
    products.push_back(&product);
    twins.add(product);
  }
  std::map<std::string, std::vector<float>> shifts;
  if (products.empty()) return shifts;
  std::vector<Mean> means(2 * products.size());
  const Model& both = twins.finish();
  TRY(watch(both, twins.watched(), samples, kCorrectionSamples, options, progress,
            "correcting biases", [&](std::size_t i, const Tensor& tensor) -> Status {
              const bool is_conv = model.graph.nodes[products[i / 2]->node].op == "Conv";
              if (tensor.dtype() != DType::kFloat32 || tensor.rank() < 2) return {};
              means[i].add(tensor, is_conv ? 1 : tensor.rank() - 1);
              return {};
            }));
  for (std::size_t p = 0; p < products.size(); ++p) {
    const Mean& exact = means[2 * p];
    const Mean& rounded = means[2 * p + 1];
    if (exact.count == 0) continue;
    std::vector<float> shift;
    for (std::size_t c = 0; c < exact.sum.size(); ++c)
      shift.push_back(
          static_cast<float>((exact.sum[c] - rounded.sum[c]) / static_cast<double>(exact.count)));
    shifts[node_name(model.graph, products[p]->node)] = std::move(shift);
  }
  return shifts;
}

}  // namespace slipway::quantize
