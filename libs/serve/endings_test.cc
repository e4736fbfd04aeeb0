#include "serve/endings.h"

#include <gtest/gtest.h>

#include "base/str.h"
#include "graph/text.h"
#include "onnx/writer.h"
#include "serve/served.h"

namespace slipway::serve {
namespace {

using Words = std::vector<std::string>;
using Kind = Ending::Kind;

constexpr const char* kClassifier =
    "%l, %p = ai.onnx.ml::LinearClassifier(%x) {classlabels_strings=[\"no\", \"yes\", "
    "\"\xC3\xA9\"], "
    "coefficients=[1.0, 0.0, 0.0, 1.0, -1.0, -1.0], post_transform=\"SOFTMAX\"}\n";
constexpr const char* kZip =
    "%z = ai.onnx.ml::ZipMap(%p) {classlabels_strings=[\"no\", \"yes\", \"\xC3\xA9\"]}\n";

std::unique_ptr<Served> serve(const std::string& body, const std::string& outputs) {
  const auto model = parse_model(
      str("slipway-text 1\nir 8\nopset ai.onnx 18\nopset ai.onnx.ml 3\ngraph g(%x: float[n,2]) {\n",
          body, "return ", outputs, "\n}\n"));
  EXPECT_TRUE(model.ok()) << (model.ok() ? "" : model.error().message);
  if (!model.ok()) return nullptr;
  const auto bytes = model_bytes(*model);
  auto served = Served::read(std::as_bytes(std::span(*bytes)));
  EXPECT_TRUE(served.ok()) << (served.ok() ? "" : served.error().message);
  return served.ok() ? std::move(served).value() : nullptr;
}

std::vector<Kind> kinds(const Served& served) {
  std::vector<Kind> kinds;
  for (const Ending& ending : served.endings()) kinds.push_back(ending.kind);
  return kinds;
}

TEST(Endings, TextAndDictsOfAClassifierAreTakenOff) {
  const auto served = serve(str(kClassifier, "%t = Identity(%l)\n", kZip), "%t, %z");
  ASSERT_NE(served, nullptr);
  EXPECT_FALSE(served->why_interpreted().has_value()) << *served->why_interpreted();
  ASSERT_EQ(kinds(*served), (std::vector{Kind::kText, Kind::kDicts}));
  for (const Ending& ending : served->endings())
    EXPECT_EQ(std::get<Words>(ending.labels), (Words{"no", "yes", "\xC3\xA9"}));
  // The signature is still the model's.
  const Graph& graph = served->signature().graph;
  EXPECT_EQ(graph.value(graph.outputs[0]).type.dtype, DType::kString);
  EXPECT_EQ(graph.value(graph.outputs[1]).type.kind, Type::Kind::kSequence);
  EXPECT_EQ(graph.value(graph.outputs[1]).name, "z");

  const Shape shape = {3, 2};
  const auto pool = served->sessions_for({shape});
  ASSERT_TRUE(pool.ok()) << pool.error().message;
  const auto lease = (*pool)->take();
  ASSERT_TRUE(lease.ok());
  const float x[] = {1, 5, 5, 1, -1, -1};
  std::int64_t places[3] = {};
  float scores[9] = {};
  const void* const from[] = {x};
  void* const to[] = {places, scores};
  ASSERT_EQ(lease->session().run(from, to), runtime::RunCode::kOk);
  EXPECT_EQ(std::vector(places, places + 3), (std::vector<std::int64_t>{1, 0, 2}));

  // The reference implementations give the same.
  std::vector<NamedValue> inputs;
  inputs.push_back({"x", Tensor::of<float>(shape, {x, x + 6})});
  const auto said = served->interpret(std::move(inputs));
  ASSERT_TRUE(said.ok()) << said.error().message;
  const auto placed = (*said)[0].value.tensor().data<std::int64_t>();
  EXPECT_TRUE(std::equal(placed.begin(), placed.end(), places, places + 3));
  const auto scored = (*said)[1].value.tensor().data<float>();
  EXPECT_TRUE(std::equal(scored.begin(), scored.end(), scores, scores + 9));
}

TEST(Endings, LabelsPickedFromATableAreTakenOff) {
  const auto served = serve(
      "init %names = string[2] {\"low\", \"high\"}\n%m = ArgMax(%x) {axis=1}\n"
      "%f = ai.onnx.ml::ArrayFeatureExtractor(%names, %m)\n"
      "init %flat = int64[1] {-1}\n%y = Reshape(%f, %flat)\n",
      "%y");
  ASSERT_NE(served, nullptr);
  EXPECT_FALSE(served->why_interpreted().has_value()) << *served->why_interpreted();
  ASSERT_EQ(kinds(*served), (std::vector{Kind::kText}));
  EXPECT_EQ(std::get<Words>(served->endings()[0].labels), (Words{"low", "high"}));
}

TEST(Endings, WhatIsUsedElsewhereTooStays) {
  const auto served = serve(str(kClassifier, kZip), "%l, %p, %z");
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(kinds(*served), (std::vector{Kind::kText, Kind::kPlain, Kind::kPlain}));
  EXPECT_TRUE(served->why_interpreted().has_value());
  const auto twice = serve(str(kClassifier, "%t = Identity(%l)\n%u = Identity(%l)\n"), "%t, %u");
  ASSERT_NE(twice, nullptr);
  EXPECT_EQ(kinds(*twice), (std::vector{Kind::kPlain, Kind::kPlain}));
}

TEST(Endings, NumbersArePlain) {
  const auto served = serve("%y = Relu(%x)\n", "%y");
  ASSERT_NE(served, nullptr);
  EXPECT_EQ(kinds(*served), (std::vector{Kind::kPlain}));
}

}  // namespace
}  // namespace slipway::serve
