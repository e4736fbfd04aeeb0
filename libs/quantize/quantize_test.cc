#include "quantize/quantize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "compile/compile.h"
#include "quantize/judge.h"
#include "quantize/search.h"
#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

const Progress kSilent;

Result<Outcome> quantized(const Model& model, const SampleFile& file, const Options& options) {
  samples::Samples samples = file.open(model);
  const auto calibrated =
      TRY(Calibrated::create(model.clone(), options, &samples, std::nullopt, kSilent));
  return calibrated.quantize();
}

double error_of(const Model& model, const Outcome& outcome) {
  double worst = 0;
  for (const std::uint32_t seed : {11U, 12U, 13U}) {
    const Tensor x = random_tensor({1, 3, 8, 8}, seed);
    worst = std::max(worst, relative_error(first_output(model, x), first_output(outcome.model, x)));
  }
  return worst;
}

struct Row {
  const char* name;
  Options options;
  double most_error;
};

TEST(Quantize, EveryWayStaysNearTheModel) {
  const Model model = classifier();
  const SampleFile file("x", {3, 8, 8}, 64);
  std::vector<Row> rows = {{"default", {}, 0.03}};
  const auto add = [&](const char* row_name, double most_error, auto change) {
    Row row{row_name, {}, most_error};
    change(row.options);
    rows.push_back(std::move(row));
  };
  add("uint8", 0.03, [](Options& o) { o.to = Precision::kUint8; });
  add("minmax", 0.03, [](Options& o) { o.method = Method::kMinMax; });
  add("percentile", 0.03, [](Options& o) { o.method = Method::kPercentile; });
  add("entropy", 0.05, [](Options& o) { o.method = Method::kEntropy; });
  add("symmetric", 0.04, [](Options& o) { o.is_symmetric = true; });
  add("qoperator", 0.03, [](Options& o) { o.is_qoperator = true; });
  add("per tensor", 0.08, [](Options& o) { o.is_per_tensor = true; });
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const auto outcome = quantized(model, file, row.options);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    const double error = error_of(model, *outcome);
    EXPECT_LT(error, row.most_error);
    EXPECT_GT(error, 0.0);
    EXPECT_EQ(outcome->model.graph.inputs.size(), 1U);
    EXPECT_EQ(outcome->model.graph.value(outcome->model.graph.outputs[0]).name, "y");
    EXPECT_EQ(outcome->model.graph.value(outcome->model.graph.outputs[0]).type.dtype,
              DType::kFloat32);
    EXPECT_EQ(row.options.is_qoperator, count_of(outcome->model, "QLinearConv") == 4);
    EXPECT_EQ(count_of(outcome->model, "Conv"), row.options.is_qoperator ? 0U : 4U);
  }
}

// A product of matrices in integers is several nodes, and runtimes refuse two of one name.
TEST(Quantize, NodesHaveNamesOfTheirOwn) {
  const Model model = text_model(
      "%x: float[1,8]", random_weights("v", {8, 32}, 1) + random_weights("w", {32, 32}, 2) +
                            "%a = MatMul(%x, %v)\n%b = Relu(%a)\n%y = MatMul(%b, %w) \"last\"\n"
                            "return %y\n");
  Options options;
  options.is_qoperator = true;
  const auto outcome = quantized(model, SampleFile("x", {8}, 16), options);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_GE(count_of(outcome->model, "MatMulInteger"), 1U);
  std::set<std::string> names;
  for (const Node& node : outcome->model.graph.nodes) {
    if (node.name.empty()) continue;
    EXPECT_TRUE(names.insert(node.name).second) << node.name;
  }
  EXPECT_TRUE(names.contains("last"));
}

TEST(Quantize, RunsInIntegers) {
  const Model model = classifier();
  const auto outcome = quantized(model, SampleFile("x", {3, 8, 8}, 16), {});
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  const auto compiled = compile::compile_model(outcome->model.clone(), {});
  ASSERT_TRUE(compiled.ok()) << compiled.error().message;
  std::size_t byte_convolutions = 0;
  for (const compile::StepNote& step : compiled->steps) {
    byte_convolutions += step.kernel == "byte conv" ? 1 : 0;
    EXPECT_NE(step.kernel, "interpret") << step.step;
  }
  EXPECT_EQ(byte_convolutions, 4U);
}

