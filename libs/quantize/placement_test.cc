#include "quantize/placement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "quantize/prepare.h"
#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

struct Row {
  const char* name;
  std::string inputs, body;
  std::vector<std::string> quantized;  // names of values, in order
};

std::vector<std::string> quantized_of(Model& model, const Options& options = {}) {
  EXPECT_TRUE(prepare(model).ok());
  std::vector<std::string> names;
  for (const ValueId id : place(model.graph, options).quantized)
    names.push_back(model.graph.value(id).name);
  return names;
}

TEST(Placement, TakesWhatGains) {
  const std::string conv =
      random_weights("w", {4, 4, 3, 3}, 1) + random_weights("v", {4, 4, 1, 1}, 2);
  const std::string dense = random_weights("m", {16, 32}, 3) + random_weights("k", {32, 16}, 4) +
                            random_weights("few", {16, 2}, 5) + random_weights("b", {32}, 6);
  const char* const map = "%x: float[1,4,8,8]";
  const char* const row = "%x: float[2,16]";
  const Row rows[] = {
      {"a clamp belongs to what comes before",
       map,
       conv + "%a = Conv(%x, %w)\n%r = Relu(%a)\n%y = Conv(%r, %v)\nreturn %y\n",
       {"x", "r", "y"}},
      {"a clamp that others see the input of does not",
       map,
       conv + "%a = Conv(%x, %w)\n%y = Relu(%a)\nreturn %y, %a\n",
       {"x", "a"}},
      {"movers between",
       map,
       conv + "%a = Conv(%x, %w)\n%p = MaxPool(%a) {kernel_shape=[2,2]}\n%y = Conv(%p, %v)\nreturn "
              "%y\n",
       {"x", "a", "p", "y"}},
      {"a mover at the end gains nothing",
       map,
       conv + "%a = Conv(%x, %w)\n%y = MaxPool(%a) {kernel_shape=[2,2]}\nreturn %y\n",
       {"x", "a"}},
      {"a residual sum",
       map,
       conv + "%a = Conv(%x, %v)\n%c = Conv(%a, %v)\n%s = Add(%a, %c)\n%r = Relu(%s)\n"
              "%y = Conv(%r, %v)\nreturn %y\n",
       {"x", "a", "c", "r", "y"}},
      {"a sum with floats stays",
       map,
       conv + "%a = Conv(%x, %v)\n%t = Tanh(%x)\n%s = Add(%a, %t)\n%y = Conv(%s, %v)\nreturn %y\n",
       {"x", "a", "s", "y"}},
      {"functions stay float between",
       map,
       conv + "%a = Conv(%x, %w)\n%t = Tanh(%a)\n%y = Conv(%t, %v)\nreturn %y\n",
       {"x", "a", "t", "y"}},
      {"the bias after a MatMul belongs to it",
       row,
       dense +
           "%a = MatMul(%x, %m)\n%c = Add(%a, %b)\n%r = Relu(%c)\n%y = MatMul(%r, %k)\nreturn %y\n",
       {"x", "r"}},
      {"the last product of matrices gives floats",
       row,
       dense + "%y = Gemm(%x, %m, %b)\nreturn %y\n",
       {"x"}},
      {"few outputs alone", row, dense + "%y = MatMul(%x, %few)\nreturn %y\n", {}},
      {"few outputs of bytes",
       row,
       dense + "%a = MatMul(%x, %m)\n%c = MatMul(%a, %k)\n%y = MatMul(%c, %few)\nreturn %y\n",
       {"x", "a", "c"}},
      {"two parts of a Concat",
       map,
       conv + "%a = Conv(%x, %v)\n%c = Conv(%x, %v)\n%s = Concat(%a, %c) {axis=2}\n"
              "%y = Conv(%s, %v)\nreturn %y\n",
       {"x", "a", "c", "s", "y"}},
      {"no constant weights",
       "%x: float[2,16], %z: float[16,4]",
       "%y = MatMul(%x, %z)\nreturn %y\n",
       {}},
  };
  for (const Row& r : rows) {
    SCOPED_TRACE(r.name);
    Model model = text_model(r.inputs, r.body);
    EXPECT_EQ(quantized_of(model), r.quantized);
  }
}

TEST(Placement, ObeysNames) {
  Model model = classifier();
  Options options;
  options.only = {"stem"};
  EXPECT_EQ(quantized_of(model, options), (std::vector<std::string>{"x", "r1"}));
  options.only.clear();
  options.exclude = {"stem", "depthwise", "pointwise", "inner"};
  EXPECT_EQ(quantized_of(model, options), (std::vector<std::string>{"f"}));
  EXPECT_TRUE(check_names(model.graph, options.exclude, "--exclude").ok());
  const Status unknown = check_names(model.graph, {"pointwize"}, "--exclude");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message,
            "--exclude: the model has no node 'pointwize', did you mean pointwise?");
}

TEST(Placement, MoversShareScalesAndAConcatWhereRangesAreAlike) {
  Model model =
      text_model("%x: float[1,4,8,8]",
                 random_weights("v", {4, 4, 1, 1}, 2) +
                     "%a = Conv(%x, %v)\n%c = Conv(%x, %v)\n%s = Concat(%a, %c) {axis=2}\n"
                     "%p = MaxPool(%s) {kernel_shape=[2,2]}\n%y = Conv(%p, %v)\nreturn %y\n");
  ASSERT_TRUE(prepare(model).ok());
  const Placement placement = place(model.graph, {});
  const auto sizes = [&](bool joined) {
    std::vector<std::size_t> result;
    for (const auto& group :
         scale_groups(model.graph, placement, [&](const auto&) { return joined; }))
      result.push_back(group.size());
    std::ranges::sort(result);
    return result;
  };
  EXPECT_EQ(sizes(true), (std::vector<std::size_t>{1, 1, 4}));
  EXPECT_EQ(sizes(false), (std::vector<std::size_t>{1, 1, 1, 1, 2}));
}

}  // namespace
}  // namespace slipway::quantize
