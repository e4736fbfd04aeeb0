#include "measure/compare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/str.h"
#include "graph/text.h"
#include "measure/output_error.h"
#include "onnx/writer.h"
#include "tensor/npz.h"

namespace slipway::measure {
namespace {

namespace fs = std::filesystem;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// --- sums of errors ---

// Against the formulas, written down naively.
TEST(ErrorSum, IsWhatTheFormulasSay) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    std::normal_distribution<float> value(
        0, std::exp(std::uniform_real_distribution<float>(-9, 9)(random)));
    std::normal_distribution<float> noise(
        1, std::exp(std::uniform_real_distribution<float>(-12, 1)(random)));
    const std::size_t elements = 1 + random() % 50;
    const std::size_t samples = 1 + random() % 9;
    ErrorSum sum("y", false);
    double error = 0;
    double size = 0;
    double most = 0;
    double power_error = 0;
    double power_c = 0;
    double power_r = 0;
    double product = 0;
    for (std::size_t s = 0; s < samples; ++s) {
      std::vector<float> c(elements);
      std::vector<float> r(elements);
      for (std::size_t i = 0; i < elements; ++i) {
        r[i] = value(random);
        c[i] = r[i] * noise(random);
        const double d = static_cast<double>(c[i]) - static_cast<double>(r[i]);
        error += std::abs(d);
        size += std::abs(static_cast<double>(r[i]));
        most = std::max(most, std::abs(d));
        power_error += d * d;
        power_c += static_cast<double>(c[i]) * static_cast<double>(c[i]);
        power_r += static_cast<double>(r[i]) * static_cast<double>(r[i]);
        product += static_cast<double>(c[i]) * static_cast<double>(r[i]);
      }
      ASSERT_TRUE(sum.add(Tensor::of(c), Tensor::of(r)).ok());
    }
    const OutputError total = sum.total();
    const auto count = static_cast<double>(elements * samples);
    EXPECT_EQ(total.elements, elements * samples);
    EXPECT_DOUBLE_EQ(total.max_error, most);
    EXPECT_NEAR(total.mean_error, error / count, error / count * 1e-12);
    EXPECT_NEAR(total.relative_error(), error / size, error / size * 1e-12);
    EXPECT_NEAR(total.cosine, product / std::sqrt(power_c * power_r), 1e-12);
    EXPECT_NEAR(total.sqnr_db, 10 * std::log10(power_r / power_error), 1e-9);
    EXPECT_FALSE(total.is_exact);
  }
}

TEST(ErrorSum, WhatIsNotFiniteIsCountedAndLeftOut) {
  ErrorSum sum("y", false);
  const auto sample = sum.add(Tensor::of<float>({1, kNan, kInfinity, kNan, 3}),
                              Tensor::of<float>({2, kNan, kInfinity, 5, kInfinity}));
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(sample->mismatched, 2U);
  const OutputError total = sum.total();
  EXPECT_EQ(total.nan, 2U);
  EXPECT_EQ(total.infinite, 1U);
  EXPECT_EQ(total.reference_nan, 1U);
  EXPECT_EQ(total.reference_infinite, 2U);
  EXPECT_EQ(total.mismatched, 2U);
  EXPECT_EQ(total.mean_error, 1);
  EXPECT_EQ(total.mean_size, 2);
  ErrorSum opposite("y", false);
  ASSERT_TRUE(opposite.add(Tensor::of<float>({kInfinity}), Tensor::of<float>({-kInfinity})).ok());
  EXPECT_EQ(opposite.total().mismatched, 1U);
}

TEST(ErrorSum, NothingDiffersAndNothingIsThere) {
  ErrorSum sum("y", false);
  ASSERT_TRUE(sum.add(Tensor::of<float>({0, kNan}), Tensor::of<float>({0, kNan})).ok());
  EXPECT_TRUE(sum.total().is_exact);
  EXPECT_EQ(sum.total().relative_error(), 0);
  EXPECT_EQ(sum.total().cosine, 1);
  EXPECT_TRUE(std::isinf(sum.total().sqnr_db));
  ErrorSum off("y", false);
  ASSERT_TRUE(off.add(Tensor::of<float>({1}), Tensor::of<float>({0})).ok());
  EXPECT_TRUE(std::isinf(off.total().relative_error()));
  EXPECT_EQ(off.total().cosine, 0);
  EXPECT_FALSE(off.add(Tensor::of<float>({1, 2}), Tensor::of<float>({0})).ok());
}

