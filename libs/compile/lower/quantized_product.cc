// Products of bytes with constant bytes: QLinearMatMul, and MatMulInteger where a bias and a factor
// follow, and then perhaps a QuantizeLinear. Any other MatMulInteger gives its sums.
#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/quantized.h"
#include "compile/lower/tail.h"
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
  // Of a product that stays float: what it is multiplied by, and the zero point, which a run may
  // find.
  ValueId factor = kNoValue;
  ValueId zero = kNoValue;
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

// MatMulInteger, a bias perhaps, Cast, Mul by one float or one for each column.
std::optional<ByteProduct> float_product(const Lowering& lowering, const Node& node) {
  ByteProduct product;
  product.a = node.inputs[0];
  product.b = node.inputs[1];
  if (has_input(node, 2)) {
    product.zero = node.inputs[2];
    if (element_count(lowering.shape(product.zero)).value() != 1) return std::nullopt;
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
  product.factor = other_input(*mul, value);
  if (product.factor == value || !lowering.is_float(product.factor) ||
      !is_row(lowering.shape(product.factor), columns, shape.size())) {
    return std::nullopt;
  }
  product.note += " + scale";
  return product;
}

// The same by constants, and a QuantizeLinear of scale 1.
std::optional<ByteProduct> spelled_out(const Lowering& lowering, const Node& node) {
  auto product = float_product(lowering, node);
  if (!product) return std::nullopt;
  const auto factors = floats_of(lowering, product->factor);
  const auto zero =
      product->zero == kNoValue ? std::optional(0) : one_byte(lowering, product->zero);
  if (!factors || !zero) return std::nullopt;
  product->factors = *factors;
  product->a_zero = *zero;
  const ValueId scaled = product->output;
  const Node* const quantize = next(lowering, scaled, "QuantizeLinear", *product);
  if (quantize == nullptr || quantize->inputs[0] != scaled) return std::nullopt;
  const auto scaling = quantize_scaling(lowering.graph, *quantize);
  if (!scaling || scaling->scale != 1.0F) return std::nullopt;
  product->y_zero = scaling->zero;
  product->note += " + QuantizeLinear";
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

// B as the kernel has it, and the sums of its columns.
struct Packed {
  std::uint32_t n = 0, k = 0;
  std::vector<std::int8_t> weights;
  std::vector<std::int32_t> sums;
};

std::optional<Packed> packed_of(const Lowering& lowering, const ByteProduct& product) {
  const Shape& a = lowering.shape(product.a);
  if (a.empty() || lowering.shape(product.output).empty() || !is_bytes(lowering.dtype(product.a)) ||
      element_count(a).value() == 0 || lowering.constant(product.b) == nullptr) {
    return std::nullopt;
  }
  const auto matrix = matrix_of(lowering, product);
  if (!matrix) return std::nullopt;
  const Tensor& b = *lowering.constant(product.b);
  const auto k = static_cast<std::size_t>(b.dim(0));
  const auto n = static_cast<std::size_t>(b.dim(1));
  std::vector<std::int8_t> turned(matrix->size());  // [n][k]: a filter for each channel
  for (std::size_t p = 0; p < k; ++p) {
    for (std::size_t c = 0; c < n; ++c) turned[c * k + p] = (*matrix)[p * n + c];
  }
  ConvShape shape;
  shape.in_channels = k;
  shape.out_channels = n;
  Packed packed{static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(k), {}, {}};
  packed.weights.resize(packed_byte_conv_bytes(shape));
  packed.sums.resize(packed_byte_conv_sums(shape));
  pack_byte_conv(shape, turned.data(), packed.weights.data(), packed.sums.data());
  return packed;
}

// A, the weights and what goes with them, the last the bias.
Result<std::vector<TensorIndex>> operands_of(Lowering& lowering, const ByteProduct& product,
                                             const Packed& packed) {
  const std::string& name = lowering.graph.value(product.b).name;
  std::vector<TensorIndex> inputs = {
      TRY(lowering.read(product.a)), lowering.add_constant(name, Tensor::of(packed.weights)),
      lowering.add_constant(str(name, " sums"), Tensor::of(packed.sums)), kLeftOut};
  if (!product.bias.empty())
    inputs[3] = lowering.add_constant(str(name, " bias"), in_whole_blocks(product.bias));
  return inputs;
}

Result<Lowered> add_product(Lowering& lowering, std::size_t node, const ByteProduct& product) {
  const auto packed = packed_of(lowering, product);
  if (!packed || (product.factors.size() != 1 && product.factors.size() != packed->n))
    return Lowered::kDeclined;
  std::vector<float> factors(packed->n);
  for (std::size_t c = 0; c < packed->n; ++c) {
    factors[c] = product.factors[product.factors.size() == 1 ? 0 : c];
    if (!(factors[c] >= 0.0F && factors[c] < 1e30F)) return Lowered::kDeclined;
  }

  plan::ByteProductParams params{};
  params.n = packed->n;
  params.k = packed->k;
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
  std::vector<TensorIndex> inputs = TRY(operands_of(lowering, product, *packed));
  inputs.push_back(lowering.add_constant(str(lowering.graph.value(product.b).name, " factors"),
                                         in_whole_blocks(std::move(factors))));
  const TensorIndex y = lowering.write(output);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kByteProduct, inputs, {y});
  step.set_params(params);
  step.note = note;
  return Lowered::kYes;
}

// The product of bytes whose scaled sums this Mul gives.
std::optional<std::pair<std::size_t, ByteProduct>> product_before(const Lowering& lowering,
                                                                  const Node& mul) {
  for (const ValueId input : mul.inputs) {
    auto at = lowering.maker(input);
    if (!at || lowering.graph.nodes[*at].op != "Cast") continue;
    at = lowering.maker(lowering.graph.nodes[*at].inputs[0]);
    if (at && lowering.graph.nodes[*at].op == "Add") {
      const Node& add = lowering.graph.nodes[*at];
      const auto first = lowering.maker(add.inputs[0]);
      at = first && lowering.graph.nodes[*first].op == "MatMulInteger"
               ? first
               : lowering.maker(add.inputs[1]);
    }
    if (!at || lowering.graph.nodes[*at].op != "MatMulInteger") continue;
    auto product = float_product(lowering, lowering.graph.nodes[*at]);
    if (product && product->output == mul.outputs[0]) return std::pair(*at, *std::move(product));
  }
  return std::nullopt;
}

// One zero point, or one for each of so many columns, or none.
bool are_zero_points(const Lowering& lowering, const Node& node, std::size_t input,
                     std::int64_t columns) {
  if (!has_input(node, input)) return true;
  const Shape& shape = lowering.shape(node.inputs[input]);
  return element_count(shape).value() == 1 || shape == Shape{columns};
}

Result<Lowered> add_sums(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& a = lowering.shape(n.inputs[0]);
  const Shape& b = lowering.shape(n.inputs[1]);
  const Shape& sums = lowering.shape(n.outputs[0]);
  constexpr std::size_t kMostAxes = 8;
  if (a.size() < 2 || b.size() < 2 || sums.size() > kMostAxes ||
      !is_bytes(lowering.dtype(n.inputs[0])) || !is_bytes(lowering.dtype(n.inputs[1])) ||
      element_count(a).value() == 0 || element_count(b).value() == 0 ||
      element_count(sums).value() == 0 || !are_zero_points(lowering, n, 2, 1) ||
      !are_zero_points(lowering, n, 3, b.back())) {
    return Lowered::kDeclined;
  }
  std::vector<TensorIndex> inputs;
  for (const ValueId id : n.inputs) inputs.push_back(TRY(lowering.read(id)));
  lowering.add_step(node, plan::KernelId::kIntegerProduct, inputs, {lowering.write(n.outputs[0])});
  return Lowered::kYes;
}

}  // namespace

