#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "ops/op.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

constexpr std::size_t kLargestConstantBytes = 4096;  // larger ones are not compared

// Text that two nodes share only where one does what the other does.
class Key {
 public:
  template <typename T>
  void add_number(T x) {
    static_assert(std::is_trivially_copyable_v<T>);
    const char* const bytes = reinterpret_cast<const char*>(&x);
    text.append(bytes, sizeof(x));
  }
  void add_text(std::string_view x) {
    add_number(x.size());
    text.append(x);
  }
  template <typename T>
  void add_numbers(const std::vector<T>& x) {
    add_number(x.size());
    for (const T& element : x) add_number(element);
  }
  // False where the tensor is none that is worth comparing.
  bool add_tensor(const Tensor& tensor) {
    if (tensor.dtype() == DType::kString) return false;
    const Result<Tensor> direct = tensor.direct();
    if (!direct.ok() || direct->bytes().size() > kLargestConstantBytes) return false;
    add_number(direct->dtype());
    add_numbers(direct->shape());
    const std::span<const std::byte> bytes = direct->bytes();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
  bool add_attribute(const Attribute& attribute) {
    add_text(attribute.name);
    add_number(attribute.kind);
    if (const auto* const real = std::get_if<float>(&attribute.value)) {
      add_number(*real);
    } else if (const auto* const integer = std::get_if<std::int64_t>(&attribute.value)) {
      add_number(*integer);
    } else if (const auto* const string = std::get_if<std::string>(&attribute.value)) {
      add_text(*string);
    } else if (const auto* const reals = std::get_if<std::vector<float>>(&attribute.value)) {
      add_numbers(*reals);
    } else if (const auto* const ints = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
      add_numbers(*ints);
    } else if (const auto* const strings =
                   std::get_if<std::vector<std::string>>(&attribute.value)) {
      add_number(strings->size());
      for (const std::string& element : *strings) add_text(element);
    } else if (const auto* const tensor = std::get_if<Tensor>(&attribute.value)) {
      return add_tensor(*tensor);
    } else {
      return false;  // subgraphs, types, sparse tensors
    }
    return true;
  }

  std::string text;
};

// None where the node may give something else when it is run again, or holds what is not compared.
std::optional<std::string> key_of(const Node& node) {
  const Op* const op = find_op(node.domain, node.op);
  if (op == nullptr || op->is_random) return std::nullopt;
  Key key;
  key.add_text(node.domain);
  key.add_text(node.op);
  key.add_text(node.overload);
  key.add_number(node.version);
  key.add_numbers(node.inputs);
  key.add_number(node.outputs.size());
  for (const ValueId output : node.outputs) key.add_number(output == kNoValue);
  std::vector<const Attribute*> attributes;
  for (const Attribute& attribute : node.attributes) attributes.push_back(&attribute);
  std::ranges::sort(attributes, {}, &Attribute::name);
  for (const Attribute* attribute : attributes) {
    if (!key.add_attribute(*attribute)) return std::nullopt;
  }
  return std::move(key.text);
}

class Merger {
 public:
  explicit Merger(Graph& graph) : graph_(graph) {}

  void merge_constants() {
    std::map<std::string, ValueId> first;
    for (const auto& [id, tensor] : graph_.initializers) {
      if (is_input(graph_, id) || is_output(graph_, id)) continue;
      Key key;
      if (!key.add_tensor(tensor)) continue;
      const auto [found, is_new] = first.emplace(std::move(key.text), id);
      if (!is_new) replaced_[id] = found->second;
    }
  }

  std::size_t merge_nodes() {
    std::map<std::string, std::size_t> first;
    std::vector<bool> is_removed(graph_.nodes.size(), false);
    std::size_t merged = 0;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      redirect(node);
      std::optional<std::string> key = key_of(node);
      if (!key) continue;
      const auto [found, is_new] = first.emplace(*std::move(key), i);
      if (is_new || !replace(node, graph_.nodes[found->second])) continue;
      is_removed[i] = true;
      ++merged;
    }
    remove_nodes(graph_, is_removed);
    return merged;
  }

 private:
  void redirect(ValueId& id) const {
    const auto found = replaced_.find(id);
    if (found != replaced_.end()) id = found->second;
  }
  void redirect(Node& node) const {
    for (ValueId& input : node.inputs) redirect(input);
    for_each_subgraph(node, [&](Graph& body) {
      for (Capture& capture : body.captures) redirect(capture.outer);
    });
  }

  // What used the node's outputs uses those of `by`; an output of the graph keeps its node.
  bool replace(const Node& node, const Node& by) {
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] == kNoValue) continue;
      if (is_output(graph_, node.outputs[k]) || to_text(graph_.value(node.outputs[k]).type) !=
                                                    to_text(graph_.value(by.outputs[k]).type)) {
        return false;
      }
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] != kNoValue) replaced_[node.outputs[k]] = by.outputs[k];
    }
    return true;
  }

  Graph& graph_;
  std::map<ValueId, ValueId> replaced_;
};

}  // namespace

// Of nodes that give the same, the first alone stays.
Result<std::string> merge_equal(Model& model) {
  Merger merger(model.graph);
  merger.merge_constants();
  const std::size_t merged = merger.merge_nodes();
  return merged == 0 ? "" : "merged " + count_text(merged, "node") + " into equal ones before them";
}

}  // namespace slipway
