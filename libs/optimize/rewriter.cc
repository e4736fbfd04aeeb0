#include "optimize/rewriter.h"

#include <algorithm>

#include "base/str.h"
#include "passes/list.h"
#include "passes/rewrite.h"
#include "tensor/convert.h"

namespace slipway::optimize {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kMaxInts = 1 << 16;

}  // namespace

bool is(const Node& node, std::string_view op) { return node.domain.empty() && node.op == op; }

std::optional<Shape> shape_of(const Graph& graph, ValueId id) {
  if (id == kNoValue) return std::nullopt;
  const Type& type = graph.value(id).type;
  return type.is_tensor() && type.dims ? known_shape(*type.dims) : std::nullopt;
}

std::optional<std::size_t> rank_of(const Graph& graph, ValueId id) {
  if (id == kNoValue) return std::nullopt;
  const Type& type = graph.value(id).type;
  return type.is_tensor() && type.dims ? std::optional(type.dims->size()) : std::nullopt;
}

std::optional<Ints> ints_of(const Graph& graph, ValueId id) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->rank() > 1 || tensor->size() > kMaxInts) return std::nullopt;
  if (tensor->dtype() != DType::kInt64 && tensor->dtype() != DType::kInt32) return std::nullopt;
  const Result<Tensor> wide = cast(*tensor, DType::kInt64);
  if (!wide.ok()) return std::nullopt;
  return Ints(wide->data<std::int64_t>().begin(), wide->data<std::int64_t>().end());
}

std::optional<Tensor> floats_of(const Graph& graph, ValueId id) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->dtype() != DType::kFloat32) return std::nullopt;
  Result<Tensor> direct = tensor->direct();
  return direct.ok() ? std::optional(*std::move(direct)) : std::nullopt;
}

std::optional<double> scalar_of(const Graph& graph, ValueId id, std::size_t max_rank) {
  const Tensor* const tensor = constant_of(graph, id);
  if (tensor == nullptr || tensor->size() != 1 || tensor->rank() > max_rank) return std::nullopt;
  const DType dtype = tensor->dtype();
  if (dtype != DType::kFloat32 && dtype != DType::kFloat64 && dtype != DType::kFloat16 &&
      dtype != DType::kBfloat16) {
    return std::nullopt;
  }
  const Result<Tensor> wide = cast(*tensor, DType::kFloat64);
  return wide.ok() ? std::optional(wide->data<double>()[0]) : std::nullopt;
}

Rewriter::Rewriter(Graph& graph)
    : graph_(graph), maker_(graph.values.size(), kNone), uses_(count_uses(graph)) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId output : graph.nodes[i].outputs) {
      if (output != kNoValue) maker_[index(output)] = i;
    }
  }
}

Node* Rewriter::maker(ValueId id) {
  if (id == kNoValue || index(id) >= maker_.size() || maker_[index(id)] == kNone) return nullptr;
  return &graph_.nodes[maker_[index(id)]];
}

Node* Rewriter::maker(ValueId id, std::string_view op, bool shared) {
  Node* const node = maker(id);
  if (node == nullptr || !is(*node, op) || node->outputs[0] != id) return nullptr;
  return shared || is_used_once(id) ? node : nullptr;
}

std::size_t Rewriter::uses(ValueId id) const {
  return id != kNoValue && index(id) < uses_.size() ? uses_[index(id)] : 0;
}

bool Rewriter::is_used_once(ValueId id) const { return uses(id) == 1 && !is_output(graph_, id); }

ValueId Rewriter::value(std::string_view name, Type type) {
  return graph_.add_value(str(name, "/", graph_.values.size()), std::move(type));
}

ValueId Rewriter::constant(std::string_view name, Tensor tensor) {
  const ValueId id = value(name, Type::tensor(tensor.dtype(), to_dims(tensor.shape())));
  graph_.initializers[id] = std::move(tensor);
  return id;
}

void Rewriter::replace(std::size_t i, std::string op, std::vector<ValueId> inputs,
                       std::vector<Attribute> attributes) {
  Node& node = graph_.nodes[i];
  node.op = std::move(op);
  node.domain.clear();
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  ++changes_;
}

void Rewriter::pass_on(std::size_t i, ValueId from) {
  replace(i, "Identity", {from});
  graph_.nodes[i].outputs.resize(1);
}

ValueId Rewriter::insert_before(std::size_t i, std::string op, std::vector<ValueId> inputs,
                                Type type, std::vector<Attribute> attributes) {
  Node node;
  node.op = std::move(op);
  node.version = graph_.nodes[i].version;
  node.inputs = std::move(inputs);
  node.outputs = {value(graph_.value(graph_.nodes[i].outputs[0]).name, std::move(type))};
  node.attributes = std::move(attributes);
  const ValueId output = node.outputs[0];
  inserted_.emplace_back(i, std::move(node));
  return output;
}

std::size_t Rewriter::finish() {
  if (changes_ == 0) return 0;
  if (!inserted_.empty()) {
    std::ranges::stable_sort(inserted_, {}, [](const auto& entry) { return entry.first; });
    std::vector<Node> nodes;
    nodes.reserve(graph_.nodes.size() + inserted_.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (; next < inserted_.size() && inserted_[next].first == i; ++next)
        nodes.push_back(std::move(inserted_[next].second));
      nodes.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(nodes);
  }
  remove_dead(graph_);
  return changes_;
}

std::string note(std::size_t count, std::string_view what, std::string_view noun,
                 std::string_view ending) {
  if (count == 0) return "";
  return str(what, " ", count_text(count, noun), ending.empty() ? "" : " ", ending);
}

}  // namespace slipway::optimize
