#include "graph/type.h"

#include <gtest/gtest.h>

namespace slipway {
namespace {

TEST(Type, PrintsWhatIsKnown) {
  EXPECT_EQ(to_text(Type::tensor(DType::kFloat32, Dims{Dim::symbol("batch"), 20, Dim()})),
            "float[batch,20,?]");
  EXPECT_EQ(to_text(Type::tensor(DType::kInt64)), "int64");
  EXPECT_EQ(to_text(Type::sequence(Type::tensor(DType::kInt64, Dims{}))), "seq(int64[])");
  EXPECT_EQ(to_text(Type{}), "?");
}

struct MergeRow {
  const char* name;
  Type a, b;
  const char* expected;  // "" is a contradiction
};

TEST(Type, MergesToTheMoreDefinite) {
  const DType f = DType::kFloat32;
  const MergeRow rows[] = {
      {"rank from one side", Type::tensor(f), Type::tensor(f, Dims{2, 3}), "float[2,3]"},
      {"extent beats symbol", Type::tensor(f, Dims{Dim::symbol("n")}), Type::tensor(f, Dims{4}),
       "float[4]"},
      {"symbol beats unknown", Type::tensor(f, Dims{Dim()}),
       Type::tensor(f, Dims{Dim::symbol("n")}), "float[n]"},
      {"unknown kind", Type{}, Type::tensor(f), "float"},
      {"extents differ", Type::tensor(f, Dims{2}), Type::tensor(f, Dims{3}), ""},
      {"ranks differ", Type::tensor(f, Dims{2}), Type::tensor(f, Dims{2, 1}), ""},
      {"element types differ", Type::tensor(f), Type::tensor(DType::kInt8), ""},
      {"kinds differ", Type::tensor(f), Type::sequence(Type::tensor(f)), ""},
  };
  for (const MergeRow& row : rows) {
    const Result<Type> merged = merge(row.a, row.b);
    EXPECT_EQ(merged.ok() ? to_text(*merged) : "", row.expected) << row.name;
  }
}

}  // namespace
}  // namespace slipway
