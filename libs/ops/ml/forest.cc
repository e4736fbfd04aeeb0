#include "ops/ml/forest.h"

#include <algorithm>

namespace slipway {
namespace {

bool takes_true(const Forest& forest, const TreeNode& node, double x) {
  if (x != x) return node.missing_is_true;
  switch (node.branch) {
    case Branch::kLeq:
      return x <= node.split;
    case Branch::kLt:
      return x < node.split;
    case Branch::kGte:
      return x >= node.split;
    case Branch::kGt:
      return x > node.split;
    case Branch::kEq:
      return x == node.split;
    case Branch::kNeq:
      return x != node.split;
    case Branch::kMember:
      for (std::size_t i = 0; i < node.count; ++i) {
        if (forest.members[node.first + i] == x) return true;
      }
      return false;
    case Branch::kLeaf:
      break;
  }
  return false;
}

// Depth first from every root; a node met again while its own subtree is open closes a cycle.
Status check_acyclic(const NodeView& view, const Forest& forest) {
  enum : char { kNew, kOpen, kDone };
  std::vector<char> state(forest.nodes.size(), kNew);
  std::vector<std::size_t> path;
  for (const std::size_t root : forest.roots) {
    if (state[root] == kNew) path.push_back(root);
    while (!path.empty()) {
      const std::size_t at = path.back();
      const TreeNode& node = forest.nodes[at];
      if (state[at] != kNew || node.branch == Branch::kLeaf) {
        state[at] = kDone;
        path.pop_back();
        continue;
      }
      state[at] = kOpen;
      for (const std::size_t child : {node.on_true, node.on_false}) {
        if (state[child] == kOpen) {
          return view.fail("tree node ", child, " is its own descendant: the trees have a cycle");
        }
        if (state[child] == kNew) path.push_back(child);
      }
    }
  }
  const auto unreached = std::find(state.begin(), state.end(), kNew);
  if (forest.is_connected && unreached != state.end()) {
    return view.fail("tree node ", unreached - state.begin(),
                     " cannot be reached from a root: the trees have a cycle");
  }
  return {};
}

}  // namespace

const TreeNode& Forest::leaf(std::size_t root, const double* row) const {
  const TreeNode* node = &nodes[root];
  while (node->branch != Branch::kLeaf) {
    node = &nodes[takes_true(*this, *node, row[node->feature]) ? node->on_true : node->on_false];
  }
  return *node;
}

Status check_forest(const NodeView& view, const Forest& forest, std::int64_t columns,
                    std::int64_t targets) {
  const std::size_t count = forest.nodes.size();
  for (std::size_t i = 0; i < count; ++i) {
    const TreeNode& node = forest.nodes[i];
    if (node.branch == Branch::kLeaf) continue;
    if (node.on_true >= count || node.on_false >= count) {
      return view.fail("tree node ", i, " has a child that does not exist");
    }
    if (node.feature < 0 || node.feature >= columns) {
      return view.fail("tree node ", i, " splits on feature ", node.feature, ", the input has ",
                       columns, " columns");
    }
  }
  for (const std::size_t root : forest.roots) {
    if (root >= count) return view.fail("tree root ", root, " is not among the ", count, " nodes");
  }
  for (const Vote& vote : forest.votes) {
    if (vote.target < 0 || vote.target >= targets) {
      return view.fail("a leaf votes for ", vote.target, ", there are ", targets,
                       " targets or classes");
    }
  }
  return check_acyclic(view, forest);
}

template <typename Real>
void score_row(const Forest& forest, Aggregate aggregate, const double* row, Scores<Real>& scores) {
  std::fill(scores.value.begin(), scores.value.end(), Real(0));
  std::fill(scores.has_vote.begin(), scores.has_vote.end(), char(0));
  for (const std::size_t root : forest.roots) {
    const TreeNode& leaf = forest.leaf(root, row);
    for (std::size_t v = leaf.first; v < leaf.first + leaf.count; ++v) {
      const std::size_t target = static_cast<std::size_t>(forest.votes[v].target);
      const Real weight = static_cast<Real>(forest.votes[v].weight);
      Real& score = scores.value[target];
      const bool is_first = scores.has_vote[target] == 0;
      if (aggregate == Aggregate::kMin) {
        score = is_first || weight < score ? weight : score;
      } else if (aggregate == Aggregate::kMax) {
        score = is_first || weight > score ? weight : score;
      } else {
        score += weight;
      }
      scores.has_vote[target] = 1;
    }
  }
  if (aggregate == Aggregate::kAverage && !forest.roots.empty()) {
    for (Real& score : scores.value) score /= static_cast<Real>(forest.roots.size());
  }
}

template void score_row<float>(const Forest&, Aggregate, const double*, Scores<float>&);
template void score_row<double>(const Forest&, Aggregate, const double*, Scores<double>&);

}  // namespace slipway
