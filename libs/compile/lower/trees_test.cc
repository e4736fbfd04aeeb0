// Tree ensembles of every form as plans: the bits of the reference, whatever follows the votes.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/str.h"
#include "compile/compile.h"
#include "compile/prove.h"
#include "graph/text.h"

namespace slipway::compile {
namespace {

constexpr int kTrees = 9;
constexpr int kFeatures = 5;

// Numbers from a fixed sequence.
class Numbers {
 public:
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::uint32_t>(state_ >> 33) % bound;
  }
  std::string real(bool is_positive) {
    const int eighths = static_cast<int>(below(64)) - (is_positive ? 0 : 32);
    return str(eighths / 8, ".", std::abs(eighths) % 8 * 125);
  }

 private:
  std::uint64_t state_ = 1;
};

struct Votes {
  int first = 0;  // targets are first .. first + count - 1
  int count = 1;
  bool is_positive = false;
};

struct Attribute {
  std::string text;
  void add(const std::string& item) { text += (text.empty() ? "" : ", ") + item; }
  void add(int item) { add(str(item)); }
};

// Trees of two splits and three leaves: node 0 splits to leaf 1 and node 2, node 2 to leaves 3 and
// 4; each leaf votes once.
std::string classic_trees(std::string_view prefix, const Votes& votes, bool is_double) {
  Numbers numbers;
  Attribute trees, ids, features, on_true, on_false, splits, modes, missing;
  Attribute vote_trees, vote_nodes, vote_ids, weights;
  constexpr const char* kModes[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"};
  for (int tree = 0; tree < kTrees; ++tree) {
    for (int node = 0; node < 5; ++node) {
      const bool is_split = node == 0 || node == 2;
      trees.add(tree);
      ids.add(node);
      features.add(is_split ? static_cast<int>(numbers.below(kFeatures)) : 0);
      on_true.add(is_split ? node + 1 : 0);
      on_false.add(is_split ? node + 2 : 0);
      splits.add(is_split ? numbers.real(false) : "0.0");
      modes.add(is_split ? str('"', kModes[numbers.below(4)], '"') : "\"LEAF\"");
      missing.add(static_cast<int>(numbers.below(2)));
      if (is_split) continue;
      vote_trees.add(tree);
      vote_nodes.add(node);
      vote_ids.add(votes.first + static_cast<int>(numbers.below(votes.count)));
      weights.add(numbers.real(votes.is_positive));
    }
  }
  const auto reals = [&](std::string_view name, const Attribute& values, int count) {
    return is_double ? str(", ", name, "_as_tensor=double[", count, "] {", values.text, "}")
                     : str(", ", name, "=[", values.text, "]");
  };
  return str("nodes_treeids=[", trees.text, "], nodes_nodeids=[", ids.text, "], nodes_featureids=[",
             features.text, "], nodes_truenodeids=[", on_true.text, "], nodes_falsenodeids=[",
             on_false.text, "], nodes_modes=[", modes.text, "], nodes_missing_value_tracks_true=[",
             missing.text, "]", reals("nodes_values", splits, kTrees * 5), ", ", prefix,
             "_treeids=[", vote_trees.text, "], ", prefix, "_nodeids=[", vote_nodes.text, "], ",
             prefix, "_ids=[", vote_ids.text, "]",
             reals(str(prefix, "_weights"), weights, kTrees * 3));
}

void expect_plan(const std::string& name, const std::string& outputs, const std::string& node) {
  const Result<Model> model = parse_model(
      str("slipway-text 1\nir 8\nopset ai.onnx 18\nopset ai.onnx.ml 3\ngraph g(%x: float[70,",
          kFeatures, "]) {\n", outputs, " = ", node, "\nreturn ", outputs, "\n}\n"));
  ASSERT_TRUE(model.ok()) << name << ": " << model.error().message;
  const Result<Compiled> compiled = compile_model(model->clone(), {});
  ASSERT_TRUE(compiled.ok()) << name << ": " << compiled.error().message;
  for (const StepNote& step : compiled->steps) EXPECT_NE(step.kernel, "interpret") << name;
  const auto inputs = sample_inputs(compiled->model, 3);
  ASSERT_TRUE(inputs.ok());
  const Status proof = prove(*compiled, *inputs, {{}, {1, 3}});
  EXPECT_TRUE(proof.ok()) << name << ": " << proof.error().message;
}

constexpr const char* kTransforms[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"};

TEST(Trees, RegressorsWithEverythingThatFollows) {
  for (const char* transform : kTransforms) {
    for (const char* aggregate : {"SUM", "AVERAGE", "MIN", "MAX"}) {
      for (const int targets : {1, 3}) {
        for (const bool is_double : {false, true}) {
          const std::string base = targets == 1 ? "[0.3]" : "[0.3, -1.7, 0.1]";
          expect_plan(str(transform, ' ', aggregate, ' ', targets, is_double ? " double" : ""),
                      "%y",
                      str("ai.onnx.ml::TreeEnsembleRegressor(%x) {",
                          classic_trees("target", {0, targets, true}, is_double),
                          ", n_targets=", targets, ", base_values=", base, ", post_transform=\"",
                          transform, "\", aggregate_function=\"", aggregate, "\"}"));
        }
      }
    }
  }
}

TEST(Trees, ClassifiersOfEveryKind) {
  struct Row {
    const char* name;
    Votes votes;
    int classes;
    const char* base;
  };
  const Row rows[] = {
      {"three classes", {0, 3, false}, 3, ""},
      {"three classes with base values", {0, 3, false}, 3, ", base_values=[0.5, -0.25, 0.1]"},
      {"classes without votes", {2, 1, false}, 4, ""},
      {"two classes", {0, 2, false}, 2, ""},
      {"two classes, one base value", {0, 2, false}, 2, ", base_values=[0.5]"},
      {"votes for the first", {0, 1, false}, 2, ""},
      {"positive votes for the first", {0, 1, true}, 2, ", base_values=[-0.5]"},
      {"votes for the first, two base values", {0, 1, false}, 2, ", base_values=[-0.5, 0.7]"},
      {"votes for the second", {1, 1, false}, 2, ""},
      {"positive votes for the second", {1, 1, true}, 2, ""},
      {"votes for the second with base values", {1, 1, false}, 2, ", base_values=[0.5, 0.1]"},
  };
  for (const Row& row : rows) {
    std::string labels;
    for (int c = 0; c < row.classes; ++c) labels += str(c == 0 ? "" : ", ", 10 - 3 * c);
    for (const char* transform : kTransforms) {
      for (const bool is_double : {false, true}) {
        expect_plan(str(row.name, ' ', transform, is_double ? " double" : ""), "%y, %z",
                    str("ai.onnx.ml::TreeEnsembleClassifier(%x) {",
                        classic_trees("class", row.votes, is_double), ", classlabels_int64s=[",
                        labels, "]", row.base, ", post_transform=\"", transform, "\"}"));
      }
    }
  }
}

}  // namespace
}  // namespace slipway::compile
