#include <algorithm>
#include <optional>
#include <utility>

#include "ops/ml/forest.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

const Ints kNoInts;

const Ints& ints_or_none(const NodeView& view, std::string_view name) {
  const Ints* ints = view.get_ints(name);
  return ints == nullptr ? kNoInts : *ints;
}

Status check_length(const NodeView& view, std::string_view name, std::size_t length,
                    std::size_t expected) {
  if (length == expected) return {};
  return view.fail("attribute ", name, " has ", length, " entries, ", expected, " are needed");
}

// A tensor attribute's elements as double.
Result<std::vector<double>> tensor_doubles(const NodeView& view, std::string_view name) {
  const Tensor* tensor = view.get_tensor(name);
  if (tensor == nullptr) return std::vector<double>{};
  if (tensor->dtype() == DType::kString) return view.fail("attribute ", name, " holds strings");
  const Tensor plain = TRY(tensor->direct());
  const Tensor wide = TRY(cast(plain, DType::kFloat64));
  const auto data = wide.data<double>();
  return std::vector<double>(data.begin(), data.end());
}

// NAME_as_tensor where it is given, else the floats NAME.
Result<std::vector<double>> doubles(const NodeView& view, const std::string& name,
                                    bool& is_double) {
  const Tensor* tensor = view.get_tensor(name + "_as_tensor");
  if (tensor != nullptr && tensor->size() != 0) {
    is_double = is_double || tensor->dtype() == DType::kFloat64;
    return tensor_doubles(view, name + "_as_tensor");
  }
  const std::vector<float>* floats = view.get_floats(name);
  if (floats == nullptr) return std::vector<double>{};
  return std::vector<double>(floats->begin(), floats->end());
}

Result<Branch> branch_from_text(const NodeView& view, const std::string& text) {
  constexpr std::pair<std::string_view, Branch> kBranches[] = {
      {"BRANCH_LEQ", Branch::kLeq}, {"BRANCH_LT", Branch::kLt}, {"BRANCH_GTE", Branch::kGte},
      {"BRANCH_GT", Branch::kGt},   {"BRANCH_EQ", Branch::kEq}, {"BRANCH_NEQ", Branch::kNeq},
      {"LEAF", Branch::kLeaf},
  };
  for (const auto& [name, branch] : kBranches) {
    if (text == name) return branch;
  }
  return view.fail("nodes_modes holds '", text,
                   "': known are BRANCH_LEQ, _LT, _GTE, _GT, _EQ, _NEQ and LEAF");
}

struct NodeKey {
  std::int64_t tree;
  std::int64_t id;
  std::size_t index;

  bool operator<(const NodeKey& other) const {
    return std::pair(tree, id) < std::pair(other.tree, other.id);
  }
};

std::optional<std::size_t> find_node(const std::vector<NodeKey>& keys, std::int64_t tree,
                                     std::int64_t id) {
  const auto found = std::lower_bound(keys.begin(), keys.end(), NodeKey{tree, id, 0});
  if (found == keys.end() || found->tree != tree || found->id != id) return std::nullopt;
  return found->index;
}

// Children by node id; the nodes that are nobody's child are the roots, in order of appearance.
Status connect(const NodeView& view, const std::vector<NodeKey>& keys, Forest& forest) {
  const Ints& trees = ints_or_none(view, "nodes_treeids");
  const Ints& on_true = ints_or_none(view, "nodes_truenodeids");
  const Ints& on_false = ints_or_none(view, "nodes_falsenodeids");
  std::vector<char> is_child(forest.nodes.size(), 0);
  for (std::size_t i = 0; i < forest.nodes.size(); ++i) {
    TreeNode& node = forest.nodes[i];
    if (node.branch == Branch::kLeaf) continue;
    for (const auto& [id, child] :
         {std::pair(on_true[i], &node.on_true), std::pair(on_false[i], &node.on_false)}) {
      const std::optional<std::size_t> found = find_node(keys, trees[i], id);
      if (!found) {
        return view.fail("tree ", trees[i], " has no node ", id,
                         ", a child of its node at position ", i);
      }
      *child = *found;
      is_child[*found] = 1;
    }
  }
  std::vector<std::int64_t> rooted;
  for (std::size_t i = 0; i < forest.nodes.size(); ++i) {
    if (is_child[i] != 0) continue;
    forest.roots.push_back(i);
    rooted.push_back(trees[i]);
  }
  std::sort(rooted.begin(), rooted.end());
  const auto twice = std::adjacent_find(rooted.begin(), rooted.end());
  if (twice != rooted.end()) return view.fail("tree ", *twice, " has more than one root");
  for (const NodeKey& key : keys) {
    if (!std::binary_search(rooted.begin(), rooted.end(), key.tree)) {
      return view.fail("tree ", key.tree, " has no root: its nodes form a cycle");
    }
  }
  return {};
}

