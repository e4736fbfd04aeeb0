#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Floats = std::vector<float>;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

Tensor filled(Shape shape, float value) {
  const std::size_t count = *element_count(shape);
  return Tensor::of<float>(std::move(shape), Floats(count, value));
}

TestNode attention(const std::vector<std::pair<const char*, std::int64_t>>& numbers = {}) {
  TestNode node{"Attention", 25, "", {}, 1};
  for (const auto& [name, value] : numbers) node.attributes.emplace_back(name, value);
  return node;
}

// Two queries, three keys, width 1; all scores equal, so the result is the mean of the values seen.
const Tensor kQ = filled({1, 1, 2, 1}, 0);
const Tensor kK = filled({1, 1, 3, 1}, 0);
const Tensor kV = Tensor::of<float>({1, 1, 3, 1}, {3, 6, 9});

TEST(Attention, WindowsAndCausalityChooseKeys) {
  struct Row {
    const char* name;
    std::vector<std::pair<const char*, std::int64_t>> numbers;
    Floats wanted;
  };
  const Row rows[] = {
      {"all", {}, {6, 6}},
      {"causal", {{"is_causal", 1}}, {3, 4.5F}},
      {"left 0", {{"left_window_size", 0}, {"right_window_size", 0}}, {3, 6}},
      {"right 1", {{"right_window_size", 1}}, {4.5F, 6}},
      {"enormous window", {{"left_window_size", kMost}, {"right_window_size", kMost}}, {6, 6}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Floats y = elements<float>(attention(row.numbers).run({kQ, kK, kV}));
    ASSERT_EQ(y.size(), row.wanted.size());
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_FLOAT_EQ(y[i], row.wanted[i]);
  }
}

TEST(Attention, AQueryWithoutKeysGivesZeros) {
  const Tensor mask = Tensor::of<bool>({2, 3}, {false, false, false, true, false, false});
  EXPECT_EQ(elements<float>(attention().run({kQ, kK, kV, mask})), (Floats{0, 3}));
}

TEST(Attention, AShortMaskHidesTheKeysBehindIt) {
  const Tensor mask = filled({2, 2}, 0);
  EXPECT_FLOAT_EQ(elements<float>(attention().run({kQ, kK, kV, mask}))[0], 4.5F);
}

TEST(Attention, RefusesWhatDoesNotFit) {
  struct Row {
    const char* name;
    TestNode node;
    std::vector<Value> inputs;
    const char* message;
  };
  const Tensor wide = filled({1, 1, 3, 2}, 0);
  const Tensor flat = filled({1, 2, 3}, 0);
  const Value none;
  const Row rows[] = {
      {"width", attention(), {kQ, wide, kV}, "a query has 1 elements, a key 2"},
      {"heads",
       attention({{"q_num_heads", 2}, {"kv_num_heads", 1}}),
       {flat, flat, flat},
       "Q has rows"},
      {"no heads", attention(), {flat, flat, flat}, "0 heads"},
      {"rank", attention(), {filled({1, 2}, 0), kK, kV}, "[batch, heads, length, width]"},
      {"batch", attention(), {filled({2, 1, 2, 1}, 0), kK, kV}, "batches of 2, 1"},
      {"mask", attention(), {kQ, kK, kV, filled({3, 3}, 0)}, "does not repeat"},
      {"mask of rank 5", attention(), {kQ, kK, kV, filled({1, 1, 1, 1, 1}, 0)}, "rank 5"},
      {"past without value", attention(), {kQ, kK, kV, none, kK}, "together"},
      {"past of other heads",
       attention(),
       {kQ, kK, kV, none, filled({1, 2, 3, 1}, 0), kV},
       "past_key has shape"},
      {"past without elements",
       attention(),
       {kQ, kK, kV, none, filled({0, 1, 3, 1}, 0), filled({0, 1, 3, 1}, 0)},
       "past_key has shape [0,1,3,1]"},
      {"too many valid keys",
       attention(),
       {kQ, kK, kV, none, none, none, Tensor::of<std::int64_t>({4})},
       "holds 4"},
      {"negative valid keys",
       attention(),
       {kQ, kK, kV, none, none, none, Tensor::of<std::int64_t>({-1})},
       "holds -1"},
      {"window", attention({{"left_window_size", -2}}), {kQ, kK, kV}, "-1 or more"},
      {"mode", attention({{"qk_matmul_output_mode", 4}}), {kQ, kK, kV}, "known are 0 to 3"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string message = row.node.failure(row.inputs);
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST(RotaryEmbedding, RefusesPositionsOutsideTheCache) {
  const TestNode node{"RotaryEmbedding", 23, "", {}, 1};
  const Tensor x = filled({1, 1, 1, 2}, 1);
  const Tensor cache = filled({4, 1}, 1);
  for (const std::int64_t position : {std::int64_t{4}, std::int64_t{-1}}) {
    const Tensor ids = Tensor::of<std::int64_t>({1, 1}, {position});
    EXPECT_NE(node.failure({x, cache, cache, ids}).find("position_ids holds"), std::string::npos);
  }
}

TEST(CausalConvWithState, GivesTheSameInPiecesAsAtOnce) {
  TestNode node{"CausalConvWithState", 27, "", {}, 2};
  const Tensor w = Tensor::of<float>({1, 1, 3}, {1, 10, 100});
  const Tensor x = Tensor::of<float>({1, 1, 4}, {1, 2, 3, 4});
  EXPECT_EQ(elements<float>(node.run({x, w})), (Floats{100, 210, 321, 432}));
  const auto first = node.run({Tensor::of<float>({1, 1, 1}, {1}), w});
  EXPECT_EQ(elements<float>(first, 1), (Floats{0, 1}));
  const auto rest = node.run({Tensor::of<float>({1, 1, 3}, {2, 3, 4}), w, Value{}, (*first)[1]});
  EXPECT_EQ(elements<float>(rest), (Floats{210, 321, 432}));
  EXPECT_EQ(elements<float>(rest, 1), (Floats{3, 4}));
}

}  // namespace
}  // namespace slipway
