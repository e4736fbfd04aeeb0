// Tree ensembles over rows of floats: packing, checking and scoring.
//
// Every split is brought to one form: keys of floats, unsigned integers in the order of the floats,
// are compared with the key of a threshold, and a greater one goes right. The comparisons of ONNX,
// with thresholds in double and either way for missing values, all become such splits (NaN has a
// key below or above all others), so that a walk has no branch to mispredict and several walks
// overlap. Votes add up as docs/numerics.md says. Nothing here depends on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace slipway {

enum class TreeBranch : std::uint8_t { kLeq, kLt, kGte, kGt, kEq, kNeq, kLeaf };
enum class TreeAggregate : std::uint8_t { kAverage, kSum, kMin, kMax };

// A model as it is read, for pack_forest.
struct ForestSource {
  struct Node {
    TreeBranch branch = TreeBranch::kLeaf;
    bool missing_is_true = false;  // where NaN goes
    std::uint32_t feature = 0;
    double split = 0;
    std::uint32_t on_true = 0;  // indices of nodes
    std::uint32_t on_false = 0;
    std::uint32_t first_vote = 0;  // of a leaf
    std::uint32_t vote_count = 0;
  };
  struct Vote {
    std::uint32_t target = 0;
    double weight = 0;
  };
  std::vector<Node> nodes;
  std::vector<std::uint32_t> roots;  // in the order in which trees add their votes
  std::vector<Vote> votes;
  std::uint32_t columns = 0;
  std::uint32_t targets = 1;
  TreeAggregate aggregate = TreeAggregate::kSum;
  bool is_double = false;  // votes add up in double
};

// The packed form, the same bytes for every processor; align them to 64 bytes. Empty where the
// source is not a forest (an index out of range, a path that does not end) or is too large for the
// form (2^31 nodes; subtrees shared so often that unfolding them doubles the nodes).
std::vector<std::byte> pack_forest(const ForestSource& source);

// A packed forest that has been checked; borrows its bytes.
struct PackedForest {
  struct Tree {
    std::uint32_t root;   // ascending: a tree's nodes lie between its root and the next
    std::uint32_t depth;  // of the deepest leaf
  };
  // A leaf has step 0 and a threshold that no key exceeds: it leads to itself. Children lie side by
  // side, `step` nodes on.
  struct SmallNode {
    std::uint32_t threshold;
    std::uint16_t feature;
    std::uint16_t step;
  };
  struct LargeNode {
    std::uint32_t threshold;
    std::uint32_t feature;
    std::uint32_t step;
    std::uint32_t padding;
  };

  std::uint32_t node_count = 0;
  std::uint32_t tree_count = 0;
  std::uint32_t vote_count = 0;
  std::uint32_t targets = 0;
  std::uint32_t columns = 0;
  TreeAggregate aggregate = TreeAggregate::kSum;
  bool is_double = false;
  bool is_large = false;         // LargeNode
  bool is_one_vote = false;      // one target, a vote a leaf, a sum: value[node]
  bool keeps_missing = false;    // some features stand twice, NaN below all the second time
  const void* nodes = nullptr;   // [node_count]
  const Tree* trees = nullptr;   // [tree_count]
  const void* values = nullptr;  // float or double [node_count], if is_one_vote; else
  const std::uint32_t* first_vote = nullptr;   // [node_count + 1]
  const std::uint32_t* vote_target = nullptr;  // [vote_count]
  const void* vote_weight = nullptr;           // float or double [vote_count]
};

// False where the bytes are not a packed forest. Then no walk leaves the nodes or fails to end,
// whatever they hold: children come after their parents, within their tree. `bytes` must be aligned
// to 8.
bool open_forest(std::span<const std::byte> bytes, PackedForest& forest);

std::size_t forest_scratch_bytes(const PackedForest& forest);

// Rows begin .. end of x [rows, columns]: y[row, target] is the aggregate of the votes, without
// base values. has_vote [rows, targets], if not null, says which targets any tree voted for. Rows
// are independent. The first for !is_double, the second for is_double. scratch:
// forest_scratch_bytes, aligned to 8.
void score_forest(const PackedForest& forest, const float* x, std::size_t begin, std::size_t end,
                  float* y, std::uint8_t* has_vote, void* scratch);
void score_forest(const PackedForest& forest, const float* x, std::size_t begin, std::size_t end,
                  double* y, std::uint8_t* has_vote, void* scratch);

}  // namespace slipway