TEST(ErrorSum, ClassesOfScoresAndOfNumbers) {
  EXPECT_EQ(class_of(Tensor::of<float>({0, 3, 3})), 1);
  EXPECT_EQ(class_of(Tensor::of<float>({kNan, -3, -4})), 1);
  EXPECT_EQ(class_of(Tensor::of<float>({kNan, kNan})), std::nullopt);
  EXPECT_EQ(class_of(Tensor::of<std::int64_t>({7})), 7);
  EXPECT_TRUE(could_be_classes(DType::kFloat32, {1, 10}));
  EXPECT_TRUE(could_be_classes(DType::kInt64, {1}));
  EXPECT_FALSE(could_be_classes(DType::kFloat32, {1, 1}));
  EXPECT_FALSE(could_be_classes(DType::kFloat32, {10, 8}));
  EXPECT_FALSE(could_be_classes(DType::kFloat32, {}));
}

// --- budgets ---

TEST(Budget, SaysWhatBrokeItAndByHowMuch) {
  CompareResult result;
  OutputError output;
  output.name = "y";
  output.elements = 10;
  output.mean_error = 0.02;
  output.mean_size = 1;
  result.outputs.push_back(output);
  EXPECT_TRUE(budget_breaches(result, {}).empty());
  EXPECT_TRUE(budget_breaches(result, {.most_relative_error = 0.02}).empty());
  const auto over = budget_breaches(result, {.most_relative_error = 0.01});
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0], "output y: the mean error is 2 % of the mean value, the budget 1 %");
  EXPECT_EQ(budget_breaches(result, {.most_drop = 0.01}).size(), 1U);  // nothing to judge it by
  result.outputs[0].top1_agreement = 0.97;
  EXPECT_EQ(budget_breaches(result, {.most_drop = 0.01})[0],
            "output y: another class comes first in 3 % of the samples, the budget is 1 %");
  EXPECT_TRUE(budget_breaches(result, {.most_drop = 0.04}).empty());
  result.accuracy = Accuracy{"y", 100, 0.955, 0.95};  // it got better
  EXPECT_TRUE(budget_breaches(result, {.most_drop = 0}).empty());
  result.accuracy->candidate = 0.9;
  EXPECT_EQ(budget_breaches(result, {.most_drop = 0.01})[0],
            "accuracy drops from 95 % to 90 %, by 5 %; the budget is 1 %");
  result.outputs[0].mismatched = 1;
  EXPECT_EQ(budget_breaches(result, {}).size(), 1U);
}

// --- whole models ---

class Compare : public testing::Test {
 protected:
  Compare() { fs::create_directories(folder); }
  ~Compare() override { fs::remove_all(folder); }

  fs::path model(const std::string& name, const std::string& graph) const {
    const Result<Model> parsed = parse_model("slipway-text 1\nir 8\nopset ai.onnx 17\n" + graph);
    EXPECT_TRUE(parsed.ok()) << parsed.error().message;
    if (!parsed.ok()) return {};
    const Status written = write_model(*parsed, folder / name);
    EXPECT_TRUE(written.ok());
    return folder / name;
  }
  fs::path samples(const std::vector<NamedArray>& arrays) const {
    EXPECT_TRUE(write_npz(folder / "s.npz", arrays).ok());
    return folder / "s.npz";
  }
  static CompareRequest request(const fs::path& candidate, const fs::path& reference,
                                const fs::path& samples) {
    CompareRequest made;
    made.candidate.engine = made.reference.engine = *engines::find_engine("native");
    made.candidate.subject.model = candidate;
    made.reference.subject.model = reference;
    made.samples = samples;
    return made;
  }

  const fs::path folder = fs::temp_directory_path() / str("slipway-compare-", getpid());
};

std::string scaled(const std::string& type, const std::string& factor, const std::string& shape) {
  return str("graph g(%x: ", type, shape, ") {\n  init %f = ", type, "[] {", factor,
             "}\n  %h = Mul(%x, %f)\n  %y: ", type, shape, " = Abs(%h)\n  return %y\n}\n");
}

TEST_F(Compare, ErrorsWorstSamplesAndLayers) {
  const fs::path reference = model("r.onnx", scaled("float", "2.0", "[batch,3]"));
  const fs::path candidate = model("c.onnx", scaled("float", "2.5", "[batch,3]"));
  CompareRequest asked =
      request(candidate, reference,
              samples({{"x", Tensor::of<float>({4, 3}, {1, 1, 1, 9, 9, 9, -4, 4, 4, 0, 0, 0})}}));
  asked.wants_layers = true;
  asked.worst = 2;
  const Result<CompareResult> result = compare_models(asked);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->samples, 4U);
  ASSERT_EQ(result->outputs.size(), 1U);
  EXPECT_EQ(result->outputs[0].name, "y");
  EXPECT_EQ(result->outputs[0].max_error, 4.5);
  EXPECT_DOUBLE_EQ(result->outputs[0].relative_error(), 0.25);
  EXPECT_FALSE(result->outputs[0].top1_agreement.has_value());
  ASSERT_EQ(result->worst.size(), 2U);
  EXPECT_EQ(result->worst[0].sample, 1U);
  EXPECT_EQ(result->worst[1].sample, 2U);
  EXPECT_DOUBLE_EQ(result->worst[0].relative_error, 4.5 / 7);  // of the mean value of all
  ASSERT_EQ(result->layers.size(), 2U);
  EXPECT_EQ(result->layers[0].value, "h");
  EXPECT_EQ(result->layers[0].op, "Mul");
  EXPECT_DOUBLE_EQ(result->layers[0].error.relative_error(), 0.25);
}

