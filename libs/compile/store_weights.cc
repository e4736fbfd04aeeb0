#include "compile/store_weights.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "base/float_bits.h"
#include "base/str.h"
#include "ops/nn/recurrent_scales.h"
#include "ops/node_view.h"
#include "passes/rewrite.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"f32", "f16", "bf16", "int8"};
constexpr std::array<DType, 4> kTypes = {DType::kFloat32, DType::kFloat16, DType::kBfloat16,
                                         DType::kInt8};

// Rounded weights; those of int8 with the scale of each output.
struct Stored {
  Tensor weights;
  std::vector<float> scale;
};

float rounded(WeightType type, float x) {
  return type == WeightType::kF16 ? float_from_half_bits(half_bits_from_float(x))
                                  : float_from_bfloat16_bits(bfloat16_bits_from_float(x));
}

std::optional<Stored> round_halves(WeightType type, Tensor tensor) {
  for (float& x : tensor.mutable_data<float>()) {
    x = rounded(type, x);
    if (!std::isfinite(x)) return std::nullopt;
  }
  return Stored{std::move(tensor), {}};
}

// Element (output, p) stands at output * output_step + p * depth_step.
struct Outputs {
  std::size_t count, depth;
  std::size_t output_step, depth_step;
};

std::optional<Stored> round_to_int8(Tensor tensor, const Outputs& outputs) {
  const std::span<float> w = tensor.mutable_data<float>();
  std::vector<float> scale(outputs.count, 1.0F);
  for (std::size_t j = 0; j < outputs.count; ++j) {
    float* const first = w.data() + j * outputs.output_step;
    float largest = 0;
    for (std::size_t p = 0; p < outputs.depth; ++p) {
      const float x = std::fabs(first[p * outputs.depth_step]);
      if (!std::isfinite(x)) return std::nullopt;
      largest = std::max(largest, x);
    }
    if (largest == 0) continue;
    scale[j] = largest / 127.0F;
    if (!std::isnormal(scale[j])) return std::nullopt;
    for (std::size_t p = 0; p < outputs.depth; ++p) {
      float& x = first[p * outputs.depth_step];
      x = std::nearbyint(x / scale[j]) + 0.0F;  // a zero has no sign as int8
    }
  }
  return Stored{std::move(tensor), std::move(scale)};
}

class WeightStorer {
 public:
  WeightStorer(Model& model, WeightType type) : model_(model), graph_(model.graph), type_(type) {}

  Result<std::string> store() {
    std::vector<Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (Node& node : nodes) TRY(store_node(std::move(node)));
    if (stored_ + left_ + convolutions_ == 0) return std::string();
    std::string text =
        str("weights of ", count_text(stored_, "node"), " as ", weight_type_name(type_));
    if (left_ != 0) text += str("; those of ", count_text(left_, "node"), " do not fit and stay");
    if (convolutions_ != 0)
      text += str("; those of ", count_text(convolutions_, "convolution"), " stay floats");
    return text;
  }

