#include "kernels/trees/forest.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace slipway {
namespace {

using Source = ForestSource;

bool takes_true(const Source::Node& node, double x) {
  if (x != x) return node.missing_is_true;
  switch (node.branch) {
    case TreeBranch::kLeq:
      return x <= node.split;
    case TreeBranch::kLt:
      return x < node.split;
    case TreeBranch::kGte:
      return x >= node.split;
    case TreeBranch::kGt:
      return x > node.split;
    case TreeBranch::kEq:
      return x == node.split;
    default:
      return x != node.split;
  }
}

// The rule of docs/numerics.md, node by node.
template <typename Real>
void score_plainly(const Source& forest, const float* row, Real* y, std::uint8_t* voted) {
  std::fill_n(y, forest.targets, Real{0});
  std::fill_n(voted, forest.targets, std::uint8_t{0});
  for (const std::uint32_t root : forest.roots) {
    const Source::Node* node = &forest.nodes[root];
    while (node->branch != TreeBranch::kLeaf) {
      const double x = static_cast<double>(row[node->feature]);
      node = &forest.nodes[takes_true(*node, x) ? node->on_true : node->on_false];
    }
    for (std::uint32_t v = node->first_vote; v < node->first_vote + node->vote_count; ++v) {
      const std::uint32_t target = forest.votes[v].target;
      const Real weight = static_cast<Real>(forest.votes[v].weight);
      Real& score = y[target];
      const bool is_first = voted[target] == 0;
      if (forest.aggregate == TreeAggregate::kMin) {
        score = is_first || weight < score ? weight : score;
      } else if (forest.aggregate == TreeAggregate::kMax) {
        score = is_first || weight > score ? weight : score;
      } else {
        score += weight;
      }
      voted[target] = 1;
    }
  }
  if (forest.aggregate != TreeAggregate::kAverage || forest.roots.empty()) return;
  for (std::uint32_t t = 0; t < forest.targets; ++t) y[t] /= static_cast<Real>(forest.roots.size());
}

struct Row {
  const char* name;
  std::uint32_t trees;
  std::uint32_t depth;
  std::uint32_t columns;
  std::uint32_t targets;
  std::vector<TreeBranch> branches;
  bool has_missing = false;
  std::uint32_t votes_a_leaf = 1;
  TreeAggregate aggregate = TreeAggregate::kSum;
  bool is_double = false;
};

const std::vector<TreeBranch> kLeq = {TreeBranch::kLeq};
const std::vector<TreeBranch> kAll = {TreeBranch::kLeq, TreeBranch::kLt, TreeBranch::kGte,
                                      TreeBranch::kGt,  TreeBranch::kEq, TreeBranch::kNeq};

const Row kRows[] = {
    {"boosted", 50, 6, 9, 1, kLeq},
    {"one leaf", 1, 0, 1, 1, kLeq},
    {"no trees", 0, 0, 3, 1, kLeq},
    {"average", 7, 3, 2, 1, kLeq, false, 1, TreeAggregate::kAverage},
    {"every comparison", 60, 4, 3, 1, kAll},
    {"every comparison, missing values", 60, 4, 3, 1, kAll, true},
    {"deep", 9, 11, 4, 1, kAll, true},
    {"many classes", 20, 4, 5, 3, kLeq, false, 3},
    {"some leaves vote", 20, 4, 5, 4, kLeq, true, 0},
    {"least", 12, 3, 5, 2, kLeq, false, 1, TreeAggregate::kMin},
    {"greatest", 12, 3, 5, 2, kLeq, false, 1, TreeAggregate::kMax},
    {"double", 30, 5, 5, 1, kAll, true, 1, TreeAggregate::kSum, true},
    {"double, many votes", 30, 5, 5, 3, kAll, true, 2, TreeAggregate::kAverage, true},
    {"wide table", 10, 4, 40000, 1, kLeq, true},
};

const double kSplits[] = {0.0,
                          -0.0,
                          0.5,
                          -0.5,
                          0.1,
                          1.0,
                          -1.0,
                          1e30,
                          1e300,
                          -1e300,
                          INFINITY,
                          -INFINITY,
                          1e-45,
                          -1e-45,
                          NAN,
                          0.1F,
                          2.0,
                          -0.25,
                          3.4028234663852886e38,
                          -1.5};
const float kFeatures[] = {0.0F,  -0.0F, 0.5F, -0.5F,    0.1F,      1.0F, -1.0F,   1e30F,
                           1e38F, NAN,   2.0F, INFINITY, -INFINITY, 0.3F, -1e-45F, -0.25F};

class Builder {
 public:
  explicit Builder(const Row& row) : row_(row), random_(row.trees * 131 + row.depth) {}

  Source build() {
    source_.columns = row_.columns;
    source_.targets = row_.targets;
    source_.aggregate = row_.aggregate;
    source_.is_double = row_.is_double;
    for (std::uint32_t t = 0; t < row_.trees; ++t) source_.roots.push_back(grow(row_.depth));
    return source_;
  }

  float feature() {
    return pick(3) != 0 ? kFeatures[pick(std::size(kFeatures))]
                        : static_cast<float>(pick(4001)) / 1000.0F - 2.0F;
  }

 private:
  std::uint32_t pick(std::size_t n) { return static_cast<std::uint32_t>(random_() % n); }

