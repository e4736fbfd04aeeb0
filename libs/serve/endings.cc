#include "serve/endings.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string_view>

namespace slipway::serve {
namespace {

constexpr std::string_view kMl = "ai.onnx.ml";

class Endings {
 public:
  explicit Endings(Graph& graph) : graph_(graph), uses_(graph.values.size()) {
    for (const Node& node : graph.nodes) {
      for (const ValueId id : node.inputs) count_use(id);
      for_each_subgraph(node, [&](const Graph& inner) {
        for (const Capture& capture : inner.captures) count_use(capture.outer);
      });
    }
    for (const ValueId id : graph.outputs) count_use(id);
  }

  Ending take(std::size_t output) {
    const ValueId id = graph_.outputs[output];
    if (!is_used_once(id)) return {};
    const Type& type = graph_.value(id).type;
    if (type.kind == Type::Kind::kSequence) return take_dicts(output);
    if (type.kind == Type::Kind::kTensor && type.dtype == DType::kString) return take_text(id);
    return {};
  }

 private:
  void count_use(ValueId id) {
    if (id != kNoValue) ++uses_[index(id)];
  }
  bool is_used_once(ValueId id) const { return uses_[index(id)] == 1; }

  Node* maker_of(ValueId id) {
    for (Node& node : graph_.nodes) {
      if (!node.outputs.empty() && node.outputs.front() == id) return &node;
    }
    return nullptr;
  }

  // Y = ZipMap(X) becomes X.
  Ending take_dicts(std::size_t output) {
    Node* const zip = maker_of(graph_.outputs[output]);
    if (zip == nullptr || zip->op != "ZipMap" || zip->domain != kMl) return {};
    const ValueId scores = zip->inputs.front();
    const Type& type = graph_.value(scores).type;
    const bool is_table = type.kind == Type::Kind::kTensor && type.dtype == DType::kFloat32 &&
                          type.dims.has_value() && !type.dims->empty() && type.dims->size() <= 2;
    if (!is_table || maker_of_any(scores) == nullptr || is_output(scores)) return {};
    Ending ending;
    ending.kind = Ending::Kind::kDicts;
    if (const auto* words = payload<std::vector<std::string>>(*zip, "classlabels_strings")) {
      ending.labels = *words;
    } else if (const auto* ints = payload<std::vector<std::int64_t>>(*zip, "classlabels_int64s")) {
      ending.labels = *ints;
    } else {
      return {};
    }
    graph_.outputs[output] = scores;
    graph_.nodes.erase(graph_.nodes.begin() + (zip - graph_.nodes.data()));
    return ending;
  }

  // Text that is picked from a table of labels, and then only moved: the places are picked instead.
  Ending take_text(ValueId output) {
    std::vector<ValueId> moved;
    for (ValueId id = output;;) {
      Node* const node = maker_of(id);
      if (node == nullptr || !is_used_once(id)) return {};
      moved.push_back(id);
      if (is_move(*node)) {
        id = node->inputs.front();
        continue;
      }
      std::optional<std::vector<std::string>> labels = number_labels(*node);
      if (!labels) return {};
      for (const ValueId each : moved) graph_.value(each).type.dtype = DType::kInt64;
      return {Ending::Kind::kText, std::move(*labels)};
    }
  }

  static bool is_move(const Node& node) {
    constexpr std::array kMoves = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"};
    return node.domain.empty() && std::ranges::find(kMoves, node.op) != kMoves.end();
  }

  // The labels of a node that gives text, after which it gives their places.
  std::optional<std::vector<std::string>> number_labels(Node& node) {
    if (node.domain == kMl && node.op == "ArrayFeatureExtractor") return number_table(node);
    constexpr std::array kClassifiers = {std::array{"TreeEnsembleClassifier", "classlabels_int64s"},
                                         std::array{"LinearClassifier", "classlabels_ints"},
                                         std::array{"SVMClassifier", "classlabels_ints"}};
    for (const auto& [op, ints] : kClassifiers) {
      if (node.domain != kMl || node.op != op) continue;
      for (Attribute& attribute : node.attributes) {
        if (attribute.name != "classlabels_strings") continue;
        const auto* const words = std::get_if<std::vector<std::string>>(&attribute.value);
        if (words == nullptr) return std::nullopt;
        std::vector<std::string> labels = *words;
        attribute = Attribute(ints, places(labels.size()));
        return labels;
      }
    }
    return std::nullopt;
  }

  // ArrayFeatureExtractor(labels, places)
  std::optional<std::vector<std::string>> number_table(Node& node) {
    const Tensor* const table = graph_.initializer(node.inputs.front());
    if (table == nullptr || table->dtype() != DType::kString) return std::nullopt;
    const auto words = table->data<std::string>();
    std::vector<std::string> labels(words.begin(), words.end());
    const Shape shape = table->shape();
    std::string name = graph_.value(node.inputs.front()).name + "/places";
    while (std::ranges::any_of(graph_.values, [&](const auto& v) { return v.name == name; }))
      name += '_';
    Dims dims;
    for (const std::int64_t extent : shape) dims.emplace_back(extent);
    const ValueId id = graph_.add_value(name, Type::tensor(DType::kInt64, std::move(dims)));
    uses_.push_back(1);
    graph_.initializers.emplace(id, Tensor::of(shape, places(labels.size())));
    node.inputs.front() = id;
    return labels;
  }

  static std::vector<std::int64_t> places(std::size_t count) {
    std::vector<std::int64_t> places(count);
    std::iota(places.begin(), places.end(), 0);
    return places;
  }

  template <typename T>
  static const T* payload(const Node& node, std::string_view name) {
    const Attribute* const attribute = node.find_attribute(name);
    const T* const held = attribute == nullptr ? nullptr : std::get_if<T>(&attribute->value);
    return held == nullptr || held->empty() ? nullptr : held;
  }

  const Node* maker_of_any(ValueId id) const {
    for (const Node& node : graph_.nodes) {
      if (std::ranges::find(node.outputs, id) != node.outputs.end()) return &node;
    }
    return nullptr;
  }
  bool is_output(ValueId id) const {
    return std::ranges::find(graph_.outputs, id) != graph_.outputs.end();
  }

  Graph& graph_;
  std::vector<std::size_t> uses_;  // of each value, by nodes, subgraphs and as outputs
};

}  // namespace

std::vector<Ending> take_endings(Model& model) {
  Endings endings(model.graph);
  std::vector<Ending> taken;
  for (std::size_t i = 0; i < model.graph.outputs.size(); ++i) taken.push_back(endings.take(i));
  return taken;
}

}  // namespace slipway::serve