Status read_votes(const NodeView& view, const std::string& prefix, const std::vector<NodeKey>& keys,
                  Forest& forest) {
  const Ints& trees = ints_or_none(view, prefix + "_treeids");
  const Ints& nodes = ints_or_none(view, prefix + "_nodeids");
  const Ints& targets = ints_or_none(view, prefix + "_ids");
  const std::vector<double> weights = TRY(doubles(view, prefix + "_weights", forest.is_double));
  TRY(check_length(view, prefix + "_treeids", trees.size(), targets.size()));
  TRY(check_length(view, prefix + "_nodeids", nodes.size(), targets.size()));
  TRY(check_length(view, prefix + "_weights", weights.size(), targets.size()));
  std::vector<std::size_t> leaf(targets.size());
  for (std::size_t v = 0; v < targets.size(); ++v) {
    const std::optional<std::size_t> found = find_node(keys, trees[v], nodes[v]);
    if (!found)
      return view.fail("a vote names node ", nodes[v], " of tree ", trees[v],
                       ", which is not there");
    leaf[v] = *found;
    ++forest.nodes[*found].count;
  }
  std::size_t first = 0;
  for (TreeNode& node : forest.nodes) {
    node.first = first;
    first += node.count;
    node.count = 0;
  }
  forest.votes.resize(targets.size());
  for (std::size_t v = 0; v < targets.size(); ++v) {
    TreeNode& node = forest.nodes[leaf[v]];
    forest.votes[node.first + node.count++] = {targets[v], weights[v]};
  }
  return {};
}

}  // namespace

Result<Forest> read_classic_forest(const NodeView& view, std::string_view votes) {
  Forest forest;
  const std::vector<std::string>* modes = view.get_strings("nodes_modes");
  const Ints& trees = ints_or_none(view, "nodes_treeids");
  const Ints& ids = ints_or_none(view, "nodes_nodeids");
  const Ints& features = ints_or_none(view, "nodes_featureids");
  const Ints& missing = ints_or_none(view, "nodes_missing_value_tracks_true");
  const std::vector<double> splits = TRY(doubles(view, "nodes_values", forest.is_double));
  const std::size_t count = trees.size();
  TRY(check_length(view, "nodes_modes", modes == nullptr ? 0 : modes->size(), count));
  TRY(check_length(view, "nodes_nodeids", ids.size(), count));
  TRY(check_length(view, "nodes_featureids", features.size(), count));
  TRY(check_length(view, "nodes_values", splits.size(), count));
  TRY(check_length(view, "nodes_truenodeids", ints_or_none(view, "nodes_truenodeids").size(),
                   count));
  TRY(check_length(view, "nodes_falsenodeids", ints_or_none(view, "nodes_falsenodeids").size(),
                   count));
  if (!missing.empty()) {
    TRY(check_length(view, "nodes_missing_value_tracks_true", missing.size(), count));
  }
  forest.nodes.resize(count);
  forest.is_connected = true;
  std::vector<NodeKey> keys(count);
  for (std::size_t i = 0; i < count; ++i) {
    TreeNode& node = forest.nodes[i];
    node.branch = TRY(branch_from_text(view, (*modes)[i]));
    node.missing_is_true = !missing.empty() && missing[i] != 0;
    node.feature = features[i];
    node.split = splits[i];
    keys[i] = {trees[i], ids[i], i};
  }
  std::sort(keys.begin(), keys.end());
  for (std::size_t i = 1; i < count; ++i) {
    if (!(keys[i - 1] < keys[i])) {
      return view.fail("tree ", keys[i].tree, " has two nodes with the id ", keys[i].id);
    }
  }
  TRY(connect(view, keys, forest));
  TRY(read_votes(view, std::string(votes), keys, forest));
  return forest;
}