  std::uint32_t grow(std::uint32_t depth) {
    const std::uint32_t at = static_cast<std::uint32_t>(source_.nodes.size());
    source_.nodes.emplace_back();
    Source::Node node;
    if (depth == 0 || (depth < row_.depth && pick(8) == 0)) {
      node.first_vote = static_cast<std::uint32_t>(source_.votes.size());
      node.vote_count = row_.votes_a_leaf == 0 ? pick(2) : row_.votes_a_leaf;
      for (std::uint32_t v = 0; v < node.vote_count; ++v) {
        source_.votes.push_back({pick(row_.targets), pick(20001) / 7919.0 - 1.0});
      }
    } else {
      node.branch = row_.branches[pick(row_.branches.size())];
      node.missing_is_true = row_.has_missing && pick(2) == 0;
      node.feature = pick(row_.columns);
      node.split = pick(3) != 0 ? kSplits[pick(std::size(kSplits))] : pick(4001) / 1000.0 - 2.0;
      node.on_true = grow(depth - 1);
      node.on_false = grow(depth - 1);
    }
    source_.nodes[at] = node;
    return at;
  }

  const Row& row_;
  std::mt19937 random_;
  Source source_;
};

template <typename Real>
void expect_scores(const Row& row, const Source& source, const PackedForest& forest,
                   const std::vector<float>& x, std::size_t rows) {
  std::vector<std::uint64_t> scratch(forest_scratch_bytes(forest) / 8 + 1);
  std::vector<Real> y(rows * row.targets);
  std::vector<std::uint8_t> votes(rows * row.targets);
  score_forest(forest, x.data(), 0, rows, y.data(), votes.data(), scratch.data());
  std::vector<Real> unasked(rows * row.targets);
  score_forest(forest, x.data(), 0, rows / 3, unasked.data(), nullptr, scratch.data());
  score_forest(forest, x.data(), rows / 3, rows, unasked.data(), nullptr, scratch.data());
  std::vector<Real> want(row.targets);
  std::vector<std::uint8_t> want_votes(row.targets);
  for (std::size_t r = 0; r < rows; ++r) {
    score_plainly(source, x.data() + r * row.columns, want.data(), want_votes.data());
    for (std::size_t t = 0; t < row.targets; ++t) {
      const std::size_t i = r * row.targets + t;
      ASSERT_EQ(std::memcmp(&y[i], &want[t], sizeof(Real)), 0)
          << row.name << " row " << r << " target " << t << ": " << y[i] << ", not " << want[t];
      ASSERT_EQ(std::memcmp(&unasked[i], &want[t], sizeof(Real)), 0) << row.name << " row " << r;
      ASSERT_EQ(votes[i], want_votes[t]) << row.name;
    }
  }
}

TEST(PackedForest, AddsTheVotesOfTheRule) {
  for (const Row& row : kRows) {
    Builder builder(row);
    const Source source = builder.build();
    const std::vector<std::byte> packed = pack_forest(source);
    ASSERT_FALSE(packed.empty()) << row.name;
    PackedForest forest;
    ASSERT_TRUE(open_forest(packed, forest)) << row.name;
    const std::size_t most = row.columns > 1000 ? 9 : 150;
    std::vector<float> x(most * row.columns);
    for (float& feature : x) feature = builder.feature();
    for (const std::size_t rows : {std::size_t{1}, std::size_t{7}, std::size_t{8}, most}) {
      if (row.is_double) {
        expect_scores<double>(row, source, forest, x, rows);
      } else {
        expect_scores<float>(row, source, forest, x, rows);
      }
    }
  }
}

TEST(PackedForest, RefusesToPackWhatIsNoForest) {
  const auto is_packed = [](auto change) {
    Source source;
    source.columns = 2;
    source.nodes.resize(3);
    source.nodes[0].branch = TreeBranch::kLeq;
    source.nodes[0].on_true = 1;
    source.nodes[0].on_false = 2;
    source.nodes[1].vote_count = 1;
    source.nodes[2].vote_count = 1;
    source.votes = {{0, 1.0}};
    source.roots = {0};
    change(source);
    return !pack_forest(source).empty();
  };
  EXPECT_TRUE(is_packed([](Source&) {}));
  EXPECT_FALSE(is_packed([](Source& s) { s.roots = {3}; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.nodes[0].on_false = 7; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.nodes[0].on_false = 0; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.nodes[0].feature = 2; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.nodes[1].vote_count = 2; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.nodes[1].first_vote = 0xFFFFFFFF; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.votes[0].target = 1; }));
  EXPECT_FALSE(is_packed([](Source& s) { s.targets = 0; }));
}

// Whatever byte is broken: refused, or scored without leaving the bytes.
TEST(PackedForest, SurvivesAnyBrokenByte) {
  const Row row = {"small", 3, 3, 2, 2, kAll, true, 2};
  const std::vector<std::byte> packed = pack_forest(Builder(row).build());
  ASSERT_FALSE(packed.empty());
  std::size_t opened = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    for (const unsigned value : {0U, 1U, 0x7FU, 0xFFU}) {
      std::vector<std::byte> broken = packed;
      broken[at] = static_cast<std::byte>(value);
      PackedForest forest;
      if (!open_forest(broken, forest) || forest.is_double || forest.columns > 1000) continue;
      if (forest.targets > 1000) continue;
      ++opened;
      const std::vector<float> x(9 * forest.columns, 0.5F);
      std::vector<float> y(9 * forest.targets);
      std::vector<std::uint64_t> scratch(forest_scratch_bytes(forest) / 8 + 1);
      score_forest(forest, x.data(), 0, 9, y.data(), nullptr, scratch.data());
    }
  }
  EXPECT_GT(opened, 0U);
  PackedForest forest;
  EXPECT_FALSE(open_forest(std::span(packed).first(packed.size() - 64), forest));
  EXPECT_FALSE(open_forest({}, forest));
}

}  // namespace
}  // namespace slipway
