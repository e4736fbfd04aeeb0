#include "ops/signature.h"

#include <gtest/gtest.h>

#include <set>

#include "base/str.h"

namespace slipway {
namespace {

TEST(Signature, EveryRowParses) {
  ASSERT_FALSE(all_ops().empty());
  for (const Op* op : all_ops()) {
    ASSERT_FALSE(op->versions.empty()) << op->name;
    int previous = 0;
    for (const OpVersion& version : op->versions) {
      const Result<Signature> signature = parse_signature(version);
      EXPECT_TRUE(signature.ok()) << op->name << ": " << signature.error().message;
      EXPECT_GT(version.since, previous) << op->name;
      previous = version.since;
    }
  }
}

TEST(Signature, NoOperatorIsListedTwice) {
  std::set<std::string> seen;
  for (const Op* op : all_ops()) {
    EXPECT_TRUE(seen.insert(str(op->domain, "::", op->name)).second) << op->name;
  }
}

TEST(Signature, ReadsArityTypesAndAttributes) {
  const OpVersion version{1, "X: T, rest*~: V, B?: T -> Y: T | T = floats int64, V = any any_seq",
                          "axis int, body graph!"};
  const Result<Signature> signature = parse_signature(version);
  ASSERT_TRUE(signature.ok()) << signature.error().message;
  EXPECT_EQ(signature->min_inputs(), 1U);
  EXPECT_EQ(signature->inputs[1].arity, Parameter::Arity::kVariadic);
  EXPECT_FALSE(signature->inputs[1].homogeneous);
  EXPECT_TRUE(signature->inputs[0].types.allows(Type::tensor(DType::kInt64)));
  EXPECT_FALSE(signature->inputs[0].types.allows(Type::tensor(DType::kString)));
  EXPECT_TRUE(signature->attribute("body")->required);
  EXPECT_EQ(signature->attribute("axis")->kind, AttrKind::kInt);
  EXPECT_EQ(signature->attribute("other"), nullptr);
}

struct BadText {
  const char* name;
  OpVersion version;
};

TEST(Signature, RefusesMalformedTexts) {
  const BadText rows[] = {
      {"no arrow", {1, "X: T | T = float", ""}},
      {"unknown type", {1, "X: T -> Y: T | T = flaot", ""}},
      {"unknown kind", {1, "X: float -> Y: float", "axis integer"}},
      {"no colon", {1, "X -> Y: float", ""}},
  };
  for (const BadText& row : rows) EXPECT_FALSE(parse_signature(row.version).ok()) << row.name;
}

TEST(TypeClash, NamesTheInputsThatDisagree) {
  const Signature& signature = signature_of(*find_op("", "Abs")->at(13));
  EXPECT_EQ(find_type_clash(signature, {Type::tensor(DType::kFloat32)}), std::nullopt);
  EXPECT_EQ(find_type_clash(signature, {Type{}}), std::nullopt);
  ASSERT_TRUE(find_type_clash(signature, {Type::tensor(DType::kString)}).has_value());
}

}  // namespace
}  // namespace slipway
