// Shapes that a model computes from shapes, as exporters write them for a batch that is not fixed.
#include <gtest/gtest.h>

#include "base/str.h"
#include "ops/infer.h"

namespace slipway {
namespace {

class Symbolic : public testing::Test {
 protected:
  ValueId input(const std::string& name, Dims dims, DType dtype = DType::kFloat32) {
    const ValueId id = model_.graph.add_value(name, Type::tensor(dtype, std::move(dims)));
    model_.graph.inputs.push_back(id);
    return id;
  }

  ValueId ints(const std::vector<std::int64_t>& values) { return constant(Tensor::of(values)); }

  ValueId constant(Tensor tensor) {
    const ValueId id =
        model_.graph.add_value(str("c", model_.graph.values.size()), type_of(tensor));
    model_.graph.initializers.emplace(id, std::move(tensor));
    return id;
  }

  template <typename... Attributes>
  ValueId node(std::string op, std::vector<ValueId> inputs, Attributes... attributes) {
    Node node;
    node.op = std::move(op);
    node.version = 18;
    node.inputs = std::move(inputs);
    (node.attributes.push_back(std::move(attributes)), ...);
    const ValueId out = model_.graph.add_value(str("v", model_.graph.values.size()));
    node.outputs = {out};
    model_.graph.nodes.push_back(std::move(node));
    return out;
  }

  static Attribute axis(std::int64_t value) { return {"axis", value}; }

  // The inferred type of a value, or the first problem.
  std::string inferred(ValueId id) {
    Problems problems;
    infer_types(model_, problems);
    return problems.empty() ? to_text(model_.graph.value(id).type) : problems[0].what;
  }

  Dim batch_ = Dim::symbol("batch");
  Model model_;
};

TEST_F(Symbolic, FlattenByShapeGatherConcatReshape) {
  const ValueId x = input("x", {batch_, 64, 7, 7});
  const ValueId n =
      node("Gather", {node("Shape", {x}), constant(Tensor::scalar<std::int64_t>(0))}, axis(0));
  const ValueId shape = node("Concat", {node("Unsqueeze", {n, ints({0})}), ints({-1})}, axis(0));
  EXPECT_EQ(inferred(node("Reshape", {x, shape})), "float[batch,3136]");
}

TEST_F(Symbolic, SplitHeads) {
  const ValueId x = input("x", {batch_, 197, 192});
  const ValueId first = node("Slice", {node("Shape", {x}), ints({0}), ints({1})});
  const ValueId shape = node("Concat", {first, ints({197, 3, 64})}, axis(0));
  const ValueId heads = node("Reshape", {x, shape});
  EXPECT_EQ(inferred(node("Transpose", {heads},
                          Attribute{"perm", std::vector<std::int64_t>{0, 2, 1, 3}})),
            "float[batch,3,197,64]");
}

TEST_F(Symbolic, ReshapeCopiesAndInfersUnknownDimensions) {
  const ValueId x = input("x", {Dim(), 4, 6});
  EXPECT_EQ(inferred(node("Reshape", {x, ints({0, 2, -1})})), "float[?,2,12]");
}

TEST_F(Symbolic, ReshapeIsNotSureOfWhatDoesNotDivide) {
  const ValueId x = input("x", {batch_, 6});
  EXPECT_EQ(inferred(node("Reshape", {x, ints({-1, 4})})), "float[?,4]");
}

TEST_F(Symbolic, ExpandAClassTokenToTheBatch) {
  const ValueId x = input("x", {batch_, 3, 224, 224});
  const ValueId token = input("token", {1, 1, 192});
  const ValueId n = node("Slice", {node("Shape", {x}), ints({0}), ints({1})});
  const ValueId shape = node("Concat", {n, ints({1, 192})}, axis(0));
  EXPECT_EQ(inferred(node("Expand", {token, shape})), "float[batch,1,192]");
}

TEST_F(Symbolic, ConstantOfShapeMakesTheInitialState) {
  const ValueId x = input("x", {batch_, 20, 25});
  const ValueId n = node("Gather", {node("Shape", {x}), ints({0})}, axis(0));
  const ValueId shape = node("Concat", {ints({2}), n, ints({64})}, axis(0));
  EXPECT_EQ(inferred(node("ConstantOfShape", {shape})), "float[2,batch,64]");
}

TEST_F(Symbolic, RangeOverADimension) {
  const ValueId x = input("x", {1, Dim::symbol("tokens")}, DType::kInt64);
  const ValueId count =
      node("Squeeze", {node("Slice", {node("Shape", {x}), ints({1}), ints({2})})});
  const ValueId range = node("Range", {constant(Tensor::scalar<std::int64_t>(0)), count,
                                       constant(Tensor::scalar<std::int64_t>(1))});
  EXPECT_EQ(inferred(range), "int64[tokens]");
}

TEST_F(Symbolic, SlicesKeepWholeAxesAndKnowConstantOnes) {
  const ValueId x = input("x", {batch_, 10});
  const ValueId all = node("Slice", {x, ints({0, 2}), ints({INT64_MAX, -1}), ints({0, 1})});
  EXPECT_EQ(inferred(all), "float[batch,7]");
}

TEST_F(Symbolic, ConcatTakesTheMoreDefiniteDimension) {
  const ValueId a = input("a", {Dim(), 3});
  const ValueId b = input("b", {batch_, 4});
  EXPECT_EQ(inferred(node("Concat", {a, b}, axis(1))), "float[batch,7]");
}

struct Contradiction {
  std::string_view name;
  Dims data;
  std::string_view op;
  std::vector<std::int64_t> second;
  std::string_view says;
};

class Contradicts : public Symbolic, public testing::WithParamInterface<Contradiction> {};

TEST_P(Contradicts, IsNamed) {
  const Contradiction& c = GetParam();
  const ValueId out = node(std::string(c.op), {input("x", c.data), ints(c.second)});
  EXPECT_NE(inferred(out).find(c.says), std::string::npos) << inferred(out);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Contradicts,
    testing::Values(
        Contradiction{
            "reshape_count", {2, 3}, "Reshape", {7}, "cannot reshape float[2,3] (6 elements)"},
        Contradiction{"reshape_two_open", {2, 3}, "Reshape", {-1, -1}, "only one can be inferred"},
        Contradiction{"reshape_negative", {2, 3}, "Reshape", {-2, 3}, "dimension of -2"},
        Contradiction{"reshape_copy", {2}, "Reshape", {2, 0}, "does not have"},
        Contradiction{"squeeze", {2, 3}, "Squeeze", {0}, "is not 1 and cannot be removed"},
        Contradiction{"unsqueeze", {2, 3}, "Unsqueeze", {4}, "outside the 3 dimensions"},
        Contradiction{"unsqueeze_twice", {2, 3}, "Unsqueeze", {1, 1}, "named twice"},
        Contradiction{"expand", {2, 3}, "Expand", {4, 3}, "do not broadcast"},
        Contradiction{"expand_negative", {2, 3}, "Expand", {-1, 3}, "dimension of -1"},
        Contradiction{"tile", {2, 3}, "Tile", {2}, "1 repeats for 2 dimensions"},
        Contradiction{"pad", {2, 3}, "Pad", {0, 0, -3, 0}, "do not suit an axis of 2"},
        Contradiction{"topk", {2, 3}, "TopK", {4}, "cannot take 4 of 3"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace slipway
