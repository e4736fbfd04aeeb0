// For tests: small models from text with random weights, samples in files, runs of both.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/str.h"
#include "graph/text.h"
#include "quantize/model_run.h"
#include "samples/samples.h"
#include "tensor/npz.h"

namespace slipway::quantize {

inline std::string float_text(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", x);
  return std::string(text).find_first_of(".e") == std::string::npos ? std::string(text) + ".0"
                                                                    : text;
}

// "init %w = float[2,3] {...}" with normal numbers, those of row r times factors[r].
inline std::string random_weights(const char* name, const Shape& shape, std::uint32_t seed,
                                  double size = 0.3, const std::vector<double>& factors = {}) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, size);
  std::vector<std::string> words;
  const std::size_t count = element_count(shape).value();
  for (std::size_t i = 0; i < count; ++i) {
    const double factor = factors.empty() ? 1 : factors[i * factors.size() / count];
    words.push_back(float_text(factor * normal(random)));
  }
  return str("init %", name, " = float[", join(shape, ","), "] {", join(words, ","), "}\n");
}

inline Model text_model(const std::string& inputs, const std::string& body, int opset = 17) {
  const std::string text = str("slipway-text 1\nir 8\nopset ai.onnx ", opset, "\ngraph g(", inputs,
                               ") {\n", body, "}\n");
  Result<Model> model = parse_model(text);
  EXPECT_TRUE(model.ok()) << model.error().message << "\n" << text.substr(0, 2000);
  return model.ok() ? *std::move(model) : Model();
}

inline std::vector<std::string> operators(const Model& model) {
  std::vector<std::string> ops;
  for (const Node& node : model.graph.nodes) ops.push_back(node.op);
  return ops;
}

inline std::size_t count_of(const Model& model, std::string_view op) {
  std::size_t count = 0;
  for (const Node& node : model.graph.nodes) count += node.op == op ? 1 : 0;
  return count;
}

inline Tensor random_tensor(const Shape& shape, std::uint32_t seed, double size = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, size);
  std::vector<float> values(element_count(shape).value());
  for (float& value : values) value = static_cast<float>(normal(random));
  return Tensor::of(shape, values);
}

// An .npz of normal samples for one input, gone with the test.
class SampleFile {
 public:
  SampleFile(const std::string& name, Shape shape, std::int64_t count, std::uint32_t seed = 1)
      : path_(std::filesystem::temp_directory_path() /
              str("slipway_quantize_", getpid(), "_", next()++, ".npz")) {
    shape.insert(shape.begin(), count);
    const NamedArray array{name, random_tensor(shape, seed)};
    EXPECT_TRUE(write_npz(path_, std::span(&array, 1)).ok());
  }
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;
  ~SampleFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  samples::Samples open(const Model& model) const {
    Result<samples::Samples> samples =
        samples::Samples::open(path_, wanted_inputs(model, {}).value());
    EXPECT_TRUE(samples.ok()) << samples.error().message;
    return *std::move(samples);
  }

 private:
  static int& next() {
    static int number = 0;
    return number;
  }
  std::filesystem::path path_;
};

inline std::vector<float> first_output(const Model& model, const Tensor& input) {
  Result<ModelRun> run = ModelRun::create(model.clone(), {});
  EXPECT_TRUE(run.ok());
  const auto outputs = run->run({input});
  EXPECT_TRUE(outputs.ok()) << outputs.error().message;
  if (!outputs.ok()) return {};
  const auto values = (*outputs)[0].data<float>();
  return {values.begin(), values.end()};
}

// Mean |a - b| over mean |a|.
inline double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    difference += std::abs(static_cast<double>(a[i]) - b[i]);
    size += std::abs(static_cast<double>(a[i]));
  }
  return size == 0 ? difference : difference / size;
}

// Convolutions as in an image classifier: two ordinary ones, a depthwise one whose input channels
// are of very different sizes and matter all the same, a residual sum, a pool and a dense layer.
inline Model classifier() {
  std::string spread;
  std::vector<double> inverse;
  for (int c = 0; c < 8; ++c) {
    spread += str(c == 0 ? "" : ",", float_text(std::pow(10.0, c % 4 - 2)));
    inverse.push_back(std::pow(10.0, 2 - c % 4));
  }
  return text_model("%x: float[batch,3,8,8]",
                    random_weights("w1", {8, 3, 3, 3}, 1) + random_weights("b1", {8}, 2) +
                        "init %spread = float[8] {" + spread +
                        "}\ninit %zero = float[8] {0,0,0,0,0,0,0,0}\n"
                        "init %one = float[8] {1,1,1,1,1,1,1,1}\n" +
                        random_weights("w2", {8, 1, 3, 3}, 3, 0.3, inverse) +
                        random_weights("w3", {8, 8, 1, 1}, 4) +
                        random_weights("w4", {8, 8, 3, 3}, 5, 0.1) +
                        random_weights("w5", {20, 8}, 6) + random_weights("b5", {20}, 7) +
                        "%a = Conv(%x, %w1, %b1) {pads=[1,1,1,1]} \"stem\"\n"
                        "%n = BatchNormalization(%a, %spread, %zero, %zero, %one)\n"
                        "%r1 = Relu(%n)\n"
                        "%d = Conv(%r1, %w2) {pads=[1,1,1,1], group=8} \"depthwise\"\n"
                        "%m = BatchNormalization(%d, %one, %zero, %zero, %one)\n"
                        "%r2 = Relu(%m)\n"
                        "%p = Conv(%r2, %w3) \"pointwise\"\n"
                        "%c = Conv(%p, %w4) {pads=[1,1,1,1]} \"inner\"\n"
                        "%s = Add(%p, %c) \"sum\"\n"
                        "%r3 = Relu(%s)\n"
                        "%g = GlobalAveragePool(%r3)\n"
                        "%f = Flatten(%g)\n"
                        "%y = Gemm(%f, %w5, %b5) {transB=1} \"dense\"\n"
                        "return %y\n");
}

}  // namespace slipway::quantize
