#include "graph/verify.h"

#include <gtest/gtest.h>

#include "graph/inline_functions.h"

namespace slipway {
namespace {

// x -> Abs -> y, sound.
Model sound_model() {
  Model model;
  Graph& graph = model.graph;
  const ValueId x = graph.add_value("x", Type::tensor(DType::kFloat32, Dims{2}));
  const ValueId y = graph.add_value("y");
  graph.inputs = {x};
  graph.outputs = {y};
  Node node;
  node.op = "Abs";
  node.version = 13;
  node.inputs = {x};
  node.outputs = {y};
  graph.nodes.push_back(std::move(node));
  return model;
}

std::unique_ptr<Graph> subgraph_capturing(ValueId outer) {
  auto body = std::make_unique<Graph>();
  body->name = "then";
  const ValueId inner = body->add_value("captured");
  body->captures = {{outer, inner}};
  body->outputs = {inner};
  return body;
}

struct Row {
  const char* name;
  void (*damage)(Graph&);
  const char* expected;  // part of the one problem found
};

TEST(Verify, NamesEachViolation) {
  const Row rows[] = {
      {"value named twice", [](Graph& g) { g.value(ValueId{1}).name = "x"; },
       "two values are named x"},
      {"defined twice", [](Graph& g) { g.nodes.push_back(g.nodes[0].clone()); },
       "y is defined twice"},
      {"use before definition", [](Graph& g) { g.nodes[0].inputs = {g.add_value("later")}; },
       "uses later before anything defines it"},
      {"output of no node", [](Graph& g) { g.outputs.push_back(g.add_value("z")); },
       "output z is produced by no node"},
      {"input id out of range", [](Graph& g) { g.nodes[0].inputs = {ValueId{99}}; },
       "refers to no value"},
      {"output id out of range", [](Graph& g) { g.outputs = {ValueId{99}}; }, "refers to no value"},
      {"initializer against stated type",
       [](Graph& g) {
         g.initializers[ValueId{0}] = Tensor::of<float>({1, 2, 3});
       },
       "initializer x is float[3], the graph states float[2]"},
      {"capture at the top",
       [](Graph& g) {
         g.captures = {{ValueId{0}, g.add_value("c")}};
       },
       "the outermost graph captures"},
      {"capture of nothing",
       [](Graph& g) {
         g.nodes[0].attributes.emplace_back("body", subgraph_capturing(ValueId{77}));
       },
       "refers to no value"},
      {"attribute twice",
       [](Graph& g) {
         g.nodes[0].attributes.emplace_back("axis", std::int64_t{1});
         g.nodes[0].attributes.emplace_back("axis", std::int64_t{2});
       },
       "attribute axis is given twice"},
  };
  for (const Row& row : rows) {
    Model model = sound_model();
    row.damage(model.graph);
    Problems problems;
    verify(model, problems);
    ASSERT_FALSE(problems.empty()) << row.name;
    EXPECT_NE(to_text(problems[0]).find(row.expected), std::string::npos)
        << row.name << ": " << to_text(problems[0]);
  }
}

TEST(Verify, FindsNothingInASoundModel) {
  Model model = sound_model();
  model.graph.nodes[0].attributes.emplace_back("body", subgraph_capturing(ValueId{0}));
  Problems problems;
  verify(model, problems);
  EXPECT_TRUE(problems.empty()) << to_text(problems[0]);
}

// f(a) = Scale(a) {by = @factor}, with factor 2 by default.
Function scale_function() {
  Function function;
  function.domain = "local";
  function.name = "F";
  function.default_attributes.emplace_back("factor", std::int64_t{2});
  Graph& body = function.body;
  body.inputs = {body.add_value("a")};
  body.outputs = {body.add_value("b")};
  Node inner;
  inner.op = "Scale";
  inner.inputs = body.inputs;
  inner.outputs = body.outputs;
  Attribute by;
  by.name = "by";
  by.kind = AttrKind::kInt;
  by.reference = "factor";
  inner.attributes.push_back(std::move(by));
  body.nodes.push_back(std::move(inner));
  return function;
}

TEST(InlineFunctions, BindsValuesAndAttributes) {
  Model model = sound_model();
  model.graph.nodes[0].op = "F";
  model.graph.nodes[0].domain = "local";
  model.functions.push_back(scale_function());
  ASSERT_TRUE(inline_functions(model).ok());
  ASSERT_EQ(model.graph.nodes.size(), 1U);
  const Node& node = model.graph.nodes[0];
  EXPECT_EQ(node.op, "Scale");
  EXPECT_EQ(node.inputs[0], model.graph.inputs[0]);
  EXPECT_EQ(node.outputs[0], model.graph.outputs[0]);
  EXPECT_EQ(std::get<std::int64_t>(node.find_attribute("by")->value), 2);
}

TEST(InlineFunctions, RefusesRecursion) {
  Model model = sound_model();
  model.graph.nodes[0].op = "F";
  model.graph.nodes[0].domain = "local";
  Function recursive = scale_function();
  recursive.body.nodes[0].op = "F";
  recursive.body.nodes[0].domain = "local";
  model.functions.push_back(std::move(recursive));
  const Status status = inline_functions(model);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("calls itself"), std::string::npos);
}

}  // namespace
}  // namespace slipway