// What stays float is added at its Mul: only there the factor is made.
Result<Lowered> lower_integer_matmul(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (const auto product = spelled_out(lowering, n)) return add_product(lowering, node, *product);
  const auto product = float_product(lowering, n);
  if (!product || !packed_of(lowering, *product)) return add_sums(lowering, node);
  for (const std::size_t between : product->nodes) {
    if (lowering.graph.nodes[between].outputs[0] != product->output) lowering.absorb(between);
  }
  return Lowered::kYes;
}

Result<bool> lower_scaled_product(Lowering& lowering, std::size_t node) {
  const auto found = product_before(lowering, lowering.graph.nodes[node]);
  if (!found || lowering.is_made(lowering.graph.nodes[found->first].outputs[0])) return false;
  const ByteProduct& product = found->second;
  const auto packed = packed_of(lowering, product);
  if (!packed) return false;
  const DType type = lowering.dtype(product.a);
  std::vector<TensorIndex> inputs = TRY(operands_of(lowering, product, *packed));
  inputs.push_back(TRY(lowering.read(product.factor)));
  inputs.push_back(TRY(lowering.read(product.zero)));
  const std::size_t last_axis = lowering.shape(product.output).size() - 1;
  const Tail tail = match_tail(lowering, product.output, {last_axis, true, true});
  inputs.push_back(kLeftOut);
  if (tail.bias != nullptr) {
    inputs.back() = lowering.add_constant(str(lowering.graph.nodes[node].name, " bias"),
                                          TRY(tail.bias->direct()));
  }
  inputs.push_back(TRY(lowering.read(tail.addend)));
  plan::ByteProductParams params{};
  params.n = packed->n;
  params.k = packed->k;
  params.a_zero = stored_byte(type, 0);
  params.range = all_bytes();
  params.activation = tail.activation_params();
  const TensorIndex y = lowering.write(tail.output);
  ProgramStep& step = lowering.add_step(found->first, plan::KernelId::kByteProduct, inputs, {y});
  step.set_params(params);
  step.note = str("MatMulInteger", product.note, tail.note);
  absorb_tail(lowering, tail);
  return true;
}

Result<Lowered> lower_quantized_matmul(Lowering& lowering, std::size_t node) {
  const auto product = in_one(lowering, lowering.graph.nodes[node]);
  return product ? add_product(lowering, node, *product) : Lowered::kDeclined;
}

}  // namespace slipway::compile
