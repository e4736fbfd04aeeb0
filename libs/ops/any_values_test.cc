// Every operator on values that nobody sane would give it: it answers, or refuses with a message,
// and what inference says of an answer is true. Sanitizers make this find more.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/str.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "ops/interpreter.h"
#include "ops/random_node.h"

namespace slipway {
namespace {

constexpr std::size_t kTensorLimitBytes = 1 << 20;
constexpr int kRunsPerVersion = 150;

// Items of a sequence may differ in shape: nothing is stated of it.
Type stated_type(const Value& value) {
  Type type = type_of(value);
  for (Type& element : type.element) element.dims.reset();
  return type;
}

// A model of the one node. As constants the inputs are initializers, so that inference sees them.
Model wrap(const Node& node, const std::vector<Value>& inputs, std::size_t outputs,
           bool as_constants) {
  Model model;
  model.ir_version = 10;
  model.opsets = {{node.domain, node.version}};
  Node copy = node.clone();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].is_absent()) {
      copy.inputs.push_back(kNoValue);
      continue;
    }
    const ValueId id = model.graph.add_value(str("in", i), stated_type(inputs[i]));
    copy.inputs.push_back(id);
    if (as_constants && inputs[i].is_tensor()) {
      model.graph.initializers.emplace(id, inputs[i].tensor());
    } else {
      model.graph.inputs.push_back(id);
    }
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    copy.outputs.push_back(model.graph.add_value(str("out", i)));
    model.graph.outputs.push_back(copy.outputs.back());
  }
  model.graph.nodes.push_back(std::move(copy));
  return model;
}

// Empty when inference agrees with what was computed.
std::string disagreement(Model model, const std::vector<Value>& computed) {
  Problems problems;
  infer_types(model, problems);
  if (!problems.empty()) return "inference refuses what runs: " + to_text(problems.front());
  for (std::size_t i = 0; i < computed.size(); ++i) {
    const Type& inferred = model.graph.value(model.graph.outputs[i]).type;
    if (!merge(inferred, type_of(computed[i])).ok()) {
      return str("output ", i, ": inferred ", to_text(inferred), ", computed ",
                 to_text(type_of(computed[i])));
    }
  }
  return "";
}

std::string describe_run(const Node& node, const std::vector<Value>& inputs) {
  std::string text = str(node.op, "-", node.version, "(");
  for (const Value& input : inputs) text += describe(input) + " ";
  for (const Attribute& attribute : node.attributes) {
    text += attribute.name + "=";
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) text += str(*number);
    if (const auto* word = std::get_if<std::string>(&attribute.value)) text += *word;
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
      text += shape_text(*list);
    }
    text += " ";
  }
  return text + ")";
}

int runs_per_version() {
  const char* stated = std::getenv("SLIPWAY_ANY_VALUES_RUNS");
  return stated == nullptr ? kRunsPerVersion : std::atoi(stated);
}

class AnyValues : public testing::TestWithParam<const Op*> {
 protected:
  void SetUp() override {
    before_ = tensor_limit_bytes();
    set_tensor_limit_bytes(kTensorLimitBytes);
  }
  void TearDown() override { set_tensor_limit_bytes(before_); }

 private:
  std::size_t before_ = 0;
};

TEST_P(AnyValues, AreAnsweredOrRefused) {
  const Op& op = *GetParam();
  for (const OpVersion& version : op.versions) {
    const Signature& signature = signature_of(version);
    for (int run = 0; run < runs_per_version(); ++run) {
      const RandomNode drawn(op, version, static_cast<std::uint64_t>(run));
      SCOPED_TRACE(str("run ", run, ": ", describe_run(drawn.node, drawn.inputs)));
      const std::size_t least = std::max<std::size_t>(signature.min_outputs(), 1);
      const std::size_t outputs =
          run % 2 == 0 ? least : std::max(least, std::min<std::size_t>(signature.max_outputs(), 4));
      Model model = wrap(drawn.node, drawn.inputs, outputs, false);
      Model constant = wrap(drawn.node, drawn.inputs, outputs, true);
      const Result<std::vector<Value>> computed = evaluate_node(model.graph.nodes[0], drawn.inputs);
      if (computed.ok()) {
        EXPECT_EQ(disagreement(std::move(model), *computed), "");
        EXPECT_EQ(disagreement(std::move(constant), *computed), "");
        continue;
      }
      EXPECT_FALSE(computed.error().message.empty());
      EXPECT_NE(computed.error().code, Code::kInternal) << computed.error().message;
      Problems ignored;
      infer_types(model, ignored);
      infer_types(constant, ignored);
    }
  }
}

// An operator that refuses everything is not tested.
TEST(AnyValuesDrawn, AreAnsweredOftenEnough) {
  int answered = 0, drawn = 0;
  for (const Op* op : all_ops()) {
    if (op->evaluate == nullptr) continue;
    for (int run = 0; run < 20; ++run, ++drawn) {
      const RandomNode one(*op, op->versions.back(), static_cast<std::uint64_t>(run));
      const std::size_t outputs =
          std::max<std::size_t>(signature_of(op->versions.back()).min_outputs(), 1);
      const Model model = wrap(one.node, one.inputs, outputs, false);
      answered += evaluate_node(model.graph.nodes[0], one.inputs).ok() ? 1 : 0;
    }
  }
  EXPECT_GT(answered, drawn / 8);
}

std::vector<const Op*> operators() {
  std::vector<const Op*> rows;
  for (const Op* op : all_ops()) {
    if (op->evaluate != nullptr) rows.push_back(op);
  }
  return rows;
}

std::string test_name(const testing::TestParamInfo<const Op*>& info) {
  std::string text = str(info.param->domain, "_", info.param->name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

INSTANTIATE_TEST_SUITE_P(EveryOperator, AnyValues, testing::ValuesIn(operators()), test_name);

}  // namespace
}  // namespace slipway