// Per-tensor extremes alone lose several times as much: what the steps are for.
TEST(Quantize, EachStepEarnsItsPlace) {
  const Model model = classifier();
  const SampleFile file("x", {3, 8, 8}, 64);
  Options plain;
  plain.method = Method::kMinMax;
  plain.equalizes = plain.corrects_bias = false;
  const auto error_with = [&](auto change) {
    Options options = plain;
    change(options);
    const auto outcome = quantized(model, file, options);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    return error_of(model, *outcome);
  };
  const double per_tensor = error_with([](Options& o) { o.is_per_tensor = true; });
  const double per_channel = error_with([](Options&) {});
  const double equalized = error_with([](Options& o) { o.equalizes = true; });
  EXPECT_GT(per_tensor, 1.5 * per_channel);
  EXPECT_GT(per_channel, 1.5 * equalized);
}

// With many samples the factors are guessed from the first ones, and no second walk is needed.
TEST(Quantize, ManySamplesAreWalkedOnce) {
  const Model model = classifier();
  const auto steps_with = [&](std::int64_t count) {
    const SampleFile file("x", {3, 8, 8}, count);
    samples::Samples samples = file.open(model);
    std::set<std::string> steps;
    const auto made =
        Calibrated::create(model.clone(), {}, &samples, std::nullopt,
                           [&](std::string_view what, double) { steps.emplace(what); });
    EXPECT_TRUE(made.ok()) << made.error().message;
    EXPECT_LT(error_of(model, *made->quantize()), 0.03) << count;
    return steps;
  };
  const std::string again = "calibrating what was equalised";
  EXPECT_EQ(steps_with(64), (std::set<std::string>{"calibrating", again, "correcting biases"}));
  EXPECT_EQ(steps_with(300),
            (std::set<std::string>{"looking ahead", "calibrating", "correcting biases"}));
}

TEST(Quantize, WhatWasLearnedGivesTheSameModelAgain) {
  const Model model = classifier();
  const SampleFile file("x", {3, 8, 8}, 16);
  samples::Samples samples = file.open(model);
  const auto first = Calibrated::create(model.clone(), {}, &samples, std::nullopt, kSilent);
  ASSERT_TRUE(first.ok()) << first.error().message;
  const auto again = Calibrated::create(model.clone(), {}, nullptr, first->learned(), kSilent);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(print(first->quantize()->model), print(again->quantize()->model));
  EXPECT_EQ(first->learned().samples, 16U);
  Learned nothing;
  const auto without = Calibrated::create(model.clone(), {}, nullptr, nothing, kSilent);
  ASSERT_TRUE(without.ok());
  const auto outcome = without->quantize();
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message.find("range"), std::string::npos) << outcome.error().message;
}

TEST(Quantize, RecurrentLayersKeepTheirOutputs) {
  for (const auto& [op, gates] : {std::pair("LSTM", 4), std::pair("GRU", 3), std::pair("RNN", 1)}) {
    for (const int directions : {1, 2}) {
      SCOPED_TRACE(op);
      const Model model =
          text_model("%x: float[5,1,6]",
                     random_weights("w", {directions, 8 * gates, 6}, 1) +
                         random_weights("r", {directions, 8 * gates, 8}, 2) +
                         str("%y = ", op, "(%x, %w, %r) {hidden_size=8, direction=\"",
                             directions == 2 ? "bidirectional" : "forward", "\"}\nreturn %y\n"));
      Options options;
      for (const bool is_weights : {false, true}) {
        options.to = is_weights ? Precision::kInt8Weights : Precision::kInt8;
        const auto outcome = [&]() -> Result<Outcome> {
          if (is_weights) return quantize_without_samples(model.clone(), options);
          const auto calibrated =
              TRY(Calibrated::create(model.clone(), options, nullptr, std::nullopt, kSilent));
          return calibrated.quantize();
        }();
        ASSERT_TRUE(outcome.ok()) << outcome.error().message;
        EXPECT_EQ(operators(outcome->model),
                  (std::vector<std::string>{"DequantizeLinear", "DequantizeLinear", op}));
        const Tensor x = random_tensor({5, 1, 6}, 5);
        const double error =
            relative_error(first_output(model, x), first_output(outcome->model, x));
        EXPECT_LT(error, 0.02);
        EXPECT_GT(error, 0.0);
      }
    }
  }
}

TEST(Quantize, SaysWhyItCannot) {
  const Model old = text_model(
      "%x: float[1,4]",
      random_weights("w", {4, 32}, 1) + "%s = Softmax(%x)\n%y = MatMul(%s, %w)\nreturn %y\n", 11);
  const auto outcome = quantize_without_samples(old.clone(), {.to = Precision::kInt8Weights});
  ASSERT_FALSE(outcome.ok());
  EXPECT_NE(outcome.error().message.find("Softmax"), std::string::npos) << outcome.error().message;
  EXPECT_NE(outcome.error().message.find("opset 13"), std::string::npos) << outcome.error().message;
  // One scale for all needs no newer opset.
  EXPECT_TRUE(
      quantize_without_samples(old.clone(), {.to = Precision::kInt8Weights, .is_per_tensor = true})
          .ok());
  const Model empty = text_model("%x: float[1,4]", "%y = Tanh(%x)\nreturn %y\n");
  EXPECT_FALSE(quantize_without_samples(empty.clone(), {.to = Precision::kInt8Weights}).ok());
  const SampleFile file("x", {4}, 2);
  samples::Samples samples = file.open(empty);
  EXPECT_FALSE(Calibrated::create(empty.clone(), {}, &samples, std::nullopt, kSilent).ok());
}

