#include "quantize/placement.h"

#include <algorithm>
#include <map>

#include "base/nearest.h"
#include "base/str.h"
#include "ops/node_view.h"
#include "passes/rewrite.h"

namespace slipway::quantize {
namespace {

struct MoverRow {
  std::string_view op;
  bool joins = false;  // every input is data
};

constexpr MoverRow kMovers[] = {
    {"Concat", true}, {"DepthToSpace"}, {"Expand"},    {"Flatten"},      {"Gather"},
    {"MaxPool"},      {"Reshape"},      {"Slice"},     {"SpaceToDepth"}, {"Split"},
    {"Squeeze"},      {"Tile"},         {"Transpose"}, {"Unsqueeze"},
};

constexpr std::string_view kSums[] = {"Add", "AveragePool", "GlobalAveragePool"};

class Placer {
 public:
  Placer(const Graph& graph, const Options& options, const std::set<std::string>& kept)
      : graph_(graph), options_(options), kept_(kept), links_(graph), kinds_(graph.nodes.size()) {}

  Placement place() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!is_wanted(i)) continue;
      if (auto product = product_of(i)) {
        products_.emplace(i, *product);
      } else if (is_recurrent(i)) {
        placement_.recurrent.push_back({i});
      }
    }
    for (const auto& [node, product] : products_) {
      kinds_[node] = Kind::kProduct;
      if (product.bias_add) kinds_[*product.bias_add] = Kind::kPart;
      mark_clamp(product.sum, product.result);
    }
    find_others();
    drop_lonely();
    set_few_apart();
    collect();
    return std::move(placement_);
  }

 private:
  enum class Kind : std::uint8_t { kFloat, kProduct, kPart, kMover, kSum };

  bool is_wanted(std::size_t i) const {
    const std::string name = node_name(graph_, i);
    const auto holds = [&](const std::vector<std::string>& names) {
      return std::ranges::find(names, name) != names.end();
    };
    if (kept_.contains(name) || holds(options_.exclude)) return false;
    return options_.only.empty() || holds(options_.only);
  }

  bool is_constant_float(ValueId id) const {
    const Tensor* const tensor = id == kNoValue ? nullptr : constant_of(graph_, id);
    return tensor != nullptr && tensor->dtype() == DType::kFloat32 && tensor->size() != 0;
  }

  // The value after a Relu or Clip that alone uses it.
  ValueId after_clamp(ValueId id) const {
    const auto user = links_.only_user(id);
    if (!user) return id;
    const Node& node = graph_.nodes[*user];
    if (!node.domain.empty() || (node.op != "Relu" && node.op != "Clip") || node.inputs[0] != id)
      return id;
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != kNoValue && !is_constant_float(node.inputs[i])) return id;
    }
    return node.outputs[0];
  }

  void mark_clamp(ValueId sum, ValueId result) {
    if (sum != result) kinds_[*links_.maker(result)] = Kind::kPart;
  }

  std::optional<Product> product_of(std::size_t i) const {
    const Node& node = graph_.nodes[i];
    if (!node.domain.empty() || node.inputs.size() < 2 ||
        !is_float_tensor(graph_, node.inputs[0]) ||
        constant_of(graph_, node.inputs[0]) != nullptr || !is_constant_float(node.inputs[1])) {
      return std::nullopt;
    }
    const Tensor& weights = *constant_of(graph_, node.inputs[1]);
    const NodeView view(node, "");
    Product product;
    product.node = i;
    product.weights = node.inputs[1];
    product.sum = node.outputs[0];
    if (node.op == "Conv") {
      if (weights.rank() < 3) return std::nullopt;
      product.groups =
          static_cast<std::size_t>(std::max<std::int64_t>(view.get_int("group", 1), 1));
    } else if (node.op == "Gemm") {
      if (weights.rank() != 2 || view.get_float("alpha", 1.0F) != 1.0F ||
          view.get_float("beta", 1.0F) != 1.0F || view.get_flag("transA", false)) {
        return std::nullopt;
      }
      product.axis = view.get_flag("transB", false) ? 0 : 1;
    } else if (node.op == "MatMul") {
      if (weights.rank() != 2) return std::nullopt;
      product.axis = 1;
    } else {
      return std::nullopt;
    }
    if (!take_bias(node, weights, product)) return std::nullopt;
    product.result = after_clamp(product.sum);
    return product;
  }

  // False where the node has a bias that is no constant row.
  bool take_bias(const Node& node, const Tensor& weights, Product& product) const {
    if (node.inputs.size() > 2 && node.inputs[2] != kNoValue) {
      product.bias = node.inputs[2];
      return is_constant_float(product.bias) &&
             constant_of(graph_, product.bias)->size() ==
                 static_cast<std::size_t>(weights.dim(product.axis));
    }
    if (node.op != "MatMul") return true;
    const auto user = links_.only_user(product.sum);
    if (!user || graph_.nodes[*user].op != "Add" || !graph_.nodes[*user].domain.empty())
      return true;
    const std::vector<ValueId>& terms = graph_.nodes[*user].inputs;
    const ValueId other = terms[0] == product.sum ? terms[1] : terms[0];
    if (!is_constant_float(other)) return true;
    const Tensor& bias = *constant_of(graph_, other);
    if (bias.rank() != 1 || bias.dim(0) != weights.dim(1)) return true;
    product.bias = other;
    product.bias_add = *user;
    product.sum = graph_.nodes[*user].outputs[0];
    return true;
  }

  bool is_recurrent(std::size_t i) const {
    const Node& node = graph_.nodes[i];
    return node.domain.empty() && (node.op == "LSTM" || node.op == "GRU" || node.op == "RNN") &&
           node.inputs.size() > 2 && is_constant_float(node.inputs[1]) &&
           is_constant_float(node.inputs[2]);
  }

  void find_others() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (kinds_[i] != Kind::kFloat || !node.domain.empty() || !is_wanted(i) ||
          node.outputs.empty() || !is_float_tensor(graph_, node.outputs[0])) {
        continue;
      }
      const auto* const mover = std::ranges::find(kMovers, node.op, &MoverRow::op);
      if (mover != std::end(kMovers)) {
        if (node.op == "MaxPool" && node.outputs.size() > 1) continue;
        movers_[i] = {i, mover->joins ? node.inputs.size() : 1};
        kinds_[i] = Kind::kMover;
      } else if (std::ranges::find(kSums, node.op) != std::end(kSums)) {
        sums_[i] = {i, after_clamp(node.outputs[0])};
        kinds_[i] = Kind::kSum;
        mark_clamp(node.outputs[0], sums_[i].result);
      }
    }
  }

  std::vector<ValueId> data_inputs(std::size_t i) const {
    const Node& node = graph_.nodes[i];
    if (kinds_[i] == Kind::kProduct) return {node.inputs[0]};
    const std::size_t count = kinds_[i] == Kind::kMover ? movers_.at(i).inputs : node.inputs.size();
    return {node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  // Whether the value comes from a node that works on bytes; a mover may also begin at an input.
  bool comes_as_bytes(ValueId id, bool or_input) const {
    if (id == kNoValue || !is_float_tensor(graph_, id)) return false;
    if (or_input && is_input(graph_, id)) return true;
    auto maker = links_.maker(id);
    if (!maker) return false;
    if (kinds_[*maker] == Kind::kPart) {
      // The clamp or the bias of whatever it belongs to.
      for (const auto& [node, product] : products_) {
        if (product.result == id) return true;
      }
      return std::ranges::any_of(sums_, [&](const auto& sum) { return sum.second.result == id; });
    }
    if (kinds_[*maker] == Kind::kProduct) return products_.at(*maker).result == id;
    if (kinds_[*maker] == Kind::kSum) return sums_.at(*maker).result == id;
    return kinds_[*maker] == Kind::kMover;
  }

  bool goes_as_bytes(ValueId id) const {
    return std::ranges::any_of(links_.users(id), [&](std::size_t user) {
      if (kinds_[user] == Kind::kFloat || kinds_[user] == Kind::kPart) return false;
      return std::ranges::count(data_inputs(user), id) > 0;
    });
  }

  // Movers and sums that bytes do not come to, or do not go from, stay as they are.
  void drop_lonely() {
    for (bool is_changed = true; is_changed;) {
      is_changed = false;
      const auto drop = [&](std::size_t i, ValueId result) {
        kinds_[i] = Kind::kFloat;
        if (graph_.nodes[i].outputs[0] != result) kinds_[*links_.maker(result)] = Kind::kFloat;
        is_changed = true;
      };
      const auto is_lonely = [&](std::size_t i, ValueId result, bool or_input) {
        return !goes_as_bytes(result) || !std::ranges::all_of(data_inputs(i), [&](ValueId id) {
          return comes_as_bytes(id, or_input);
        });
      };
      std::erase_if(movers_, [&](const auto& mover) {
        const ValueId result = graph_.nodes[mover.first].outputs[0];
        // One of several outputs (Split) is enough.
        const bool goes = std::ranges::any_of(graph_.nodes[mover.first].outputs, [&](ValueId id) {
          return id != kNoValue && goes_as_bytes(id);
        });
        const bool lonely =
            !goes || !std::ranges::all_of(data_inputs(mover.first),
                                          [&](ValueId id) { return comes_as_bytes(id, true); });
        if (lonely) drop(mover.first, result);
        return lonely;
      });
      std::erase_if(sums_, [&](const auto& sum) {
        const bool lonely = is_lonely(sum.first, sum.second.result, false);
        if (lonely) drop(sum.first, sum.second.result);
        return lonely;
      });
    }
  }

  void set_few_apart() {
    std::erase_if(products_, [&](const auto& row) {
      const auto& [i, product] = row;
      const auto outputs =
          static_cast<std::size_t>(constant_of(graph_, product.weights)->dim(product.axis));
      const bool is_apart = graph_.nodes[i].op != "Conv" && outputs < kFewOutputs &&
                            !goes_as_bytes(product.result) &&
                            !comes_as_bytes(graph_.nodes[i].inputs[0], false);
      if (is_apart) placement_.weights_alone.push_back(product);
      return is_apart;
    });
  }

  void collect() {
    std::set<ValueId> wanted;
    for (auto& [i, product] : products_) {
      wanted.insert(graph_.nodes[i].inputs[0]);
      product.is_result_quantized = graph_.nodes[i].op == "Conv" || goes_as_bytes(product.result);
      if (product.is_result_quantized) wanted.insert(product.result);
      placement_.products.push_back(product);
    }
    for (const auto& [i, mover] : movers_) {
      for (const ValueId id : data_inputs(i)) wanted.insert(id);
      for (const ValueId id : graph_.nodes[i].outputs) {
        if (id != kNoValue) wanted.insert(id);
      }
      placement_.movers.push_back(mover);
    }
    for (const auto& [i, sum] : sums_) {
      for (const ValueId id : data_inputs(i)) wanted.insert(id);
      wanted.insert(sum.result);
      placement_.sums.push_back(sum);
    }
    for (const ValueId id : graph_.inputs) {
      if (wanted.erase(id) > 0) placement_.quantized.push_back(id);
    }
    for (const Node& node : graph_.nodes) {
      for (const ValueId id : node.outputs) {
        if (id != kNoValue && wanted.erase(id) > 0) placement_.quantized.push_back(id);
      }
    }
    for (const ValueId id : wanted) placement_.quantized.push_back(id);  // captured
  }

  const Graph& graph_;
  const Options& options_;
  const std::set<std::string>& kept_;
  const Links links_;
  std::vector<Kind> kinds_;
  std::map<std::size_t, Product> products_;
  std::map<std::size_t, Mover> movers_;
  std::map<std::size_t, Sum> sums_;
  Placement placement_;
};

}  // namespace