 private:
  bool is_product(const Node& node) const {
    if (!node.domain.empty() || (node.op != "MatMul" && node.op != "Gemm")) return false;
    const Tensor* const weights = constant(node, 1);
    if (weights == nullptr || weights->rank() != 2) return false;
    const NodeView view(node, "");
    return node.op == "MatMul" ||
           (view.get_float("alpha", 1.0F) == 1.0F && view.get_float("beta", 1.0F) == 1.0F);
  }
  bool is_recurrent(const Node& node) const {
    return node.domain.empty() && (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN") &&
           NodeView(node, "").get_floats(kInputScale) == nullptr && constant(node, 1) != nullptr &&
           constant(node, 2) != nullptr && constant(node, 1)->rank() == 3 &&
           constant(node, 2)->rank() == 3;
  }

  const Tensor* constant(const Node& node, std::size_t input) const {
    if (input >= node.inputs.size()) return nullptr;
    const Tensor* const tensor = constant_of(graph_, node.inputs[input]);
    return tensor != nullptr && tensor->dtype() == DType::kFloat32 && tensor->size() != 0 ? tensor
                                                                                          : nullptr;
  }

  Result<std::optional<Stored>> round(const Tensor& weights, const Outputs& outputs) const {
    Tensor tensor = TRY(weights.direct());
    if (type_ != WeightType::kI8) return round_halves(type_, std::move(tensor));
    return round_to_int8(std::move(tensor), outputs);
  }

  ValueId add_constant(ValueId of, std::string_view what, Tensor tensor) {
    const ValueId id = graph_.add_value(str(graph_.value(of).name, ' ', what),
                                        Type::tensor(DType::kFloat32, to_dims(tensor.shape())));
    graph_.initializers[id] = std::move(tensor);
    return id;
  }

  Status store_node(Node node) {
    if (is_recurrent(node)) return store_recurrent(std::move(node));
    if (is_product(node)) return store_product(std::move(node));
    if (node.domain.empty() && node.op.starts_with("Conv") && constant(node, 1) != nullptr)
      ++convolutions_;
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  // W or R [directions, rows, depth].
  Status store_recurrent(Node node) {
    std::array<std::optional<Stored>, 2> stored;
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor& weights = *constant(node, 1 + i);
      const auto depth = static_cast<std::size_t>(weights.dim(2));
      stored[i] = TRY(round(weights, {weights.size() / depth, depth, depth, 1}));
    }
    if (!stored[0] || !stored[1]) return leave(std::move(node));
    for (std::size_t i = 0; i < 2; ++i) {
      node.inputs[1 + i] =
          add_constant(node.inputs[1 + i], weight_type_name(type_), std::move(stored[i]->weights));
      if (type_ == WeightType::kI8) {
        node.attributes.emplace_back(std::string(i == 0 ? kInputScale : kStateScale),
                                     std::move(stored[i]->scale));
      }
    }
    ++stored_;
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Status store_product(Node node) {
    const Tensor& weights = *constant(node, 1);
    const auto rows = static_cast<std::size_t>(weights.dim(0));
    const auto columns = static_cast<std::size_t>(weights.dim(1));
    const bool is_transposed = NodeView(node, "").get_flag("transB", false);
    const Outputs outputs =
        is_transposed ? Outputs{rows, columns, columns, 1} : Outputs{columns, rows, 1, columns};
    std::optional<Stored> stored = TRY(round(weights, outputs));
    if (!stored) return leave(std::move(node));
    ++stored_;
    const ValueId old = node.inputs[1];
    node.inputs[1] = add_constant(old, weight_type_name(type_), std::move(stored->weights));
    if (type_ != WeightType::kI8) {
      graph_.nodes.push_back(std::move(node));
      return {};
    }
    add_scaled(std::move(node), add_constant(old, "scale", Tensor::of(stored->scale)));
    return {};
  }

  // y = product * scale, then + C of a Gemm.
  void add_scaled(Node node, ValueId scale) {
    const ValueId y = node.outputs[0];
    const bool has_addend = node.op == "Gemm" && node.inputs.size() > 2;
    const ValueId addend = has_addend ? node.inputs[2] : kNoValue;
    if (has_addend) node.inputs.resize(2);
    const ValueId product = add_like(y, "product");
    node.outputs[0] = product;
    const std::string name = node.name;
    graph_.nodes.push_back(std::move(node));
    const ValueId result = addend == kNoValue ? y : add_like(y, "scaled");
    add_node("Mul", name, {product, scale}, result);
    if (addend != kNoValue) add_node("Add", name, {result, addend}, y);
  }

  ValueId add_like(ValueId of, std::string_view what) {
    return graph_.add_value(str(graph_.value(of).name, ' ', what), graph_.value(of).type);
  }

  void add_node(std::string_view op, const std::string& name, std::vector<ValueId> inputs,
                ValueId output) {
    Node node;
    node.name = name;
    node.op = op;
    node.version = static_cast<int>(model_.opset(""));
    node.inputs = std::move(inputs);
    node.outputs = {output};
    graph_.nodes.push_back(std::move(node));
  }

  Status leave(Node node) {
    ++left_;
    graph_.nodes.push_back(std::move(node));
    return {};
  }

  Model& model_;
  Graph& graph_;
  const WeightType type_;
  std::size_t stored_ = 0, left_ = 0, convolutions_ = 0;  // nodes
};

}  // namespace

std::string_view weight_type_name(WeightType type) {
  return kNames[static_cast<std::size_t>(type)];
}

std::string weights_note(WeightType type) {
  return type == WeightType::kF32 ? "" : str(", weights ", weight_type_name(type));
}

Result<WeightType> parse_weight_type(std::string_view text) {
  const auto found = std::find(kNames.begin(), kNames.end(), text);
  if (found == kNames.end()) {
    return Error{Code::kUsage, str("weights cannot be stored as '", shorten(text),
                                   "': use f32, f16, bf16 or int8")};
  }
  return static_cast<WeightType>(found - kNames.begin());
}

Result<std::string> store_weights(Model& model, WeightType type) {
  constexpr int kLeastVersion = 7;  // of a Mul and an Add that repeat their second operand
  if (type == WeightType::kF32) return std::string();
  if (type == WeightType::kI8 && model.opset("") < kLeastVersion) {
    return Error{Code::kUnsupported,
                 str("weights as int8 need a model of opset 7 or newer; this one has opset ",
                     model.opset(""), ": use f16 or bf16")};
  }
  return WeightStorer(model, type).store();
}

Result<std::optional<Tensor>> narrow_exactly(const Tensor& floats, WeightType type) {
  Tensor narrow = TRY(cast(floats, kTypes[static_cast<std::size_t>(type)]));
  const Tensor wide = TRY(cast(narrow, DType::kFloat32));
  if (!std::ranges::equal(wide.bytes(), floats.bytes())) return std::optional<Tensor>();
  return std::optional(std::move(narrow));
}

}  // namespace slipway::compile