Result<Forest> read_split_forest(const NodeView& view) {
  Forest forest;
  const Ints& features = ints_or_none(view, "nodes_featureids");
  const Ints& on_true = ints_or_none(view, "nodes_truenodeids");
  const Ints& on_false = ints_or_none(view, "nodes_falsenodeids");
  const Ints& true_leafs = ints_or_none(view, "nodes_trueleafs");
  const Ints& false_leafs = ints_or_none(view, "nodes_falseleafs");
  const Ints& missing = ints_or_none(view, "nodes_missing_value_tracks_true");
  const Ints& targets = ints_or_none(view, "leaf_targetids");
  const std::vector<double> modes = TRY(tensor_doubles(view, "nodes_modes"));
  const std::vector<double> splits = TRY(tensor_doubles(view, "nodes_splits"));
  const std::vector<double> weights = TRY(tensor_doubles(view, "leaf_weights"));
  forest.members = TRY(tensor_doubles(view, "membership_values"));
  const std::size_t count = features.size();
  TRY(check_length(view, "nodes_truenodeids", on_true.size(), count));
  TRY(check_length(view, "nodes_falsenodeids", on_false.size(), count));
  TRY(check_length(view, "nodes_trueleafs", true_leafs.size(), count));
  TRY(check_length(view, "nodes_falseleafs", false_leafs.size(), count));
  TRY(check_length(view, "nodes_modes", modes.size(), count));
  TRY(check_length(view, "nodes_splits", splits.size(), count));
  TRY(check_length(view, "leaf_weights", weights.size(), targets.size()));
  if (!missing.empty()) {
    TRY(check_length(view, "nodes_missing_value_tracks_true", missing.size(), count));
  }
  const auto child = [&](bool is_leaf, std::int64_t id) -> Result<std::size_t> {
    const std::size_t limit = is_leaf ? targets.size() : count;
    if (id < 0 || static_cast<std::uint64_t>(id) >= limit) {
      return view.fail("a tree node's child is ", is_leaf ? "leaf " : "node ", id, " of ", limit);
    }
    return static_cast<std::size_t>(id) + (is_leaf ? count : 0);
  };
  forest.nodes.resize(count + targets.size());
  std::size_t member = 0;
  for (std::size_t i = 0; i < count; ++i) {
    TreeNode& node = forest.nodes[i];
    if (!(modes[i] >= 0 && modes[i] <= 6)) {
      return view.fail("nodes_modes holds ", modes[i], "; known are 0 to 6");
    }
    node.branch = static_cast<Branch>(static_cast<int>(modes[i]));
    node.missing_is_true = !missing.empty() && missing[i] != 0;
    node.feature = features[i];
    node.split = splits[i];
    node.on_true = TRY(child(true_leafs[i] != 0, on_true[i]));
    node.on_false = TRY(child(false_leafs[i] != 0, on_false[i]));
    if (node.branch != Branch::kMember) continue;
    if (member >= forest.members.size()) {
      return view.fail("membership_values has fewer sets than there are BRANCH_MEMBER nodes");
    }
    node.first = member;  // up to the NaN that ends the set
    while (member < forest.members.size() && forest.members[member] == forest.members[member]) {
      ++member;
    }
    node.count = member - node.first;
    ++member;
  }
  for (std::size_t leaf = 0; leaf < targets.size(); ++leaf) {
    forest.votes.push_back({targets[leaf], weights[leaf]});
    forest.nodes[count + leaf].first = leaf;
    forest.nodes[count + leaf].count = 1;
  }
  for (const std::int64_t root : ints_or_none(view, "tree_roots")) {
    forest.roots.push_back(TRY(child(false, root)));
  }
  return forest;
}

}  // namespace slipway
