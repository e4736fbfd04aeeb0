#include "kernels/trees/forest.h"

#include <algorithm>

#include "kernels/trees/forest_layout.h"

namespace slipway {
namespace {

using forest_layout::kAboveAll;
using forest_layout::kBelowAll;
using forest_layout::key_of;

// Walks that overlap: of one row through several trees, of several rows through one tree.
constexpr std::size_t kTrees = 6;
constexpr std::size_t kRows = 16;
constexpr std::size_t kMaxGroups = 4;      // of kRows rows, for each of which a tree is walked
constexpr std::size_t kCachedKeys = 4096;  // stay in the first cache beside a tree

// Keys of one feature, stored once, or twice where NaN may be below all.
std::size_t key_count(const PackedForest& forest) {
  return std::max<std::size_t>(1, std::size_t{forest.columns} * (forest.keeps_missing ? 2 : 1));
}

std::size_t group_count(const PackedForest& forest) {
  return std::clamp<std::size_t>(kCachedKeys / (key_count(forest) * kRows), 1, kMaxGroups);
}

std::size_t key_bytes(const PackedForest& forest) {
  const std::size_t bytes = group_count(forest) * kRows * key_count(forest) * 4;
  return (bytes + 7) / 8 * 8;
}

// Key f of the row goes to keys[f * stride].
void make_keys(const PackedForest& forest, const float* x, std::uint32_t* keys,
               std::size_t stride) {
  const std::size_t columns = forest.columns;
  if (columns == 0) keys[0] = 0;
  for (std::size_t f = 0; f < columns; ++f) {
    const std::uint32_t key = key_of(x[f]);
    const bool is_nan = x[f] != x[f];
    keys[f * stride] = is_nan ? kAboveAll : key;
    if (forest.keeps_missing) keys[(columns + f) * stride] = is_nan ? kBelowAll : key;
  }
}

// Every walk one step on.
template <std::size_t kStride, std::size_t kLaneStep, typename Node, std::size_t kLanes>
inline void step(const Node* (&at)[kLanes], const std::uint32_t* keys) {
#pragma GCC unroll 16
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const Node* const node = at[lane];
    const std::uint32_t key = keys[node->feature * kStride + lane * kLaneStep];
    at[lane] = node + (node->step + (node->threshold < key ? std::size_t{1} : std::size_t{0}));
  }
}

// Every walk to its leaf, no deeper than `depth`.
template <std::size_t kStride, std::size_t kLaneStep, typename Node, std::size_t kLanes>
inline void walk(const Node* (&at)[kLanes], const std::uint32_t* keys, std::uint32_t depth) {
  for (; depth > 4; depth -= 4) {
    for (int i = 0; i < 4; ++i) step<kStride, kLaneStep>(at, keys);
    std::uint32_t steps = 0;
    for (const Node* node : at) steps |= node->step;
    if (steps == 0) return;
  }
  for (; depth != 0; --depth) step<kStride, kLaneStep>(at, keys);
}

template <typename Node, typename Real>
class Scorer {
 public:
  Scorer(const PackedForest& forest, const float* x, Real* y, std::uint8_t* has_vote, void* scratch)
      : forest_(forest),
        nodes_(static_cast<const Node*>(forest.nodes)),
        x_(x),
        y_(y),
        has_vote_(has_vote),
        keys_(static_cast<std::uint32_t*>(scratch)),
        own_votes_(static_cast<std::uint8_t*>(scratch) + key_bytes(forest)) {}

  void score(std::size_t begin, std::size_t end) {
    const std::size_t most = group_count(forest_);
    for (std::size_t row = begin; row < end;) {
      const std::size_t groups = std::min(most, (end - row) / kRows);
      const std::size_t rows = groups == 0 ? 1 : groups * kRows;
      start(row, rows);
      if (groups == 0) {
        one_row(row);
      } else {
        many_rows(row, groups);
      }
      finish(row, rows);
      row += rows;
    }
  }

 private:
  void start(std::size_t row, std::size_t rows) {
    const std::size_t targets = forest_.targets;
    std::fill_n(y_ + row * targets, rows * targets, Real{0});
    votes_ = has_vote_ != nullptr ? has_vote_ + row * targets : own_votes_;
    const bool votes_in_all = forest_.is_one_vote && forest_.tree_count != 0;
    std::fill_n(votes_, rows * targets, votes_in_all ? std::uint8_t{1} : std::uint8_t{0});
    first_row_ = row;
  }

  void finish(std::size_t row, std::size_t rows) {
    if (forest_.aggregate != TreeAggregate::kAverage || forest_.tree_count == 0) return;
    const Real trees = static_cast<Real>(forest_.tree_count);
    const std::size_t targets = forest_.targets;
    for (std::size_t i = row * targets; i < (row + rows) * targets; ++i) y_[i] /= trees;
  }