TEST_F(Compare, AnotherTypeOfNumberIsConverted) {
  const fs::path reference = model("r.onnx", scaled("float", "2.0", "[batch,3]"));
  const fs::path candidate = model("c.onnx", scaled("float16", "2.0", "[1,3]"));
  const auto result = compare_models(
      request(candidate, reference, samples({{"x", Tensor::of<float>({1, 3}, {0.1F, 1, 2})}})));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_GT(result->outputs[0].max_error, 0);
  EXPECT_LT(result->outputs[0].relative_error(), 1e-3);
}

TEST_F(Compare, AccuracyByLabelsAndAgreementOfClasses) {
  const std::string softmax =
      "graph g(%x: float[batch,3]) {\n  init %b = float[3] {BIAS}\n  %s = Add(%x, %b)\n"
      "  %y: float[batch,3] = Softmax(%s) {axis=-1}\n  return %y\n}\n";
  const auto with = [&](const std::string& bias) {
    std::string text = softmax;
    return text.replace(text.find("BIAS"), 4, bias);
  };
  const fs::path reference = model("r.onnx", with("0.0, 0.0, 0.0"));
  const fs::path candidate = model("c.onnx", with("0.5, 0.0, 0.0"));
  const Tensor x = Tensor::of<float>({4, 3}, {0, 1, 0, 0, 0.25F, 0, 3, 0, 0, 0, 0, 2});
  const auto result = compare_models(
      request(candidate, reference,
              samples({{"x", x}, {"labels", Tensor::of<std::int64_t>({1, 1, 0, 1})}})));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->outputs[0].top1_agreement, 0.75);  // the second one falls to class 0
  ASSERT_TRUE(result->accuracy.has_value());
  EXPECT_EQ(result->accuracy->reference, 0.75);
  EXPECT_EQ(result->accuracy->candidate, 0.5);

  const auto beyond = compare_models(
      request(candidate, reference,
              samples({{"x", x}, {"labels", Tensor::of<std::int64_t>({1, 1, 0, 3})}})));
  ASSERT_FALSE(beyond.ok());
  EXPECT_NE(beyond.error().message.find("labels up to 3"), std::string::npos);
}

TEST_F(Compare, OpenExtentsComeFromTheSamples) {
  const fs::path reference = model("r.onnx", scaled("float", "2.0", "[batch,steps,2]"));
  const fs::path candidate = model("c.onnx", scaled("float", "2.0", "[n,t,2]"));
  CompareRequest asked =
      request(candidate, reference, samples({{"x", *Tensor::create(DType::kFloat32, {3, 5, 2})}}));
  const auto result = compare_models(asked);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->outputs[0].shape, (Shape{1, 5, 2}));
  EXPECT_TRUE(result->outputs[0].is_exact);
  asked.reference.subject.dims["stepps"] = 4;
  EXPECT_FALSE(compare_models(asked).ok());
}

TEST_F(Compare, WhatDoesNotFitIsNamed) {
  const std::string good = scaled("float", "2.0", "[batch,3]");
  const fs::path reference = model("r.onnx", good);
  const fs::path x = samples({{"x", *Tensor::create(DType::kFloat32, {2, 3})}});
  struct Row {
    std::string name;
    std::string candidate;
    std::string says;
  };
  std::string other_input = good;
  for (std::size_t at = 0; (at = other_input.find("%x")) != std::string::npos;)
    other_input.replace(at, 2, "%z");
  std::string more_outputs = good;
  more_outputs.replace(more_outputs.find("return %y"), 9, "return %h, %f");
  const std::vector<Row> rows = {
      {"input", other_input, "has an input z, which the reference has not"},
      {"extent", scaled("float", "2.0", "[batch,4]"), "its input x is float[batch,4]"},
      {"outputs", more_outputs, "the candidate has no output y"},
  };
  for (const Row& row : rows) {
    const auto result = compare_models(request(model("c.onnx", row.candidate), reference, x));
    ASSERT_FALSE(result.ok()) << row.name;
    EXPECT_NE(result.error().message.find(row.says), std::string::npos)
        << row.name << ": " << result.error().message;
  }
}

}  // namespace
}  // namespace slipway::measure
