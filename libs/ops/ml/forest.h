// Decision trees, as the three tree ensemble operators share them once their attributes are read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/node_view.h"

namespace slipway {

// The numbers of TreeEnsemble's nodes_modes; kLeaf is ours.
enum class Branch : std::uint8_t { kLeq, kLt, kGte, kGt, kEq, kNeq, kMember, kLeaf };

struct TreeNode {
  Branch branch = Branch::kLeaf;
  bool missing_is_true = false;  // where NaN goes
  std::int64_t feature = 0;
  double split = 0;
  std::size_t on_true = 0;  // node indices
  std::size_t on_false = 0;
  std::size_t first = 0;  // a leaf's votes, or the members of a kMember branch
  std::size_t count = 0;
};

struct Vote {
  std::int64_t target = 0;
  double weight = 0;
};

// The numbers of TreeEnsemble's aggregate_function.
enum class Aggregate : std::uint8_t { kAverage, kSum, kMin, kMax };

struct Forest {
  std::vector<TreeNode> nodes;
  std::vector<std::size_t> roots;  // in the order in which trees add their votes
  std::vector<Vote> votes;
  std::vector<double> members;
  bool is_connected = false;  // a node that no root reaches is an error
  bool is_double = false;     // votes add up in double; float otherwise

  // The leaf that a row of features reaches from a root.
  const TreeNode& leaf(std::size_t root, const double* row) const;
};

// Every index lies in its range, features below `columns`, targets below `targets`, and no path
// from a root returns to a node: leaf() ends. An error names the first offender.
Status check_forest(const NodeView& view, const Forest& forest, std::int64_t columns,
                    std::int64_t targets);

// The votes of one row, per target, in tree order. Scores is reused from row to row.
template <typename Real>
struct Scores {
  std::vector<Real> value;
  std::vector<char> has_vote;
};
template <typename Real>
void score_row(const Forest& forest, Aggregate aggregate, const double* row, Scores<Real>& scores);

// The classic form: attributes nodes_* by tree id and node id, leaf votes in <votes>_treeids,
// <votes>_nodeids, <votes>_ids and <votes>_weights.
Result<Forest> read_classic_forest(const NodeView& view, std::string_view votes);
// The form of TreeEnsemble: interior nodes and leaves apart.
Result<Forest> read_split_forest(const NodeView& view);

}  // namespace slipway