  // kTrees trees at a time for one row.
  void one_row(std::size_t row) {
    make_keys(forest_, x_ + row * forest_.columns, keys_, 1);
    Real sum{0};
    for (std::size_t t = 0; t < forest_.tree_count; t += kTrees) {
      const std::size_t count = std::min<std::size_t>(kTrees, forest_.tree_count - t);
      const Node* at[kTrees];
      std::uint32_t depth = 0;
      for (std::size_t lane = 0; lane < kTrees; ++lane) {
        const PackedForest::Tree& tree = forest_.trees[t + (lane < count ? lane : 0)];
        at[lane] = nodes_ + tree.root;
        depth = std::max(depth, tree.depth);
      }
      walk<1, 0>(at, keys_, depth);
      if (forest_.is_one_vote) {
        for (std::size_t lane = 0; lane < count; ++lane) sum += value(at[lane]);
      } else {
        for (std::size_t lane = 0; lane < count; ++lane) vote(row, at[lane]);
      }
    }
    if (forest_.is_one_vote) y_[row] = sum;
  }

  // A tree at a time for all groups of kRows rows.
  void many_rows(std::size_t row, std::size_t groups) {
    const std::size_t group_keys = key_count(forest_) * kRows;
    for (std::size_t r = 0; r < groups * kRows; ++r) {
      std::uint32_t* const keys = keys_ + r / kRows * group_keys + r % kRows;
      make_keys(forest_, x_ + (row + r) * forest_.columns, keys, kRows);
    }
    for (std::size_t t = 0; t < forest_.tree_count; ++t) {
      const PackedForest::Tree tree = forest_.trees[t];
      for (std::size_t g = 0; g < groups; ++g) {
        const Node* at[kRows];
        for (const Node*& node : at) node = nodes_ + tree.root;
        walk<kRows, 1>(at, keys_ + g * group_keys, tree.depth);
        const std::size_t first = row + g * kRows;
        if (forest_.is_one_vote) {
          for (std::size_t lane = 0; lane < kRows; ++lane) y_[first + lane] += value(at[lane]);
        } else {
          for (std::size_t lane = 0; lane < kRows; ++lane) vote(first + lane, at[lane]);
        }
      }
    }
  }

  Real value(const Node* leaf) const {
    return static_cast<const Real*>(forest_.values)[leaf - nodes_];
  }

  void vote(std::size_t row, const Node* leaf) {
    const std::size_t node = static_cast<std::size_t>(leaf - nodes_);
    const Real* const weights = static_cast<const Real*>(forest_.vote_weight);
    Real* const scores = y_ + row * forest_.targets;
    std::uint8_t* const voted = votes_ + (row - first_row_) * forest_.targets;
    for (std::uint32_t v = forest_.first_vote[node]; v < forest_.first_vote[node + 1]; ++v) {
      const std::uint32_t target = forest_.vote_target[v];
      scores[target] = aggregate(scores[target], weights[v], voted[target] == 0);
      voted[target] = 1;
    }
  }

  Real aggregate(Real score, Real weight, bool is_first) const {
    switch (forest_.aggregate) {
      case TreeAggregate::kMin:
        return is_first || weight < score ? weight : score;
      case TreeAggregate::kMax:
        return is_first || weight > score ? weight : score;
      default:
        return score + weight;
    }
  }

  const PackedForest& forest_;
  const Node* nodes_;
  const float* x_;
  Real* y_;
  std::uint8_t* has_vote_;
  std::uint32_t* keys_;
  std::uint8_t* own_votes_;
  std::uint8_t* votes_ = nullptr;
  std::size_t first_row_ = 0;
};

template <typename Real>
void score_rows(const PackedForest& forest, const float* x, std::size_t begin, std::size_t end,
                Real* y, std::uint8_t* has_vote, void* scratch) {
  if (forest.is_large) {
    Scorer<PackedForest::LargeNode, Real>(forest, x, y, has_vote, scratch).score(begin, end);
  } else {
    Scorer<PackedForest::SmallNode, Real>(forest, x, y, has_vote, scratch).score(begin, end);
  }
}

}  // namespace

std::size_t forest_scratch_bytes(const PackedForest& forest) {
  return key_bytes(forest) + group_count(forest) * kRows * forest.targets;
}

void score_forest(const PackedForest& forest, const float* x, std::size_t begin, std::size_t end,
                  float* y, std::uint8_t* has_vote, void* scratch) {
  score_rows(forest, x, begin, end, y, has_vote, scratch);
}

void score_forest(const PackedForest& forest, const float* x, std::size_t begin, std::size_t end,
                  double* y, std::uint8_t* has_vote, void* scratch) {
  score_rows(forest, x, begin, end, y, has_vote, scratch);
}

}  // namespace slipway
