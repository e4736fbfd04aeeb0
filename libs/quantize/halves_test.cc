#include "quantize/halves.h"

#include <gtest/gtest.h>

#include "quantize/quantize.h"
#include "quantize/test_model.h"
#include "tensor/convert.h"

namespace slipway::quantize {
namespace {

const Options kKeepIo = {.to = Precision::kFloat16, .keeps_io = true};

std::string joined(const std::vector<std::string>& notes) { return join(notes, "; "); }

TEST(Halves, AWholeModel) {
  const Model model = classifier();
  const auto outcome = quantize_without_samples(model.clone(), kKeepIo);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(count_of(outcome->model, "Cast"), 2U);
  for (const auto& [id, tensor] : outcome->model.graph.initializers)
    EXPECT_NE(tensor.dtype(), DType::kFloat32) << outcome->model.graph.value(id).name;
  const Tensor x = random_tensor({1, 3, 8, 8}, 1);
  const double error = relative_error(first_output(model, x), first_output(outcome->model, x));
  EXPECT_LT(error, 5e-3);
  EXPECT_GT(error, 0.0);
}

TEST(Halves, InputsAndOutputsToo) {
  const auto outcome = quantize_without_samples(classifier(), {.to = Precision::kFloat16});
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  const Graph& graph = outcome->model.graph;
  EXPECT_EQ(count_of(outcome->model, "Cast"), 0U);
  EXPECT_EQ(graph.value(graph.inputs[0]).type.dtype, DType::kFloat16);
  EXPECT_EQ(graph.value(graph.outputs[0]).type.dtype, DType::kFloat16);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
}

TEST(Halves, WhatIsTooLargeStaysFloat) {
  const Model model = text_model(
      "%x: float[1,4]",
      "init %big = float[4] {1.0,70000.0,2.0,3.0}\ninit %none = float[] {-inf}\n"
      "%a = Mul(%x, %big) \"scale\"\n%b = Max(%x, %none)\n%y = Add(%a, %b)\nreturn %y\n");
  const auto outcome = quantize_without_samples(model.clone(), kKeepIo);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_NE(joined(outcome->notes).find("scale (big holds a number beyond 65504)"),
            std::string::npos)
      << joined(outcome->notes);
  const Tensor x = Tensor::of(Shape{1, 4}, std::vector<float>{1, 0.5F, -2, 3});
  EXPECT_EQ(first_output(outcome->model, x), (std::vector<float>{2, 35008, -6, 12}));
}

TEST(Halves, WhatHasNoFormInHalvesStaysFloat) {
  const Model model =
      text_model("%x: float[1,4,4,4], %c: bool[]",
                 "init %scales = float[4] {1,1,2,2}\n%a = Resize(%x, _, %scales)\n"
                 "%i = Shape(%a)\n%f = Cast(%i) {to=1}\n%t = Tanh(%a)\n"
                 "%z = If(%c) {then_branch=graph yes() captures(%t) {\n%r = Neg(%t)\nreturn %r\n}, "
                 "else_branch=graph no() captures(%t) {\n%n = Abs(%t)\nreturn %n\n}}\n"
                 "%y = Neg(%z)\nreturn %y, %f\n");
  for (const bool keeps_io : {true, false}) {
    Options options = kKeepIo;
    options.keeps_io = keeps_io;
    const auto outcome = quantize_without_samples(model.clone(), options);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    const Graph& graph = outcome->model.graph;
    EXPECT_EQ(graph.value(graph.outputs[1]).type.dtype,
              keeps_io ? DType::kFloat32 : DType::kFloat16);
    Result<ModelRun> run = ModelRun::create(outcome->model.clone(), {});
    Tensor x = random_tensor({1, 4, 4, 4}, 3);
    const Tensor yes = Tensor::scalar(true);
    Result<ModelRun> floats = ModelRun::create(model.clone(), {});
    const auto wanted = floats->run({x, yes});
    ASSERT_TRUE(wanted.ok()) << wanted.error().message;
    if (!keeps_io) x = *cast(x, DType::kFloat16);
    const auto given = run->run({x, yes});
    ASSERT_TRUE(given.ok()) << given.error().message;
    const Tensor a = (*wanted)[0];
    const Tensor b = *cast((*given)[0], DType::kFloat32);
    for (std::size_t i = 0; i < a.size(); ++i)
      EXPECT_NEAR(a.data<float>()[i], b.data<float>()[i], 2e-3);
    EXPECT_EQ(cast((*given)[1], DType::kFloat32)->data<float>()[3], 8.0F);
  }
}

TEST(Halves, NamesAreObeyed) {
  Options options = kKeepIo;
  options.only = {"dense"};
  const auto outcome = quantize_without_samples(classifier(), options);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(count_of(outcome->model, "Cast"), 2U);
  std::size_t halves = 0;
  for (const auto& [id, tensor] : outcome->model.graph.initializers)
    halves += tensor.dtype() == DType::kFloat16 ? 1 : 0;
  EXPECT_EQ(halves, 2U);
}

TEST(Halves, Bfloat16IsStoredAndCast) {
  const Model model = classifier();
  const auto outcome = quantize_without_samples(model.clone(), {.to = Precision::kBfloat16});
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  for (const auto& [id, tensor] : outcome->model.graph.initializers)
    EXPECT_TRUE(tensor.dtype() != DType::kFloat32 || tensor.size() < 64);
  const Tensor x = random_tensor({1, 3, 8, 8}, 1);
  const double error = relative_error(first_output(model, x), first_output(outcome->model, x));
  EXPECT_LT(error, 2e-2);
  EXPECT_GT(error, 0.0);
}

TEST(Dynamic, WritesIntegerProducts) {
  const Model model = classifier();
  for (const bool is_per_tensor : {false, true}) {
    Options options;
    options.is_dynamic = true;
    options.is_per_tensor = is_per_tensor;
    const auto outcome = quantize_without_samples(model.clone(), options);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    EXPECT_EQ(count_of(outcome->model, "ConvInteger"), 4U);
    EXPECT_EQ(count_of(outcome->model, "MatMulInteger"), 1U);
    // What two convolutions read is quantised once.
    EXPECT_EQ(count_of(outcome->model, "DynamicQuantizeLinear"), 5U);
    const Tensor x = random_tensor({1, 3, 8, 8}, 1);
    const double error = relative_error(first_output(model, x), first_output(outcome->model, x));
    EXPECT_LT(error, is_per_tensor ? 0.5 : 0.1);
    EXPECT_GT(error, 0.0);
  }
}

}  // namespace
}  // namespace slipway::quantize
