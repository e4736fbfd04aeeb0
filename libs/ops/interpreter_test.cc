#include "ops/interpreter.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

Node abs_node() {
  Node node;
  node.op = "Abs";
  node.version = 13;
  node.outputs = {ValueId{0}};
  return node;
}

TEST(EvaluateNode, RunsOneOperator) {
  const Tensor x = Tensor::of<float>({-1.0F, 2.0F});
  const Result<std::vector<Value>> y = evaluate_node(abs_node(), {x});
  ASSERT_TRUE(y.ok()) << y.error().message;
  EXPECT_EQ((*y)[0].tensor().data<float>()[0], 1.0F);
}

TEST(EvaluateNode, RefusesATypeTheOperatorDoesNotTake) {
  const Result<std::vector<Value>> y =
      evaluate_node(abs_node(), {Tensor::of<std::string>({std::string("a")})});
  ASSERT_FALSE(y.ok());
  EXPECT_NE(y.error().message.find("allowed"), std::string::npos) << y.error().message;
}

TEST(Interpreter, NamesUnknownAndMissingInputs) {
  Model model;
  const ValueId x = model.graph.add_value("x", Type::tensor(DType::kFloat32, Dims{2}));
  const ValueId y = model.graph.add_value("y");
  model.graph.inputs = {x};
  model.graph.outputs = {y};
  Node node = abs_node();
  node.inputs = {x};
  node.outputs = {y};
  model.graph.nodes.push_back(std::move(node));
  const Result<Interpreter> interpreter = Interpreter::create(std::move(model));
  ASSERT_TRUE(interpreter.ok());

  EXPECT_EQ(interpreter->run({}).error().message, "input x (float[2]) is not given");
  EXPECT_EQ(interpreter->run({{"z", Tensor::of<float>({1.0F})}}).error().message,
            "the model has no input named 'z': its inputs are x");
  EXPECT_EQ(interpreter->run({{"x", Tensor::of<float>({1.0F})}}).error().message,
            "input x must be float[2], the data is float[1]");
  const auto outputs = interpreter->run({{"x", Tensor::of<float>({-1.0F, 3.0F})}});
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  EXPECT_EQ((*outputs)[0].name, "y");
}

}  // namespace
}  // namespace slipway
