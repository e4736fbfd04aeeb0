// Products of bytes with constant bytes: QLinearMatMul, and MatMulInteger where a bias, a factor
// and a QuantizeLinear follow.
#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/quantized.h"
#include "kernels/conv/byte_conv.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

// What is left of a product once it is recognised.
struct ByteProduct {
  ValueId a = kNoValue;
  std::int32_t a_zero = 0;  // as the type has it
  ValueId b = kNoValue;
  ValueId b_zero = kNoValue;
  std::vector<std::int32_t> bias;  // empty: none
  std::vector<float> factors;      // one, or one for each column
  std::int32_t y_zero = 0;
  ValueId output = kNoValue;
  std::vector<std::size_t> nodes;  // after the first
  std::string note;
};

// B less its zero points, [k][n], where these are signed bytes.
std::optional<std::vector<std::int8_t>> matrix_of(const Lowering& lowering,
                                                  const ByteProduct& product) {
  const Tensor* const b = lowering.constant(product.b);
  const auto values = ints_of(lowering, product.b);
  if (!values || b->rank() != 2 || values->empty() || !is_bytes(b->dtype())) return std::nullopt;
  std::vector<std::int64_t> zeros = {0};
  const auto n = static_cast<std::size_t>(b->dim(1));
  if (product.b_zero != kNoValue) {
    const auto given = ints_of(lowering, product.b_zero);
    if (!given || (given->size() != 1 && given->size() != n)) return std::nullopt;
    zeros = *given;
  }
  std::vector<std::int8_t> matrix;
  matrix.reserve(values->size());
  for (std::size_t i = 0; i < values->size(); ++i) {
    const std::int64_t w = (*values)[i] - zeros[zeros.size() == 1 ? 0 : i % n];
    if (w < -128 || w > 127) return std::nullopt;
    matrix.push_back(static_cast<std::int8_t>(w));
  }
  return matrix;
}

// The only user of the value, which is this operator.
const Node* next(const Lowering& lowering, ValueId id, std::string_view op, ByteProduct& product) {
  const auto user = lowering.only_user(id);
  if (!user) return nullptr;
  const Node& node = lowering.graph.nodes[*user];
  if (node.op != op || !node.domain.empty()) return nullptr;
  product.nodes.push_back(*user);
  product.output = node.outputs[0];
  return &node;
}

ValueId other_input(const Node& node, ValueId id) {
  return node.inputs[0] == id ? node.inputs[1] : node.inputs[0];
}

// One element, or one for each of the last axis of a result of that many axes.
bool is_row(const Shape& shape, std::size_t columns, std::size_t rank) {
  return shape.size() <= rank && (element_count(shape).value() == 1 ||
                                  (!shape.empty() && element_count(shape).value() == columns &&
                                   static_cast<std::size_t>(shape.back()) == columns));
}

// MatMulInteger, a bias perhaps, Cast, Mul, QuantizeLinear of scale 1.
std::optional<ByteProduct> spelled_out(const Lowering& lowering, const Node& node) {
  ByteProduct product;
  product.a = node.inputs[0];
  product.b = node.inputs[1];
  if (has_input(node, 2)) {
    const auto zero = one_byte(lowering, node.inputs[2]);
    if (!zero) return std::nullopt;
    product.a_zero = *zero;
  }
  if (has_input(node, 3)) product.b_zero = node.inputs[3];
  const Shape& shape = lowering.shape(node.outputs[0]);
  const auto columns = static_cast<std::size_t>(shape.empty() ? 0 : shape.back());
  ValueId value = node.outputs[0];
  if (const Node* const add = next(lowering, value, "Add", product)) {
    const ValueId id = other_input(*add, value);
    const auto bias = ints_of(lowering, id);
    if (!bias || !is_row(lowering.shape(id), columns, shape.size())) return std::nullopt;
    for (std::size_t c = 0; c < columns; ++c)
      product.bias.push_back(static_cast<std::int32_t>((*bias)[bias->size() == 1 ? 0 : c]));
    value = product.output;
    product.note += " + bias";
  }
  if (next(lowering, value, "Cast", product) == nullptr || !lowering.is_float(product.output))
    return std::nullopt;
  value = product.output;
  const Node* const mul = next(lowering, value, "Mul", product);
  if (mul == nullptr) return std::nullopt;
  const ValueId factor = other_input(*mul, value);
  const auto factors = floats_of(lowering, factor);
  if (!factors || !is_row(lowering.shape(factor), columns, shape.size())) return std::nullopt;
  product.factors = *factors;
  const Node* const quantize = next(lowering, product.output, "QuantizeLinear", product);
  if (quantize == nullptr || quantize->inputs[0] != mul->outputs[0]) return std::nullopt;
  const auto scaling = quantize_scaling(lowering.graph, *quantize);
  if (!scaling || scaling->scale != 1.0F) return std::nullopt;
  product.y_zero = scaling->zero;
  product.note += " + scale + QuantizeLinear";
  return product;
}

