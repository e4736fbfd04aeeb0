#include <functional>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// x0 <= 0.5 ? leaf 1 : (x1 > 2 ? leaf 3 : leaf 4); leaves vote 10, 20, 30 for target 0.
struct ClassicTree {
  Ints trees{0, 0, 0, 0, 0};
  Ints ids{0, 1, 2, 3, 4};
  Ints features{0, 0, 1, 0, 0};
  Ints on_true{1, 0, 3, 0, 0};
  Ints on_false{2, 0, 4, 0, 0};
  Floats splits{0.5F, 0, 2, 0, 0};
  Strings modes{"BRANCH_LEQ", "LEAF", "BRANCH_GT", "LEAF", "LEAF"};
  Ints missing;
  Ints vote_trees{0, 0, 0};
  Ints vote_nodes{1, 3, 4};
  Ints targets{0, 0, 0};
  Floats weights{10, 20, 30};

  TestNode regressor() const {
    TestNode node{"TreeEnsembleRegressor", 3, std::string(kMl), {}, 1};
    auto& a = node.attributes;
    a.emplace_back("nodes_treeids", trees);
    a.emplace_back("nodes_nodeids", ids);
    a.emplace_back("nodes_featureids", features);
    a.emplace_back("nodes_truenodeids", on_true);
    a.emplace_back("nodes_falsenodeids", on_false);
    a.emplace_back("nodes_values", splits);
    a.emplace_back("nodes_modes", modes);
    if (!missing.empty()) a.emplace_back("nodes_missing_value_tracks_true", missing);
    a.emplace_back("target_treeids", vote_trees);
    a.emplace_back("target_nodeids", vote_nodes);
    a.emplace_back("target_ids", targets);
    a.emplace_back("target_weights", weights);
    a.emplace_back("n_targets", std::int64_t{1});
    return node;
  }
};

TEST(TreeEnsembleRegressor, FollowsBranches) {
  const Tensor x = Tensor::of<float>({3, 2}, {0.5F, 9, 0.6F, 9, 0.6F, 2});
  EXPECT_EQ(elements<float>(ClassicTree().regressor().run({x})), (Floats{10, 20, 30}));
}

TEST(TreeEnsembleRegressor, SendsNaNWhereTheModelSays) {
  const Tensor x = Tensor::of<float>({1, 2}, {kNaN, 9});
  ClassicTree tree;
  EXPECT_EQ(elements<float>(tree.regressor().run({x})), Floats{20});
  tree.missing = {1, 0, 0, 0, 0};
  EXPECT_EQ(elements<float>(tree.regressor().run({x})), Floats{10});
}

TEST(TreeEnsembleRegressor, RefusesHostileTrees) {
  struct Row {
    const char* name;
    std::function<void(ClassicTree&)> spoil;
    const char* message;
  };
  const Row rows[] = {
      {"node that is its own child", [](ClassicTree& t) { t.on_false[2] = 2; },
       "more than one root"},
      {"cycle below the root",
       [](ClassicTree& t) {
         t.modes[4] = "BRANCH_EQ";
         t.on_true[4] = 2;
         t.on_false[4] = 3;
       },
       "its own descendant"},
      {"cycle through the root", [](ClassicTree& t) { t.on_false[2] = 0; }, "cannot be reached"},
      {"nothing but a cycle",
       [](ClassicTree& t) {
         t.modes[4] = "BRANCH_EQ";
         t.on_true[4] = 0;
         t.on_false[4] = 3;
       },
       "no root"},
      {"child that is not there", [](ClassicTree& t) { t.on_true[0] = 77; }, "has no node 77"},
      {"negative child", [](ClassicTree& t) { t.on_true[0] = -1; }, "has no node -1"},
      {"two nodes of one id", [](ClassicTree& t) { t.ids[4] = 3; }, "two nodes with the id 3"},
      {"unreached node", [](ClassicTree& t) { t.on_false[2] = 3; }, "more than one root"},
      {"feature beyond the input", [](ClassicTree& t) { t.features[2] = 2; }, "feature 2"},
      {"negative feature", [](ClassicTree& t) { t.features[2] = -1; }, "feature -1"},
      {"target out of range", [](ClassicTree& t) { t.targets[1] = 1; }, "votes for 1"},
      {"vote of no node", [](ClassicTree& t) { t.vote_nodes[0] = 9; }, "node 9"},
      {"short attribute", [](ClassicTree& t) { t.splits.pop_back(); }, "nodes_values"},
      {"unknown mode", [](ClassicTree& t) { t.modes[0] = "BRANCH_MAYBE"; }, "BRANCH_MAYBE"},
  };
  const Tensor x = Tensor::of<float>({1, 2}, {0, 0});
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    ClassicTree tree;
    row.spoil(tree);
    const std::string message = tree.regressor().failure({x});
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

// One node: x0 in {1, 3} ? leaf 0 (target 0: 5) : leaf 1 (target 1: 7).
TestNode member_ensemble(std::int64_t true_leaf, std::int64_t root) {
  TestNode node{"TreeEnsemble", 5, std::string(kMl), {}, 1};
  auto& a = node.attributes;
  a.emplace_back("tree_roots", Ints{root});
  a.emplace_back("nodes_featureids", Ints{0});
  a.emplace_back("nodes_modes", Tensor::of<std::uint8_t>({6}));
  a.emplace_back("nodes_splits", Tensor::of<float>({0.0F}));
  a.emplace_back("nodes_truenodeids", Ints{true_leaf});
  a.emplace_back("nodes_trueleafs", Ints{1});
  a.emplace_back("nodes_falsenodeids", Ints{1});
  a.emplace_back("nodes_falseleafs", Ints{1});
  a.emplace_back("leaf_targetids", Ints{0, 1});
  a.emplace_back("leaf_weights", Tensor::of<float>({5.0F, 7.0F}));
  a.emplace_back("membership_values", Tensor::of<float>({1.0F, 3.0F, kNaN}));
  a.emplace_back("n_targets", std::int64_t{2});
  return node;
}

TEST(TreeEnsemble, TestsMembership) {
  const Tensor x = Tensor::of<float>({3, 1}, {3, 2, kNaN});
  EXPECT_EQ(elements<float>(member_ensemble(0, 0).run({x})), (Floats{5, 0, 0, 7, 0, 7}));
}

TEST(TreeEnsemble, RefusesIndicesOutOfRange) {
  const Tensor x = Tensor::of<float>({1, 1}, {3});
  EXPECT_NE(member_ensemble(2, 0).failure({x}).find("leaf 2 of 2"), std::string::npos);
  EXPECT_NE(member_ensemble(0, 1).failure({x}).find("node 1 of 1"), std::string::npos);
}

}  // namespace
}  // namespace slipway
