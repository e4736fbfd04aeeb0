#include <cmath>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kOne = 1;

TestNode at(int version, std::string op, std::vector<Attribute> list = {}) {
  return {std::move(op), version, "", std::move(list), 1};
}

Type floats(Dims dims) { return Type::tensor(DType::kFloat32, std::move(dims)); }

TEST(Arithmetic, WholeNumbersWrap) {
  const auto smallest = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(elements<std::uint8_t>(
                at(14, "Sub").run({Tensor::of<std::uint8_t>({3}), Tensor::of<std::uint8_t>({5})})),
            (std::vector<std::uint8_t>{254}));
  EXPECT_EQ(
      elements<std::int64_t>(at(14, "Div").run({Tensor::of(Ints{smallest}), Tensor::of(Ints{-1})})),
      (Ints{smallest}));
  EXPECT_EQ(
      elements<std::int64_t>(at(14, "Mod").run({Tensor::of(Ints{smallest}), Tensor::of(Ints{-1})})),
      (Ints{0}));
  EXPECT_EQ(elements<std::int64_t>(at(13, "Neg").run({Tensor::of(Ints{smallest})})),
            (Ints{smallest}));
}

TEST(Arithmetic, RefusesToDivideWholeNumbersByZero) {
  for (const char* op : {"Div", "Mod"}) {
    EXPECT_NE(
        at(14, op).failure({Tensor::of(Ints{1}), Tensor::of(Ints{0})}).find("divided by zero"),
        std::string::npos);
  }
}

struct ModCase {
  const char* name;
  std::int64_t fmod;
  float a, b, want;
};

TEST(Arithmetic, ModOfFloats) {
  const std::vector<ModCase> cases = {
      {"floored", 0, -7, 3, 2},
      {"floored, negative divisor", 0, 7, -3, -2},
      {"truncated", 1, -7, 3, -1},
      {"floored by infinity", 0, -1, kInf, kInf},
      {"truncated by infinity", 1, -1, kInf, -1},
      {"zero takes b's sign", 0, 0, -3, -0.0F},
  };
  for (const ModCase& c : cases) {
    const Floats got =
        elements<float>(at(13, "Mod", attributes("fmod", c.fmod))
                            .run({Tensor::of(Floats{c.a}), Tensor::of(Floats{c.b})}));
    ASSERT_EQ(got.size(), 1U) << c.name;
    EXPECT_EQ(got[0], c.want) << c.name;
    EXPECT_EQ(std::signbit(got[0]), std::signbit(c.want)) << c.name;
  }
}

TEST(Arithmetic, ShiftsByTooMuchLeaveOnlySigns) {
  const Tensor x = Tensor::of<std::int8_t>({-5, -5, 5, -5});
  const Tensor by = Tensor::of<std::int8_t>({1, 100, 100, -1});
  using Bytes = std::vector<std::int8_t>;
  EXPECT_EQ(elements<std::int8_t>(
                at(28, "BitShift", attributes("direction", std::string("RIGHT"))).run({x, by})),
            (Bytes{-3, -1, 0, -1}));
  EXPECT_EQ(elements<std::int8_t>(
                at(28, "BitShift", attributes("direction", std::string("LEFT"))).run({x, by})),
            (Bytes{-10, 0, 0, 0}));
}