std::string node_name(const Graph& graph, std::size_t node) {
  const Node& n = graph.nodes[node];
  if (!n.name.empty()) return n.name;
  for (const ValueId id : n.outputs) {
    if (id != kNoValue) return graph.value(id).name;
  }
  return str(n.op, " ", node);
}

Status check_names(const Graph& graph, const std::vector<std::string>& names,
                   std::string_view option) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) known.push_back(node_name(graph, i));
  for (const std::string& word : names) {
    if (std::ranges::find(known, word) != known.end()) continue;
    const std::string near = nearest(word, known);
    return Error{Code::kUsage, str(option, ": the model has no node '", shorten(word), "'",
                                   near.empty() ? ": slipway inspect --layers lists them"
                                                : str(", did you mean ", near, "?"))};
  }
  return {};
}

Placement place(const Graph& graph, const Options& options, const std::set<std::string>& kept) {
  return Placer(graph, options, kept).place();
}

std::vector<std::vector<ValueId>> scale_groups(
    const Graph& graph, const Placement& placement,
    const std::function<bool(const std::vector<ValueId>&)>& is_joined) {
  std::map<ValueId, ValueId> parent;
  for (const ValueId id : placement.quantized) parent[id] = id;
  const auto root = [&](ValueId id) {
    while (parent[id] != id) id = parent[id] = parent[parent[id]];
    return id;
  };
  for (const Mover& mover : placement.movers) {
    const Node& node = graph.nodes[mover.node];
    std::vector<ValueId> members(node.inputs.begin(),
                                 node.inputs.begin() + static_cast<std::ptrdiff_t>(mover.inputs));
    for (const ValueId id : node.outputs) {
      if (id != kNoValue) members.push_back(id);
    }
    if (mover.inputs > 1 && !is_joined(members)) continue;
    for (const ValueId id : members) parent[root(id)] = root(members.front());
  }
  std::map<ValueId, std::vector<ValueId>> groups;
  for (const ValueId id : placement.quantized) groups[root(id)].push_back(id);
  std::vector<std::vector<ValueId>> result;
  for (auto& [first, members] : groups) result.push_back(std::move(members));
  return result;
}

}  // namespace slipway::quantize
