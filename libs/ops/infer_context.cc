#include "ops/infer_context.h"

#include "tensor/convert.h"

namespace slipway {
namespace {

const Type kUnknownType;

// The elements of a constant of rank 0 or 1, when it holds integers.
std::optional<Dims> constant_elements(const Tensor& tensor) {
  if (tensor.rank() > 1 || !(is_integer(tensor.dtype()) || tensor.dtype() == DType::kBool)) {
    return std::nullopt;
  }
  const Result<Tensor> wide = cast(tensor, DType::kInt64);
  if (!wide.ok()) return std::nullopt;
  Dims elements;
  for (const std::int64_t element : wide->data<std::int64_t>()) {
    elements.push_back(element >= 0 ? Dim(element) : Dim());
  }
  return elements;
}

}  // namespace

InferContext::InferContext(const Node& node, std::string label, std::vector<Type> input_types,
                           std::vector<const Tensor*> constants,
                           std::vector<std::optional<Dims>> elements, SubgraphRule subgraph_rule)
    : NodeView(node, std::move(label)),
      input_types_(std::move(input_types)),
      constants_(std::move(constants)),
      elements_(std::move(elements)),
      outputs_(node.outputs.size()),
      output_elements_(node.outputs.size()),
      subgraph_rule_(std::move(subgraph_rule)) {}

bool InferContext::has_input(std::size_t i) const {
  return i < node().inputs.size() && node().inputs[i] != kNoValue;
}

bool InferContext::has_output(std::size_t i) const {
  return i < node().outputs.size() && node().outputs[i] != kNoValue;
}

const Type& InferContext::input(std::size_t i) const {
  return i < input_types_.size() ? input_types_[i] : kUnknownType;
}

const Dims* InferContext::dims(std::size_t i) const {
  const Type& type = input(i);
  return type.is_tensor() && type.dims.has_value() ? &*type.dims : nullptr;
}

const Tensor* InferContext::constant(std::size_t i) const {
  return i < constants_.size() ? constants_[i] : nullptr;
}

std::optional<Dims> InferContext::elements(std::size_t i) const {
  if (const Tensor* known = constant(i)) return constant_elements(*known);
  if (i < elements_.size() && elements_[i].has_value()) return elements_[i];
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> InferContext::known_ints(std::size_t i) const {
  if (const Tensor* known = constant(i)) {
    if (!is_integer(known->dtype()) && known->dtype() != DType::kBool) return std::nullopt;
    const Result<Tensor> wide = cast(*known, DType::kInt64);
    if (!wide.ok()) return std::nullopt;
    const auto data = wide->data<std::int64_t>();
    return std::vector<std::int64_t>(data.begin(), data.end());
  }
  const std::optional<Dims> partial = elements(i);
  if (!partial.has_value()) return std::nullopt;
  return known_shape(*partial);
}

void InferContext::set_output(std::size_t i, Type type) {
  if (i < outputs_.size()) outputs_[i] = std::move(type);
}

void InferContext::set_elements(std::size_t i, Dims elements) {
  if (i < output_elements_.size()) output_elements_[i] = std::move(elements);
}

Result<std::vector<Type>> InferContext::infer_subgraph(const Graph& body,
                                                       const std::vector<Type>& inputs) const {
  return subgraph_rule_(body, inputs);
}

namespace {

std::string dims_text(const Dims& dims) {
  std::vector<std::string> extents;
  for (const Dim& dim : dims) extents.push_back(to_text(dim));
  return str("[", join(extents, ","), "]");
}

}  // namespace

Result<Dims> broadcast(const Dims& a, const Dims& b) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims out = longer;
  const std::size_t shift = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    const Dim& x = longer[i + shift];
    const Dim& y = shorter[i];
    Dim& result = out[i + shift];
    if (x == y) continue;
    if (x.is_known() && x.extent() == 1) {
      result = y;
    } else if (y.is_known() && y.extent() == 1) {
      result = x;
    } else if (x.is_known() && y.is_known()) {
      return Error{Code::kInvalid, str("shapes ", dims_text(a), " and ", dims_text(b),
                                       " do not broadcast: ", x.extent(), " against ", y.extent())};
    } else if (x.is_known()) {
      result = x;  // an extent other than 1 decides
    } else if (y.is_known()) {
      result = y;
    } else {
      result = Dim();
    }
  }
  return out;
}

Status infer_same_as_first(InferContext& ctx) {
  ctx.copy_type(0, 0);
  return {};
}

namespace {

Status infer_broadcast_as(InferContext& ctx, DType dtype) {
  std::optional<Dims> merged = Dims{};
  for (std::size_t i = 0; i < ctx.input_count() && merged.has_value(); ++i) {
    const Dims* dims = ctx.dims(i);
    if (dims == nullptr) {
      merged.reset();
      break;
    }
    Result<Dims> wider = broadcast(*merged, *dims);
    if (!wider.ok()) return ctx.fail(wider.error().message);
    merged = *std::move(wider);
  }
  ctx.set_output(0, Type::tensor(dtype, std::move(merged)));
  return {};
}

}  // namespace

Status infer_broadcast(InferContext& ctx) { return infer_broadcast_as(ctx, ctx.dtype(0)); }
Status infer_broadcast_bool(InferContext& ctx) { return infer_broadcast_as(ctx, DType::kBool); }

}  // namespace slipway