std::optional<ByteProduct> in_one(const Lowering& lowering, const Node& node) {
  ByteProduct product;
  product.a = node.inputs[0];
  product.b = node.inputs[3];
  product.b_zero = node.inputs[5];
  product.output = node.outputs[0];
  const auto a_scale = one_float(lowering, node.inputs[1]);
  const auto a_zero = one_byte(lowering, node.inputs[2]);
  const auto b_scales = floats_of(lowering, node.inputs[4]);
  const auto y_scale = one_float(lowering, node.inputs[6]);
  const auto y_zero = one_byte(lowering, node.inputs[7]);
  if (!a_scale || !a_zero || !b_scales || !y_scale || !y_zero || !lowering.is_float(node.inputs[4]))
    return std::nullopt;
  product.a_zero = *a_zero;
  product.y_zero = *y_zero;
  for (const float scale : *b_scales) product.factors.push_back(*a_scale * scale / *y_scale);
  return product;
}

Result<Lowered> add_product(Lowering& lowering, std::size_t node, const ByteProduct& found) {
  const ByteProduct& product = found;
  const auto matrix = matrix_of(lowering, product);
  const Shape& a = lowering.shape(product.a);
  if (!matrix || a.empty() || lowering.shape(product.output).empty() ||
      !is_bytes(lowering.dtype(product.a)) || element_count(a).value() == 0) {
    return Lowered::kDeclined;
  }
  const Tensor& b = *lowering.constant(product.b);
  const auto k = static_cast<std::size_t>(b.dim(0));
  const auto n = static_cast<std::size_t>(b.dim(1));
  if (product.factors.size() != 1 && product.factors.size() != n) return Lowered::kDeclined;
  std::vector<float> factors(n);
  for (std::size_t c = 0; c < n; ++c) {
    factors[c] = product.factors[product.factors.size() == 1 ? 0 : c];
    if (!(factors[c] >= 0.0F && factors[c] < 1e30F)) return Lowered::kDeclined;
  }
  std::vector<std::int8_t> turned(matrix->size());  // [n][k]: a filter for each channel
  for (std::size_t p = 0; p < k; ++p) {
    for (std::size_t c = 0; c < n; ++c) turned[c * k + p] = (*matrix)[p * n + c];
  }
  ConvShape shape;
  shape.in_channels = k;
  shape.out_channels = n;
  std::vector<std::int8_t> packed(packed_byte_conv_bytes(shape));
  std::vector<std::int32_t> sums(packed_byte_conv_sums(shape));
  pack_byte_conv(shape, turned.data(), packed.data(), sums.data());

  plan::ByteProductParams params{};
  params.n = static_cast<std::uint32_t>(n);
  params.k = static_cast<std::uint32_t>(k);
  params.a_zero = stored_byte(lowering.dtype(product.a), product.a_zero);
  const DType y_type = lowering.dtype(product.output);
  params.y_zero = stored_byte(y_type, product.y_zero);
  params.range = all_bytes();
  ValueId output = product.output;
  std::string note = lowering.graph.nodes[node].op + product.note;
  if (const auto clip = clip_of_bytes(lowering, output)) {
    params.range = stored_bounds(y_type, clip->clamp);
    output = lowering.graph.nodes[clip->node].outputs[0];
    lowering.absorb(clip->node);
    note += " + Clip";
  }
  for (const std::size_t fused : product.nodes) lowering.absorb(fused);
  const std::string& name = lowering.graph.value(product.b).name;
  std::vector<TensorIndex> inputs = {
      TRY(lowering.read(product.a)), lowering.add_constant(name, Tensor::of(packed)),
      lowering.add_constant(str(name, " sums"), Tensor::of(sums)), kLeftOut,
      lowering.add_constant(str(name, " factors"), in_whole_blocks(std::move(factors)))};
  if (!product.bias.empty()) {
    inputs[3] = lowering.add_constant(str(name, " bias"), in_whole_blocks(product.bias));
  }
  const TensorIndex y = lowering.write(output);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kByteProduct, inputs, {y});
  step.set_params(params);
  step.note = note;
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_integer_matmul(Lowering& lowering, std::size_t node) {
  const auto product = spelled_out(lowering, lowering.graph.nodes[node]);
  return product ? add_product(lowering, node, *product) : Lowered::kDeclined;
}

Result<Lowered> lower_quantized_matmul(Lowering& lowering, std::size_t node) {
  const auto product = in_one(lowering, lowering.graph.nodes[node]);
  return product ? add_product(lowering, node, *product) : Lowered::kDeclined;
}

}  // namespace slipway::compile