TEST(Quantize, AnOldOpsetIsRaisedWhereNothingChanges) {
  const Model old = text_model(
      "%x: float[1,3,8,8]",
      random_weights("w", {4, 3, 3, 3}, 1) + "%a = Conv(%x, %w)\n%y = Relu(%a)\nreturn %y\n", 11);
  const auto outcome = quantized(old, SampleFile("x", {3, 8, 8}, 4), {});
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->model.opset(""), 13);
}

// One product has weights that bytes cannot tell apart.
TEST(Search, KeepsTheCulprit) {
  std::string coarse = "init %c = float[16,16] {";
  for (int i = 0; i < 256; ++i)
    coarse += str(i == 0 ? "" : ",", i < 16 ? "4000.0" : float_text(0.1 * (i % 7 - 3)));
  const Model model = text_model(
      "%x: float[batch,16]",
      random_weights("a", {16, 16}, 1) + coarse + "}\n" + random_weights("b", {16, 16}, 3) +
          "init %mask = float[16] {0,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1}\n"
          "%p = MatMul(%x, %a) \"first\"\n%t = Tanh(%p)\n%m = Mul(%t, %mask)\n"
          "%q = MatMul(%m, %c) \"coarse\"\n%u = Tanh(%q)\n%y = MatMul(%u, %b) \"last\"\nreturn "
          "%y\n");
  const SampleFile file("x", {16}, 32);
  samples::Samples samples = file.open(model);
  // Columns of `coarse` share no row: one scale for all makes its small weights vanish.
  Options options;
  options.corrects_bias = false;
  const auto calibrated =
      Calibrated::create(model.clone(), options, &samples, std::nullopt, kSilent);
  ASSERT_TRUE(calibrated.ok()) << calibrated.error().message;
  const auto found = search(*calibrated, samples, {}, 0.05, options, kSilent);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_GT(found->whole.drop(), 0.05);
  EXPECT_LE(found->chosen.drop(), 0.05);
  EXPECT_EQ(kept_nodes(*found), std::set<std::string>{"coarse"});
  ASSERT_EQ(found->ranking.size(), 3U);
  EXPECT_GT(found->ranking[0].error, 4 * found->ranking[1].error);
  const auto outcome = calibrated->quantize(kept_nodes(*found));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(count_of(outcome->model, "QuantizeLinear"), 2U);
  // Nothing is kept where nothing has to be.
  const auto loose = search(*calibrated, samples, {}, found->whole.drop(), options, kSilent);
  ASSERT_TRUE(loose.ok());
  EXPECT_EQ(loose->kept, 0U);
}

TEST(Judge, CountsClassesAndLabels) {
  const Model model = text_model("%x: float[batch,2]", "%y = Identity(%x)\nreturn %y\n");
  const Model turned = text_model("%x: float[batch,2]", "%y = Neg(%x)\nreturn %y\n");
  const SampleFile file("x", {2}, 10);
  samples::Samples samples = file.open(model);
  std::vector<std::int64_t> labels(10, 0);
  const auto same = judge(model, model, samples, labels, 0, {});
  ASSERT_TRUE(same.ok()) << same.error().message;
  EXPECT_EQ(same->relative_error, 0);
  EXPECT_EQ(*same->agreement, 1);
  EXPECT_EQ(same->drop(), 0);
  const auto other = judge(model, turned, samples, labels, 0, {});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(*other->agreement, 0);
  EXPECT_DOUBLE_EQ(other->relative_error, 2);
  EXPECT_DOUBLE_EQ(*other->accuracy, 1 - *other->reference_accuracy);
  const auto few = judge(model, turned, samples, {}, 3, {});
  EXPECT_EQ(few->samples, 3U);
  EXPECT_DOUBLE_EQ(few->drop(), few->relative_error);
  const Model lost = text_model("%x: float[batch,2]", "%y = Log(%x)\nreturn %y\n");
  EXPECT_EQ(judge(model, lost, samples, {}, 0, {})->drop(), 1);
}

}  // namespace
}  // namespace slipway::quantize
