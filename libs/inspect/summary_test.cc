#include "inspect/summary.h"

#include <gtest/gtest.h>

#include <limits>

#include "inspect/json.h"
#include "inspect/memory.h"

namespace slipway {
namespace {

Node node(std::string op, std::vector<ValueId> inputs, std::vector<ValueId> outputs) {
  Node made;
  made.op = std::move(op);
  made.version = 13;
  made.inputs = std::move(inputs);
  made.outputs = std::move(outputs);
  return made;
}

// y = (x + w) + (x + w) twice over, each of [batch, 4] floats; w has 4 parameters.
Model small_model() {
  Model model;
  model.ir_version = 8;
  model.opsets = {{"", 13}};
  model.producer_name = "test";
  Graph& graph = model.graph;
  graph.name = "small";
  const Dims dims = {Dim::symbol("batch"), Dim(4)};
  const ValueId x = graph.add_value("x", Type::tensor(DType::kFloat32, dims));
  const ValueId w = graph.add_value("w", Type::tensor(DType::kFloat32, Dims{4}));
  const ValueId sum = graph.add_value("sum");
  const ValueId twice = graph.add_value("twice");
  const ValueId y = graph.add_value("y", Type::tensor(DType::kFloat32, dims));
  graph.inputs = {x};
  graph.outputs = {y};
  graph.initializers[w] = Tensor::of<float>({1, 2, 3, 4});
  graph.nodes.push_back(node("Add", {x, w}, {sum}));
  graph.nodes.push_back(node("Add", {sum, sum}, {twice}));
  graph.nodes.push_back(node("Add", {twice, twice}, {y}));
  return model;
}

TEST(Summary, CountsWithOpenDimensionsAsOneOrAsAsked) {
  const Result<Summary> one = summarize(small_model());
  ASSERT_TRUE(one.ok()) << one.error().message;
  EXPECT_EQ(one->parameter_count, 4);
  EXPECT_EQ(one->weight_bytes, 16);
  EXPECT_EQ(one->node_count, 3U);
  EXPECT_FALSE(one->has_unknown_shapes);
  EXPECT_TRUE(one->problems.empty());
  EXPECT_EQ(one->peak_activation_bytes, 2 * 16);  // a node's input and output
  ASSERT_EQ(one->operators.size(), 1U);
  EXPECT_EQ(one->operators[0].node_count, 3);
  ASSERT_EQ(one->layers.size(), 3U);
  EXPECT_EQ(one->layers[0].name, "sum");
  EXPECT_EQ(one->layers[0].parameter_count, 4);
  EXPECT_EQ(one->layers[1].parameter_count, 0);
  EXPECT_EQ(to_text(one->layers[2].outputs[0]), "float[1,4]");
  EXPECT_EQ(to_text(one->inputs[0].type), "float[batch,4]");

  const Result<Summary> ten = summarize(small_model(), {{"batch", 10}});
  ASSERT_TRUE(ten.ok()) << ten.error().message;
  EXPECT_EQ(ten->peak_activation_bytes, 2 * 160);
  EXPECT_EQ(to_text(ten->layers[2].outputs[0]), "float[10,4]");
}

TEST(Summary, AnUnknownDimensionIsBadUsage) {
  const Result<Summary> summary = summarize(small_model(), {{"bach", 10}});
  ASSERT_FALSE(summary.ok());
  EXPECT_EQ(summary.error().code, Code::kUsage);
  EXPECT_EQ(summary.error().message, "the model has no open dimension 'bach': it has batch");
}

TEST(Summary, UnnamedDimensionsAreNamedAfterInputAndAxis) {
  Model model = small_model();
  model.graph.value(model.graph.inputs[0]).type =
      Type::tensor(DType::kFloat32, Dims{Dim(), Dim(4)});
  const Result<Summary> summary = summarize(model, {{"x[0]", 3}});
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(to_text(summary->layers[0].outputs[0]), "float[3,4]");
}

TEST(Summary, AnUnsupportedOperatorLeavesShapesUnknown) {
  Model model = small_model();
  model.graph.nodes[1].op = "Frobnicate";
  const Result<Summary> summary = summarize(model);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_TRUE(summary->has_unknown_shapes);
  EXPECT_TRUE(summary->operators[0].is_supported);
  EXPECT_EQ(summary->operators[1].op, "Frobnicate");
  EXPECT_FALSE(summary->operators[1].is_supported);
}

TEST(Summary, WhatMachineLearningOperatorsHoldInAttributesCounts) {
  Model model = small_model();
  Node& scaler = model.graph.nodes[1];
  scaler.domain = "ai.onnx.ml";
  scaler.op = "Scaler";
  scaler.version = 1;
  scaler.inputs.resize(1);
  scaler.attributes.emplace_back("offset", std::vector<float>{1, 2, 3, 4});
  scaler.attributes.emplace_back("scale", std::vector<float>{5, 6, 7, 8});
  const Result<Summary> summary = summarize(model);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  EXPECT_EQ(summary->parameter_count, 4 + 8);
  EXPECT_EQ(summary->weight_bytes, 16 + 32);
  EXPECT_EQ(summary->layers[1].parameter_count, 8);
}

TEST(Summary, EnormousDimensionsSaturate) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Model model = small_model();
  const Dims dims = {Dim(kMost), Dim(4)};
  for (ValueDef& value : model.graph.values) value.type = Type::tensor(DType::kFloat32, dims);
  EXPECT_EQ(bytes_of(model.graph.values[0].type), kMost);
  EXPECT_EQ(peak_activations(model.graph).bytes, kMost);
}

TEST(Summary, TextFitsTheTerminal) {
  const Result<Summary> summary = summarize(small_model());
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary_text(*summary, {.width_columns = 80}),
            "  graph        small\n"
            "  producer     test\n"
            "  format       IR 8, opset 13\n"
            "inputs\n"
            "  x  float[batch,4]\n"
            "outputs\n"
            "  y  float[batch,4]\n"
            "one run\n"
            "  parameters     4\n"
            "  multiply-adds  0 with batch = 1 (--set changes it)\n"
            "  memory         16 B of weights + 32 B of activations at their peak, node 0 (Add)\n"
            "operators: 1 kind, 3 nodes\n"
            "  operator  nodes  multiply-adds\n"
            "  Add           3\n"
            "layers\n"
            "  #  name   operator  output      parameters  mult-adds  memory\n"
            "  0  sum    Add       float[1,4]           4               16 B\n"
            "  1  twice  Add       float[1,4]                           16 B\n"
            "  2  y      Add       float[1,4]                           16 B\n");
}

TEST(Summary, NamesCannotActOnTheTerminal) {
  Model model = small_model();
  model.graph.name = "\033[2J";
  model.graph.nodes[0].name = "\033]0;x\007";
  model.graph.value(model.graph.inputs[0]).name = "\n\r";
  model.producer_name = std::string(5000, 'x');
  const Result<Summary> summary = summarize(model);
  ASSERT_TRUE(summary.ok());
  const std::string text = summary_text(*summary, {.width_columns = 80});
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_LT(text.size(), 2500U);
}

TEST(Summary, JsonHoldsTheSameFacts) {
  const Result<Summary> summary = summarize(small_model());
  ASSERT_TRUE(summary.ok());
  const std::string json = summary_json(*summary);
  for (const char* part :
       {"\"parameters\": 4", "\"producer\": \"test\"", "\"peak_activation_bytes\": 32", "\"batch\"",
        "\"ir_version\": 8", "\"nodes\": 3"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
}

}  // namespace
}  // namespace slipway
