#include "ops/eval_context.h"

#include "ops/cost_context.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

const Tensor kNoTensor;
const Value kAbsent;

}  // namespace

EvalContext::EvalContext(const Node& node, std::string label, std::vector<Value> inputs,
                         SubgraphRunner subgraph_runner, std::uint64_t seed)
    : NodeView(node, std::move(label)),
      inputs_(std::move(inputs)),
      outputs_(node.outputs.size()),
      subgraph_runner_(std::move(subgraph_runner)),
      seed_(seed) {}

bool EvalContext::has_input(std::size_t i) const {
  return i < inputs_.size() && !inputs_[i].is_absent();
}

bool EvalContext::has_output(std::size_t i) const {
  return i < node().outputs.size() && node().outputs[i] != kNoValue;
}

const Tensor& EvalContext::input(std::size_t i) const {
  return i < inputs_.size() && inputs_[i].is_tensor() ? inputs_[i].tensor() : kNoTensor;
}

const Value& EvalContext::value(std::size_t i) const {
  return i < inputs_.size() ? inputs_[i] : kAbsent;
}

Result<std::vector<std::int64_t>> EvalContext::ints(std::size_t i) const {
  const Tensor& tensor = input(i);
  if (!is_integer(tensor.dtype())) {
    return fail("input ", i, " must hold integers, it is ", describe(value(i)));
  }
  const Tensor wide = TRY(cast(tensor, DType::kInt64));
  const auto data = wide.data<std::int64_t>();
  return std::vector<std::int64_t>(data.begin(), data.end());
}

Result<Tensor> EvalContext::make(DType dtype, Shape shape) const {
  Result<Tensor> tensor = Tensor::create(dtype, std::move(shape));
  if (!tensor.ok()) {
    return Error{tensor.error().code, str(label(), ": ", tensor.error().message)};
  }
  return tensor;
}

void EvalContext::set_output(std::size_t i, Value value) {
  if (i < outputs_.size()) outputs_[i] = std::move(value);
}

Result<std::vector<Value>> EvalContext::run_subgraph(const Graph& body,
                                                     std::vector<Value> inputs) const {
  return subgraph_runner_(body, std::move(inputs));
}

std::int64_t saturating_count(const Shape& shape) {
  const Result<std::size_t> count = element_count(shape);
  return count.ok() ? static_cast<std::int64_t>(*count) : std::numeric_limits<std::int64_t>::max();
}

}  // namespace slipway
