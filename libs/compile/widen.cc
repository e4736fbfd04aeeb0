#include "compile/widen.h"

#include <algorithm>
#include <map>

#include "base/str.h"
#include "passes/rewrite.h"
#include "tensor/convert.h"

namespace slipway::compile {
namespace {

// Operators that compute in float, element by element, row by row or as products, and have a kernel
// for it.
constexpr std::string_view kComputing[] = {
    "Abs",
    "Add",
    "ArgMax",
    "ArgMin",
    "Attention",
    "AveragePool",
    "BatchNormalization",
    "Ceil",
    "Celu",
    "Clip",
    "Conv",
    "ConvTranspose",
    "Cos",
    "CumSum",
    "Div",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Floor",
    "Gelu",
    "Gemm",
    "GRU",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "GridSample",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "InstanceNormalization",
    "LRN",
    "LSTM",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Log",
    "LogSoftmax",
    "MatMul",
    "Max",
    "MaxPool",
    "Min",
    "Mish",
    "Mul",
    "Neg",
    "PRelu",
    "Pow",
    "RMSNormalization",
    "RNN",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Resize",
    "Round",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Softmax",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Sub",
    "Sum",
    "Swish",
    "Tanh",
    "ThresholdedRelu",
    "TopK",
};

bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBfloat16; }

class Widener {
 public:
  explicit Widener(const Model& model) : model_(model.clone()), graph_(model_.graph) {}

  Result<Model> widen() {
    std::vector<Node> nodes = std::move(graph_.nodes);
    graph_.nodes.clear();
    for (Node& node : nodes) {
      if (is_widened(node)) {
        TRY(widen_node(std::move(node)));
      } else {
        graph_.nodes.push_back(std::move(node));
      }
    }
    return std::move(model_);
  }

 private:
  bool is_half_value(ValueId id) const {
    return id != kNoValue && is_half(graph_.value(id).type.dtype);
  }

  bool is_widened(const Node& node) const {
    return node.domain.empty() && std::ranges::find(kComputing, node.op) != std::end(kComputing) &&
           (std::ranges::any_of(node.inputs, [&](ValueId id) { return is_half_value(id); }) ||
            std::ranges::any_of(node.outputs, [&](ValueId id) { return is_half_value(id); }));
  }

  ValueId add_float(ValueId of, std::string_view what) {
    Type type = graph_.value(of).type;
    type.dtype = DType::kFloat32;
    return graph_.add_value(str(graph_.value(of).name, ' ', what), std::move(type));
  }

  void add_cast(ValueId from, ValueId to) {
    Node node;
    node.name = graph_.value(from).name;
    node.op = "Cast";
    node.version = static_cast<int>(model_.opset(""));
    node.inputs = {from};
    node.outputs = {to};
    node.attributes.emplace_back("to", static_cast<std::int64_t>(graph_.value(to).type.dtype));
    graph_.nodes.push_back(std::move(node));
  }

  Result<ValueId> as_float(ValueId id) {
    const auto known = floats_.find(id);
    if (known != floats_.end()) return known->second;
    const ValueId wide = add_float(id, "in float");
    floats_.emplace(id, wide);
    if (const Tensor* const constant = constant_of(graph_, id)) {
      graph_.initializers[wide] = TRY(cast(TRY(constant->direct()), DType::kFloat32));
    } else {
      add_cast(id, wide);
    }
    return wide;
  }

  Status widen_node(Node node) {
    for (ValueId& id : node.inputs) {
      if (is_half_value(id)) id = TRY(as_float(id));
    }
    std::vector<std::pair<ValueId, ValueId>> rounded;
    for (ValueId& id : node.outputs) {
      if (!is_half_value(id)) continue;
      const ValueId wide = add_float(id, "before rounding");
      rounded.emplace_back(wide, id);
      id = wide;
    }
    graph_.nodes.push_back(std::move(node));
    for (const auto& [wide, half] : rounded) add_cast(wide, half);
    return {};
  }

  Model model_;
  Graph& graph_;
  std::map<ValueId, ValueId> floats_;  // of a half value, the same in float
};

}  // namespace

Result<Model> widen_halves(const Model& model) { return Widener(model).widen(); }

}  // namespace slipway::compile