TEST(Broadcast, BeforeOpset7BIsStretchedAlongAnAxis) {
  const Tensor a = Tensor::of<float>({2, 3, 2}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const Tensor b = Tensor::of<float>({1, 2, 3});
  EXPECT_EQ(elements<float>(at(6, "Add", attributes("broadcast", kOne, "axis", kOne)).run({a, b})),
            (Floats{1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3}));
  EXPECT_NE(at(6, "Add").failure({a, b}).find("broadcast"), std::string::npos);
  EXPECT_NE(at(6, "Add", attributes("broadcast", kOne, "axis", std::int64_t{3}))
                .failure({a, b})
                .find("axis"),
            std::string::npos);
  EXPECT_NE(at(6, "Add", attributes("broadcast", kOne)).failure({b, a}).find("rank"),
            std::string::npos);
}

TEST(Broadcast, ClashesAreNamed) {
  const std::string message = at(14, "Add").failure({Tensor::of(Floats(2)), Tensor::of(Floats(3))});
  EXPECT_NE(message.find("does not broadcast"), std::string::npos) << message;
  EXPECT_NE(at(14, "Add").failure({Tensor::of(Floats(1)), Tensor::of(Ints(1))}), "");
}

TEST(Broadcast, EmptyTensorsStayEmpty) {
  EXPECT_EQ(
      elements<float>(at(14, "Add").run({Tensor::of<float>({0, 1}, {}), Tensor::of(Floats(3))})),
      Floats{});
}

TEST(Broadcast, InfersSymbols) {
  const Dim n = Dim::symbol("n");
  EXPECT_EQ(inferred(at(14, "Add"), {floats({n, 1}), floats({4})}), "float[n,4]");
  EXPECT_EQ(inferred(at(14, "Less"), {floats({n, 3}), floats({n, 3})}), "bool[n,3]");
  EXPECT_NE(inferred(at(14, "Add"), {floats({2}), floats({3})}).find("do not broadcast"),
            std::string::npos);
  EXPECT_EQ(inferred(at(6, "Add"), {floats({n, 3}), floats({n, 3})}), "float[n,3]");
  EXPECT_EQ(inferred(at(14, "Add"), {Type::tensor(DType::kFloat32), floats({3})}), "float");
}

TEST(Pow, WholeNumbersAreExact) {
  EXPECT_EQ(elements<std::int64_t>(at(15, "Pow").run(
                {Tensor::of(Ints{3, -1, 2, 7}), Tensor::of(Ints{39, -3, -1, 0})})),
            (Ints{4052555153018976267, -1, 0, 1}));
  EXPECT_NE(
      at(15, "Pow").failure({Tensor::of(Ints{0}), Tensor::of(Ints{-1})}).find("negative power"),
      std::string::npos);
}

TEST(Variadic, NanWinsAndShapesAgreeBeforeOpset8) {
  const auto max = elements<float>(
      at(13, "Max").run({Tensor::of(Floats{1, kNan, 3}), Tensor::of(Floats{kNan, 2, 4})}));
  ASSERT_EQ(max.size(), 3U);
  EXPECT_TRUE(std::isnan(max[0]) && std::isnan(max[1]));
  EXPECT_EQ(max[2], 4);
  EXPECT_NE(at(6, "Sum").failure({Tensor::of(Floats(1)), Tensor::of(Floats(2))}).find("opset 8"),
            std::string::npos);
  EXPECT_NE(at(13, "Sum").failure({}), "");
}

TEST(Activations, KeepNanAndLimits) {
  const Tensor x = Tensor::of(Floats{-kInf, -1, 0, 1, kInf});
  EXPECT_EQ(elements<float>(at(6, "Elu").run({x}))[0], -1);
  EXPECT_EQ(elements<float>(at(6, "HardSigmoid").run({x})), (Floats{0, 0.3F, 0.5F, 0.7F, 1}));
  for (const char* op :
       {"Relu", "Elu", "Selu", "Celu", "Gelu", "HardSigmoid", "Sign", "Abs", "Softplus"}) {
    const Floats y = elements<float>(at(22, op).run({Tensor::of(Floats{kNan})}));
    ASSERT_EQ(y.size(), 1U) << op;
    EXPECT_TRUE(std::isnan(y[0])) << op;
  }
}

TEST(Activations, SeluDefaultsChangedWithOpset6) {
  EXPECT_EQ(elements<float>(at(1, "Selu").run({Tensor::of(Floats{2})})), (Floats{2 * 1.0507F}));
  EXPECT_EQ(elements<float>(at(6, "Selu").run({Tensor::of(Floats{2})})),
            (Floats{2 * 1.05070102214813232421875F}));
}

TEST(Clip, BoundsAreOneElement) {
  const Tensor x = Tensor::of(Floats{-2, 0, 2});
  EXPECT_EQ(elements<float>(at(13, "Clip").run({x, Value(), Tensor::scalar(1.0F)})),
            (Floats{-2, 0, 1}));
  EXPECT_EQ(elements<float>(at(13, "Clip").run({x, Tensor::scalar(1.0F), Tensor::scalar(-1.0F)})),
            (Floats{-1, -1, -1}));
  EXPECT_NE(at(13, "Clip").failure({x, Tensor::of(Floats{1, 2})}).find("min"), std::string::npos);
  EXPECT_EQ(elements<float>(at(6, "Clip", attributes("max", 1.0F)).run({x})), (Floats{-2, 0, 1}));
}

TEST(PRelu, BeforeOpset7AVectorBelongsToTheChannels) {
  const Tensor x = Tensor::of<float>({1, 2, 2}, {-1, -1, -1, -1});
  const Tensor slope = Tensor::of(Floats{2, 3});
  EXPECT_EQ(elements<float>(at(6, "PRelu").run({x, slope})), (Floats{-2, -2, -3, -3}));
  EXPECT_EQ(elements<float>(at(9, "PRelu").run({x, slope})), (Floats{-2, -3, -2, -3}));
  EXPECT_NE(at(9, "PRelu").failure({slope, x}).find("slope"), std::string::npos);
}

TEST(Cast, NamesWhatItCannotDo) {
  EXPECT_NE(at(13, "Cast", attributes("to", std::int64_t{99}))
                .failure({Tensor::of(Floats{1})})
                .find("99"),
            std::string::npos);
  EXPECT_NE(at(1, "Cast", attributes("to", std::string("NUMBER")))
                .failure({Tensor::of(Floats{1})})
                .find("NUMBER"),
            std::string::npos);
  EXPECT_EQ(
      elements<std::int32_t>(
          at(1, "Cast", attributes("to", std::string("INT32"))).run({Tensor::of(Floats{1.5F})})),
      (std::vector<std::int32_t>{1}));
  EXPECT_NE(at(13, "Cast", attributes("to", kOne))
                .failure({Tensor::of<std::string>({std::string("x")})})
                .find("\"x\""),
            std::string::npos);
  EXPECT_NE(at(26, "BitCast", attributes("to", std::int64_t{11}))
                .failure({Tensor::of(Floats{1})})
                .find("width"),
            std::string::npos);
}

struct EinsumCase {
  const char* equation;
  std::vector<Shape> shapes;
  const char* want;  // the shape, or part of the message
};

TEST(Einsum, ShapesAndRefusals) {
  const std::vector<EinsumCase> cases = {
      {"ij,jk->ik", {{2, 3}, {3, 4}}, "float[2,4]"},
      {"ij,jk", {{2, 3}, {3, 4}}, "float[2,4]"},
      {"...ii->...i", {{5, 3, 3}}, "float[5,3]"},
      {"ij -> ", {{2, 3}}, "float[]"},
      {"ba", {{2, 3}}, "float[3,2]"},
      {"...a,...a->...", {{4, 1, 3}, {6, 3}}, "float[4,6]"},
      {"ij,jk->ik", {{2, 3}, {4, 5}}, "its label stands for"},
      {"ij->k", {{2, 3}}, "no operand has"},
      {"ij->ii", {{2, 3}}, "twice"},
      {"i", {{2, 3}}, "names 1 dimensions"},
      {"ij,jk->ik", {{2, 3}}, "2 terms for 1"},
      {"i$", {{2, 3}}, "letters"},
      {"..i", {{2, 3}}, "letters"},
      {"", {{}}, "float[]"},
  };
  for (const EinsumCase& c : cases) {
    std::vector<Type> types;
    std::vector<Value> values;
    for (const Shape& shape : c.shapes) {
      types.push_back(floats(to_dims(shape)));
      values.push_back(*Tensor::create(DType::kFloat32, shape));
    }
    const TestNode node = at(12, "Einsum", attributes("equation", std::string(c.equation)));
    const std::string type = inferred(node, types);
    EXPECT_NE(type.find(c.want), std::string::npos) << c.equation << ": " << type;
    const Result<std::vector<Value>> result = node.run(std::move(values));
    const std::string got = result.ok() ? describe((*result)[0]) : result.error().message;
    EXPECT_NE(got.find(c.want), std::string::npos) << c.equation << ": " << got;
  }
}

TEST(Einsum, SumsWhatOnlyOneOperandHas) {
  const Tensor a = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b = Tensor::of<float>({1, 2}, {10, 100});
  // j of A is 3 and of B 1; k is B's alone.
  EXPECT_EQ(elements<float>(
                at(12, "Einsum", attributes("equation", std::string("ij,jk->i"))).run({a, b})),
            (Floats{660, 1650}));
  EXPECT_EQ(
      elements<float>(
          at(12, "Einsum", attributes("equation", std::string("ij,ij,ij->j"))).run({a, a, a})),
      (Floats{65, 133, 243}));
}

TEST(Det, OfNothingIsOneAndShapesAreSquare) {
  EXPECT_EQ(elements<float>(at(22, "Det").run({Tensor::of<float>({2, 0, 0}, {})})), (Floats{1, 1}));
  EXPECT_EQ(elements<float>(at(22, "Det").run({Tensor::of<float>({2, 2}, {0, 1, 1, 0})})),
            (Floats{-1}));
  EXPECT_NE(at(22, "Det").failure({Tensor::of<float>({1, 2}, {1, 2})}).find("[..., M, M]"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway
