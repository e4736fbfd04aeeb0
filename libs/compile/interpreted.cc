#include "compile/interpreted.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/str.h"
#include "compile/compile.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "ops/interpreter.h"
#include "passes/rewrite.h"

namespace slipway::compile {
namespace {

class InterpretedModel final : public runtime::Interpreted {
 public:
  struct Port {
    std::string name;
    DType dtype;
    Shape shape;
    std::optional<Tensor> constant;  // made once
  };

  InterpretedModel(Interpreter interpreter, std::vector<Port> inputs, std::vector<Port> outputs)
      : interpreter_(std::move(interpreter)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)) {}

  bool run(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs) override {
    error_.clear();
    const Status status = compute(inputs, outputs);
    if (!status.ok()) error_ = status.error().message;
    return status.ok();
  }

  std::string_view error() const override { return error_; }

 private:
  Status compute(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs) {
    std::vector<NamedValue> values;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Port& port = inputs_[i];
      if (port.constant) {
        values.push_back({port.name, *port.constant});
        continue;
      }
      Tensor tensor = TRY(Tensor::create(port.dtype, port.shape));
      const std::span<std::byte> bytes = tensor.mutable_bytes();
      if (!bytes.empty()) std::memcpy(bytes.data(), inputs[i], bytes.size());
      values.push_back({port.name, std::move(tensor)});
    }
    const std::vector<NamedValue> results = TRY(interpreter_.run(std::move(values)));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Port& port = outputs_[i];
      const Value& value = results[i].value;
      if (!value.is_tensor() || value.tensor().dtype() != port.dtype ||
          value.tensor().shape() != port.shape) {
        return Error{Code::kInvalid,
                     str(port.name, " turned out to be ", slipway::describe(value),
                         ", the plan has room for ", name(port.dtype), shape_text(port.shape))};
      }
      const std::span<const std::byte> bytes = value.tensor().bytes();
      if (!bytes.empty()) std::memcpy(outputs[i], bytes.data(), bytes.size());
    }
    return {};
  }

  Interpreter interpreter_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  std::string error_;
};

Result<std::vector<InterpretedModel::Port>> ports_of(
    const Graph& graph, const std::vector<ValueId>& ids,
    std::span<const runtime::Operand* const> operands) {
  if (ids.size() != operands.size()) {
    return Error{Code::kInvalid, "a step of the plan has other operands than its piece of graph"};
  }
  std::vector<InterpretedModel::Port> ports;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const runtime::Operand* const operand = operands[i];
    if (operand == nullptr) {
      return Error{Code::kInvalid, "an operand of a piece of graph is left out"};
    }
    InterpretedModel::Port port{graph.value(ids[i]).name, operand->dtype,
                                Shape(operand->dims.begin(), operand->dims.end()), std::nullopt};
    if (operand->constant != nullptr) {
      Tensor tensor = TRY(Tensor::create(port.dtype, port.shape));
      std::ranges::copy(std::span(operand->constant, operand->bytes),
                        tensor.mutable_bytes().begin());
      port.constant = std::move(tensor);
    }
    ports.push_back(std::move(port));
  }
  return ports;
}

// Adds the node to a graph of its own, with the values it uses as inputs.
class PieceMaker {
 public:
  explicit PieceMaker(const Graph& from) : from_(from) {}

  Result<Piece> make(const Model& model, std::size_t node) {
    Model small;
    small.ir_version = model.ir_version;
    small.opsets = model.opsets;
    graph_ = &small.graph;
    graph_->name = "piece";
    Node copy = from_.nodes[node].clone();
    for (ValueId& input : copy.inputs) input = take(input);
    for_each_subgraph(copy, [&](Graph& body) {
      for (Capture& capture : body.captures) capture.outer = take(capture.outer);
    });
    for (ValueId& output : copy.outputs) {
      if (output == kNoValue) continue;
      const ValueId inside = graph_->add_value(from_.value(output).name, from_.value(output).type);
      graph_->outputs.push_back(inside);
      piece_.outputs.push_back(output);
      output = inside;
    }
    graph_->nodes.push_back(std::move(copy));
    piece_.model = TRY(model_bytes(small));
    return std::move(piece_);
  }

 private:
  ValueId take(ValueId id) {
    if (id == kNoValue) return id;
    const auto known = taken_.find(id);
    if (known != taken_.end()) return known->second;
    const ValueId inside = graph_->add_value(from_.value(id).name, from_.value(id).type);
    taken_[id] = inside;
    const Tensor* const constant = constant_of(from_, id);
    if (constant != nullptr && constant->dtype() == DType::kString) {
      graph_->initializers[inside] = *constant;  // a plan's tensors hold no strings
    } else {
      graph_->inputs.push_back(inside);
      piece_.inputs.push_back(id);
    }
    return inside;
  }

  const Graph& from_;
  Graph* graph_ = nullptr;
  Piece piece_;
  std::map<ValueId, ValueId> taken_;
};

}  // namespace

Result<Piece> piece_of(const Model& model, std::size_t node) {
  return PieceMaker(model.graph).make(model, node);
}

Result<Piece> whole_piece(const Model& model) {
  return Piece{TRY(model_bytes(model)), model.graph.inputs, model.graph.outputs};
}

Result<std::unique_ptr<runtime::Interpreted>> make_interpreted(
    std::span<const std::byte> params, std::span<const runtime::Operand* const> inputs,
    std::span<const runtime::Operand* const> outputs) {
  Model model = TRY(read_model_bytes(params, nullptr, {}));
  std::vector<InterpretedModel::Port> input_ports =
      TRY(ports_of(model.graph, model.graph.inputs, inputs));
  std::vector<InterpretedModel::Port> output_ports =
      TRY(ports_of(model.graph, model.graph.outputs, outputs));
  Interpreter interpreter = TRY(Interpreter::create(std::move(model)));
  return std::unique_ptr<runtime::Interpreted>(std::make_unique<InterpretedModel>(
      std::move(interpreter), std::move(input_ports), std::move(output_ports)));
}

}  // namespace slipway::compile
