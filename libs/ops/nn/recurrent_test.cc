#include "base/str.h"
#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

Tensor filled(Shape shape, float value) {
  const std::size_t count = *element_count(shape);
  return Tensor::of<float>(std::move(shape), Floats(count, value));
}

// A cell of one input and one hidden element that adds: h' = x + h.
TestNode adder(std::vector<Attribute> attributes = {}) {
  TestNode node{"RNN", 14, "", std::move(attributes), 2};
  node.attributes.emplace_back("activations", std::vector<std::string>{"Affine"});
  return node;
}

const Tensor kOne = filled({1, 1, 1}, 1);

TEST(Recurrent, ReversesOnlyWhatASequenceHas) {
  std::vector<Attribute> a;
  a.emplace_back("direction", std::string("reverse"));
  const Tensor x = Tensor::of<float>({3, 2, 1}, {1, 10, 2, 20, 3, 30});
  const auto y =
      adder(std::move(a)).run({x, kOne, kOne, Value{}, Tensor::of<std::int32_t>({2, 3})});
  EXPECT_EQ(elements<float>(y), (Floats{3, 60, 2, 50, 0, 30}));
  EXPECT_EQ(elements<float>(y, 1), (Floats{3, 60}));
}

TEST(Recurrent, AnEmptySequenceKeepsItsInitialState) {
  const Tensor x = filled({2, 1, 1}, 1);
  const auto y =
      adder().run({x, kOne, kOne, Value{}, Tensor::of<std::int32_t>({0}), filled({1, 1, 1}, 7)});
  EXPECT_EQ(elements<float>(y), (Floats{0, 0}));
  EXPECT_EQ(elements<float>(y, 1), Floats{7});
}

TEST(Recurrent, ClipsBeforeTheActivation) {
  std::vector<Attribute> a;
  a.emplace_back("clip", 2.5F);
  const auto y = adder(std::move(a)).run({filled({3, 1, 1}, 1), kOne, kOne});
  EXPECT_EQ(elements<float>(y), (Floats{1, 2, 2.5F}));
}

TEST(Recurrent, ActivationsTakeTheirNumbersInOrder) {
  TestNode node{"GRU", 14, "", {}, 2};
  node.attributes.emplace_back("activations", std::vector<std::string>{"Sigmoid", "affine"});
  node.attributes.emplace_back("activation_alpha", Floats{3});
  node.attributes.emplace_back("activation_beta", Floats{5});
  // z = sigmoid(0) = 1/2, g = 3 * 0 + 5, h' = (1 - z) g + z h.
  const auto y = node.run({filled({1, 1, 1}, 0), filled({1, 3, 1}, 0), filled({1, 3, 1}, 0)});
  EXPECT_EQ(elements<float>(y), Floats{2.5F});
}

TEST(Recurrent, RefusesShapesAndAttributesThatDoNotFit) {
  struct Row {
    const char* name;
    const char* attribute;
    std::string value;
    std::vector<Value> inputs;
    const char* message;
  };
  const Tensor x = filled({2, 1, 1}, 1);
  const Row rows[] = {
      {"direction", "direction", "sideways", {x, kOne, kOne}, "direction is 'sideways'"},
      {"rank of X", "", "", {filled({2, 1}, 1), kOne, kOne}, "three axes"},
      {"W", "", "", {x, filled({1, 2, 1}, 1), kOne}, "W has shape [1,2,1]"},
      {"directions of W", "", "", {x, filled({2, 1, 1}, 1), kOne}, "W has shape [2,1,1]"},
      {"B", "", "", {x, kOne, kOne, filled({1, 1}, 1)}, "B has shape [1,1]"},
      {"too long a sequence",
       "",
       "",
       {x, kOne, kOne, Value{}, Tensor::of<std::int32_t>({3})},
       "holds 3"},
      {"negative length",
       "",
       "",
       {x, kOne, kOne, Value{}, Tensor::of<std::int32_t>({-1})},
       "holds -1"},
      {"initial state",
       "",
       "",
       {x, kOne, kOne, Value{}, Value{}, filled({1, 2, 1}, 1)},
       "initial_h has shape"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    TestNode node{"RNN", 14, "", {}, 2};
    if (*row.attribute != '\0') node.attributes.emplace_back(row.attribute, row.value);
    const std::string message = node.failure(row.inputs);
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
  TestNode unknown{"RNN", 14, "", {}, 2};
  unknown.attributes.emplace_back("activations", std::vector<std::string>{"Cosine"});
  EXPECT_NE(unknown.failure({x, kOne, kOne}).find("unknown activation 'Cosine'"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway
