#include "ops/infer.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

struct Row {
  const char* name;
  Type stated;
  bool is_fault;
};

TEST(InferTypes, AWrongStatedExtentIsAWarningAnythingElseAFault) {
  const Row rows[] = {
      {"extent", Type::tensor(DType::kFloat32, Dims{3}), false},
      {"rank", Type::tensor(DType::kFloat32, Dims{2, 1}), true},
      {"element type", Type::tensor(DType::kInt64, Dims{2}), true},
      {"kind", Type::sequence(Type::tensor(DType::kFloat32, Dims{2})), true},
  };
  for (const Row& row : rows) {
    Model model;
    Graph& graph = model.graph;
    graph.inputs = {graph.add_value("x", Type::tensor(DType::kFloat32, Dims{2}))};
    graph.outputs = {graph.add_value("y", row.stated)};
    Node node;
    node.op = "Abs";
    node.version = 13;
    node.inputs = graph.inputs;
    node.outputs = graph.outputs;
    graph.nodes.push_back(std::move(node));
    Problems problems;
    infer_types(model, problems);
    ASSERT_EQ(problems.size(), 1U) << row.name;
    EXPECT_EQ(first_fault(problems) != nullptr, row.is_fault) << row.name;
    EXPECT_EQ(to_text(graph.value(graph.outputs[0]).type), "float[2]") << row.name;
  }
}

TEST(InferTypes, AnInitializersOwnExtentsAreNoMatterOfOpinion) {
  Model model;
  Graph& graph = model.graph;
  const ValueId w = graph.add_value("w", Type::tensor(DType::kFloat32, Dims{3}));
  graph.initializers[w] = Tensor::of<float>({1.0F, 2.0F});
  graph.outputs = {w};
  Problems problems;
  infer_types(model, problems);
  EXPECT_NE(first_fault(problems), nullptr);
}

}  // namespace
}  // namespace slipway
