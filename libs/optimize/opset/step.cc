#include "optimize/opset/step.h"

#include <algorithm>

#include "tensor/convert.h"

namespace slipway::optimize {

std::optional<Tensor> Step::constant(std::size_t k) const {
  if (!has_input(k)) return std::nullopt;
  const auto found = constants_.find(node.inputs[k]);
  if (found == constants_.end()) return std::nullopt;
  Result<Tensor> direct = found->second.direct();
  return direct.ok() ? std::optional(*std::move(direct)) : std::nullopt;
}

std::optional<Ints> Step::ints(std::size_t k) const {
  constexpr std::size_t kMostInts = 1 << 16;
  const auto tensor = constant(k);
  if (!tensor || tensor->size() > kMostInts || !is_integer(tensor->dtype())) return std::nullopt;
  const Result<Tensor> wide = cast(*tensor, DType::kInt64);
  if (!wide.ok()) return std::nullopt;
  return Ints(wide->data<std::int64_t>().begin(), wide->data<std::int64_t>().end());
}

std::optional<std::vector<double>> Step::reals(std::size_t k) const {
  constexpr std::size_t kMostReals = 1 << 16;
  const auto tensor = constant(k);
  if (!tensor || tensor->size() > kMostReals || tensor->dtype() == DType::kString)
    return std::nullopt;
  const Result<Tensor> wide = cast(*tensor, DType::kFloat64);
  if (!wide.ok()) return std::nullopt;
  return std::vector<double>(wide->data<double>().begin(), wide->data<double>().end());
}

void Step::erase(std::string_view attribute) {
  std::erase_if(node.attributes, [&](const Attribute& a) { return a.name == attribute; });
}

void Step::set_input(std::size_t k, ValueId id) {
  if (node.inputs.size() <= k) node.inputs.resize(k + 1, kNoValue);
  node.inputs[k] = id;
}

void Step::drop_omitted() {
  while (!node.inputs.empty() && node.inputs.back() == kNoValue) node.inputs.pop_back();
}

ValueId Step::value(std::string_view what, Type type) {
  std::string_view base;
  for (const ValueId output : node.outputs) {
    if (output != kNoValue && base.empty()) base = graph_.value(output).name;
  }
  return graph_.add_value(str(base, '/', what, '/', graph_.values.size()), std::move(type));
}

ValueId Step::add_constant(std::string_view what, Tensor tensor) {
  const ValueId id = value(what, Type::tensor(tensor.dtype(), to_dims(tensor.shape())));
  constants_[id] = tensor;
  graph_.initializers[id] = std::move(tensor);
  return id;
}

ValueId Step::add_before(std::string op, std::vector<ValueId> inputs, Type type,
                         std::vector<Attribute> attributes) {
  Node made;
  made.name = node.name.empty() ? "" : str(node.name, '/', op);
  made.outputs = {value(op, std::move(type))};
  made.op = std::move(op);
  made.version = to;
  made.inputs = std::move(inputs);
  made.attributes = std::move(attributes);
  before.push_back(std::move(made));
  return before.back().outputs[0];
}

void Step::add_after(std::size_t k, std::string op, Type type, std::vector<ValueId> more_inputs,
                     std::vector<Attribute> attributes) {
  Node made;
  made.name = node.name.empty() ? "" : str(node.name, '/', op);
  made.op = std::move(op);
  made.version = to;
  made.outputs = {node.outputs[k]};
  node.outputs[k] = value(str("before ", made.op), std::move(type));
  made.inputs = {node.outputs[k]};
  made.inputs.insert(made.inputs.end(), more_inputs.begin(), more_inputs.end());
  made.attributes = std::move(attributes);
  after.insert(after.begin(), std::move(made));
}

Error Step::unsupported(std::string_view reason) const {
  std::string name = node.name;
  for (const ValueId output : node.outputs) {
    if (name.empty() && output != kNoValue) name = graph_.value(output).name;
  }
  return {Code::kUnsupported, str("node ", shorten(name), " (", node.op, ") of opset ",
                                  node.version, " has no form in opset ", to, ": ", reason)};
}

}  // namespace slipway::optimize
