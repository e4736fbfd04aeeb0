#include "quantize/correct_bias.h"

#include <algorithm>

#include "kernels/elementwise/quantize.h"
#include "quantize/input_sums.h"
#include "quantize/insert.h"

namespace slipway::quantize {
namespace {

// A value that products read, as the lanes saw it.
struct Read {
  float scale = 1;
  std::uint8_t zero = 0;
  std::vector<float> factors;                  // of its channels; empty: none
  std::vector<const Product*> products;        // that read it
  std::vector<InputSums> sums[Watch::kLanes];  // of each of these
};

// Bytes without a sign, whatever those of the model: as far from zero.
std::uint8_t unsigned_zero(const Scale& scale, const Options& options) {
  return static_cast<std::uint8_t>(scale.zero +
                                   (activation_type(options) == DType::kInt8 ? 128 : 0));
}

// x times its factors, in bytes.
void to_bytes(const Tensor& x, const Read& read, std::vector<std::uint8_t>& bytes) {
  bytes.resize(x.size());
  ScaledAxis axis;
  std::vector<float> scales = {read.scale};
  std::vector<std::uint8_t> zeros = {read.zero};
  if (read.factors.empty()) {
    axis.inner = x.size();
  } else {
    axis.outer = static_cast<std::size_t>(x.dim(0));
    axis.length = read.factors.size();
    axis.inner = x.size() / std::max<std::size_t>(axis.outer * axis.length, 1);
    scales.clear();
    // The factor is a power of two: x * f / scale is x / (scale / f) to the last bit.
    for (const float factor : read.factors) scales.push_back(read.scale / factor);
    zeros.assign(axis.length, read.zero);
  }
  quantize_linear(best_isa(), Quantized::kU8, axis, x.data<float>().data(), bytes.data(),
                  scales.data(), zeros.data(), 0, axis.outer);
}

// By place in placement.quantized; those that no product reads have no products.
Result<std::vector<Read>> what_is_read(const Graph& graph, const Placement& placement,
                                       const Learned& learned, const Options& options) {
  const std::map<ValueId, Scale> scales = TRY(choose_scales(graph, placement, learned, options));
  std::map<ValueId, Read> reads;
  for (const Product& product : placement.products) {
    const Node& node = graph.nodes[product.node];
    if (node.op == "MatMul" && !product.bias_add) continue;
    Read& read = reads[node.inputs[0]];
    const Scale& scale = scales.at(node.inputs[0]);
    read.scale = scale.scale;
    read.zero = unsigned_zero(scale, options);
    const auto factors = learned.factors.find(graph.value(node.inputs[0]).name);
    if (factors != learned.factors.end()) read.factors = factors->second;
    read.products.push_back(&product);
    for (auto& sums : read.sums)
      sums.emplace_back(node, product, graph.initializer(product.weights)->shape());
  }
  std::vector<Read> all;
  for (const ValueId id : placement.quantized) {
    const auto found = reads.find(id);
    all.push_back(found == reads.end() ? Read() : std::move(found->second));
  }
  return all;
}

}  // namespace

Result<std::map<std::string, std::vector<float>>> find_shifts(const Graph& equalized,
                                                              const Placement& placement,
                                                              const Learned& learned, Watch& watch,
                                                              const Options& options,
                                                              const Progress& progress) {
  std::map<std::string, std::vector<float>> shifts;
  std::vector<Read> reads = TRY(what_is_read(equalized, placement, learned, options));
  const auto has_products = [](const Read& read) { return !read.products.empty(); };
  if (std::ranges::none_of(reads, has_products)) return shifts;
  std::vector<std::uint8_t> bytes[Watch::kLanes];
  TRY(watch.walk(kCorrectionSamples, progress, "correcting biases",
                 [&](std::size_t lane, std::size_t i, const Tensor& tensor) -> Status {
                   Read& read = reads[i];
                   if (!has_products(read) || tensor.dtype() != DType::kFloat32 ||
                       tensor.rank() < 2 || tensor.size() == 0)
                     return {};
                   to_bytes(tensor, read, bytes[lane]);
                   for (InputSums& sums : read.sums[lane])
                     TRY(sums.add(tensor, bytes[lane], read.zero));
                   return {};
                 }));
  for (Read& read : reads) {
    for (std::size_t p = 0; p < read.products.size(); ++p) {
      const Product& product = *read.products[p];
      InputSums& sums = read.sums[0][p];
      for (std::size_t lane = 1; lane < Watch::kLanes; ++lane)
        TRY(sums.add_all(read.sums[lane][p]));
      const Tensor weights = *float_constant(equalized, product.weights);
      const Tensor rounded = dequantize_weights(
          quantize_weights(weights, product.axis, options.is_per_tensor), product.axis);
      std::vector<float> shift =
          TRY(sums.shifts(weights.data<float>(), rounded.data<float>(), read.scale, read.factors));
      if (!shift.empty()) shifts[node_name(equalized, product.node)] = std::move(shift);
    }
  }
  return shifts;
}

}  // namespace slipway::quantize
