#include "ops/check.h"

#include <gtest/gtest.h>

#include <iterator>

#include "ops/op.h"
#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

// One node of ai.onnx.ml on rows of two columns, or of as many as nobody says.
struct Row {
  const char* name;
  const char* op;
  std::size_t outputs;
  std::vector<Attribute> attributes;
  const char* says;  // "": nothing
};

std::vector<Attribute> stump(std::int64_t feature, std::int64_t child, std::int64_t target,
                             Floats base) {
  return attributes("nodes_treeids", Ints{0, 0, 0}, "nodes_nodeids", Ints{0, 1, 2},
                    "nodes_featureids", Ints{feature, 0, 0}, "nodes_values", Floats{0, 0, 0},
                    "nodes_modes", Texts{"BRANCH_LEQ", "LEAF", "LEAF"}, "nodes_truenodeids",
                    Ints{1, 0, 0}, "nodes_falsenodeids", Ints{child, 0, 0}, "target_treeids",
                    Ints{0, 0}, "target_nodeids", Ints{1, 2}, "target_ids", Ints{0, target},
                    "target_weights", Floats{1, 2}, "base_values", std::move(base));
}

std::vector<Attribute> classes_of(Floats coefficients, Floats intercepts) {
  return attributes("coefficients", std::move(coefficients), "intercepts", std::move(intercepts),
                    "classlabels_ints", Ints{0, 1});
}

std::vector<Attribute> machine(Floats vectors, Floats coefficients, Floats rho) {
  return attributes("vectors_per_class", Ints{1, 1}, "support_vectors", std::move(vectors),
                    "coefficients", std::move(coefficients), "rho", std::move(rho), "kernel_type",
                    std::string("RBF"), "kernel_params", Floats{1, 0, 3}, "classlabels_ints",
                    Ints{0, 1});
}

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = [] {
    Row list[] = {
        {"tree", "TreeEnsembleRegressor", 1, stump(1, 2, 0, {}), ""},
        {"feature", "TreeEnsembleRegressor", 1, stump(2, 2, 0, {}),
         "tree node 0 splits on feature 2, the input has 2 columns"},
        {"circle", "TreeEnsembleRegressor", 1, stump(1, 0, 0, {}), "tree"},
        {"target", "TreeEnsembleRegressor", 1, stump(1, 2, 1, {}), "a leaf votes for 1"},
        {"base", "TreeEnsembleRegressor", 1, stump(1, 2, 0, {1, 2}),
         "base_values has 2 entries for 1 targets"},
        {"classifier", "LinearClassifier", 2, classes_of({1, 2, 3, 4}, {0, 0}), ""},
        {"coefficients", "LinearClassifier", 2, classes_of({1, 2, 3}, {}), "coefficients"},
        {"intercepts", "LinearClassifier", 2, classes_of({1, 2, 3, 4}, {0}), "1 intercepts"},
        {"labels", "LinearClassifier", 2, classes_of({1, 2, 3, 4, 5, 6}, {}),
         "there are 2 class labels for 3 scores"},
        {"regressor", "LinearRegressor", 1, attributes("coefficients", Floats{1, 2}), ""},
        {"a row too few", "LinearRegressor", 1,
         attributes("coefficients", Floats{1, 2}, "targets", std::int64_t{2}), "2 coefficients"},
        {"machine", "SVMClassifier", 2, machine({1, 2, 3, 4}, {1, -1}, {0}), ""},
        {"vectors", "SVMClassifier", 2, machine({1, 2, 3}, {1, -1}, {0}), "support_vectors"},
        {"a coefficient too few", "SVMClassifier", 2, machine({1, 2, 3, 4}, {1}, {0}),
         "coefficients"},
        {"no rho", "SVMClassifier", 2, machine({1, 2, 3, 4}, {1, -1}, {}), "rho is missing"},
        {"machine of numbers", "SVMRegressor", 1,
         attributes("n_supports", std::int64_t{2}, "support_vectors", Floats{1, 2, 3},
                    "coefficients", Floats{1, -1}, "rho", Floats{0}),
         "support_vectors has 3 entries"},
    };
    return std::vector<Row>(std::make_move_iterator(std::begin(list)),
                            std::make_move_iterator(std::end(list)));
  }();
  return kRows;
}

Problems check(const Row& row, Dim columns) {
  Model model;
  model.opsets = {{"ai.onnx.ml", 3}};
  Graph& graph = model.graph;
  graph.inputs = {graph.add_value("x", Type::tensor(DType::kFloat32, Dims{Dim(), columns}))};
  Node node;
  node.op = row.op;
  node.domain = std::string(kMl);
  node.version = 3;
  node.inputs = graph.inputs;
  for (const Attribute& attribute : row.attributes) node.attributes.push_back(attribute.clone());
  for (std::size_t i = 0; i < row.outputs; ++i)
    node.outputs.push_back(graph.add_value(i == 0 ? "y" : "z", Type{}));
  graph.outputs = node.outputs;
  graph.nodes.push_back(std::move(node));
  Problems problems;
  check_model(model, problems);
  return problems;
}

TEST(CheckModel, AttributesFitEachOtherAndTheInput) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const Problems problems = check(row, Dim(2));
    if (row.says[0] == '\0') {
      EXPECT_TRUE(problems.empty()) << problems.front().what;
      continue;
    }
    ASSERT_EQ(problems.size(), 1U);
    EXPECT_EQ(problems[0].code, Code::kInvalid);
    EXPECT_NE(problems[0].what.find(row.says), std::string::npos) << problems[0].what;
    EXPECT_EQ(problems[0].what.find(row.op), std::string::npos) << problems[0].what;
  }
}

// What the number of columns would tell is left to a run; what is wrong with any is told.
TEST(CheckModel, AnUnknownNumberOfColumnsTellsNothing) {
  std::size_t told = 0;
  for (const Row& row : rows()) {
    const Problems problems = check(row, Dim());
    const bool is_of_any = std::string_view(row.op).starts_with("Tree") && row.says[0] != '\0' &&
                           std::string_view(row.name) != "feature";
    EXPECT_EQ(problems.size(), is_of_any ? 1U : 0U) << row.name;
    told += problems.size();
  }
  EXPECT_EQ(told, 3U);
}

}  // namespace
}  // namespace slipway
