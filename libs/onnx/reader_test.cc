#include "onnx/reader.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/str.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "onnx/model_builder.h"
#include "onnx/writer.h"

namespace slipway {
namespace {

using namespace std::string_literals;
using namespace onnx_test;

Result<Model> read(std::string_view bytes, Problems* problems = nullptr) {
  return read_model_bytes(std::as_bytes(std::span(bytes)), nullptr, {}, problems);
}

std::string shown(const Result<Model>& model) {
  if (!model.ok()) return model.error().message;
  const std::string text = print(*model);
  return text.substr(text.find("graph "));
}

// The elements of a TensorProto, as the text form has them.
std::string elements(const WireWriter& message) {
  const std::string bytes = bytes_of(message);
  const Result<Value> value = read_value_bytes(std::as_bytes(std::span(bytes)), nullptr, {});
  if (!value.ok()) return value.error().message;
  Graph graph;
  graph.initializers.emplace(graph.add_value("t"), value->tensor());
  const std::string text = print(graph);
  const std::size_t start = text.find(" = ") + 3;
  return text.substr(start, text.find('\n', start) - start);
}

WireWriter tensor(std::int64_t type, std::int64_t count) {
  WireWriter out;
  out.number(1, count);
  out.number(2, type);
  return out;
}

template <typename T>
WireWriter numbers(std::int64_t type, std::int64_t count, std::uint32_t field,
                   const std::vector<T>& values) {
  WireWriter out = tensor(type, count);
  for (const T value : values) out.number(field, static_cast<std::int64_t>(value));
  return out;
}

WireWriter packed(std::int64_t type, std::int64_t count, std::uint32_t field,
                  std::string_view bytes) {
  WireWriter out = tensor(type, count);
  out.text(field, bytes);
  return out;
}

TEST(Reader, TypedFieldsOfEveryType) {
  const std::vector<std::int64_t> small = {1, -2};
  WireWriter floats = tensor(1, 2);
  floats.real(4, 1.5F);
  floats.real(4, -2.0F);
  WireWriter strings = tensor(8, 2);
  strings.text(6, "a");
  strings.text(6, "");
  const std::string one_f64 = "\0\0\0\0\0\0\xf0\x3f"s;
  struct Row {
    WireWriter message;
    const char* text;
  };
  const Row rows[] = {
      {floats, "float[2] {1.5, -2}"},
      {packed(1, 1, 4, "\0\0\x80\x3f"s), "float[1] {1}"},
      {numbers(3, 2, 5, small), "int8[2] {1, -2}"},
      {numbers(5, 2, 5, small), "int16[2] {1, -2}"},
      {numbers(6, 2, 5, small), "int32[2] {1, -2}"},
      {numbers(7, 2, 7, small), "int64[2] {1, -2}"},
      {packed(6, 3, 5, "\x01\x80\x01\x02"s), "int32[3] {1, 128, 2}"},
      {numbers<std::int64_t>(2, 1, 5, {255}), "uint8[1] {255}"},
      {numbers<std::int64_t>(4, 1, 5, {65535}), "uint16[1] {65535}"},
      {numbers<std::int64_t>(12, 1, 11, {4294967295}), "uint32[1] {4294967295}"},
      {numbers<std::int64_t>(13, 1, 11, {-1}), "uint64[1] {18446744073709551615}"},
      {numbers<std::int64_t>(9, 3, 5, {0, 1, 2}), "bool[3] {false, true, true}"},
      {numbers<std::int64_t>(10, 1, 5, {0x3C00}), "float16[1] {1}"},
      {numbers<std::int64_t>(16, 1, 5, {0x3F80}), "bfloat16[1] {1}"},
      {numbers<std::int64_t>(17, 1, 5, {0x38}), "float8e4m3fn[1] {1}"},
      {numbers<std::int64_t>(24, 1, 5, {127}), "float8e8m0[1] {1}"},
      {numbers<std::int64_t>(22, 3, 5, {0xE1, 0x07}), "int4[3] {1, -2, 7}"},
      {numbers<std::int64_t>(21, 3, 5, {0xE1, 0x07}), "uint4[3] {1, 14, 7}"},
      {numbers<std::int64_t>(23, 2, 5, {0xA2}), "float4e2m1[2] {1, -1}"},
      {numbers<std::int64_t>(26, 5, 5, {0xE4, 0x03}), "int2[5] {0, 1, -2, -1, -1}"},
      {numbers<std::int64_t>(25, 4, 5, {0xE4}), "uint2[4] {0, 1, 2, 3}"},
      {numbers<std::int64_t>(27, 2, 5, {0x08, 0x28}), "float6e2m3[2] {1, -1}"},
      {packed(11, 1, 10, one_f64), "double[1] {1}"},
      {packed(14, 1, 4, "\0\0\x80\x3f\0\0\0\x40"s), "complex64[1] {(1, 2)}"},
      {packed(15, 1, 10, one_f64 + one_f64), "complex128[1] {(1, 1)}"},
      {strings, "string[2] {\"a\", \"\"}"},
      {packed(22, 3, 9, "\xe1\x07"s), "int4[3] {1, -2, 7}"},
      {packed(1, 0, 9, ""), "float[0] {}"},
      {tensor(1, 0), "float[0] {}"},
      {numbers<std::int64_t>(7, 2, 7, {1}), "int64[2] needs 2 elements and the file holds 1"},
      {numbers<std::int64_t>(7, 1, 7, {1, 2}), "int64[1] needs 1 elements and the file holds 2"},
  };
  for (const Row& row : rows) EXPECT_EQ(elements(row.message), row.text);
}

TEST(Reader, RawDataIsBorrowedFromTheFile) {
  const std::string raw(4096, 'x');
  GraphMessage graph;
  WireWriter weight = packed(2, 4096, 9, raw);
  weight.text(8, "w");
  const std::string bytes =
      model_of(graph.node(node("Relu", {"w"}, {"y"})).initializer(std::move(weight)).output("y"));
  const auto owner = std::make_shared<int>(0);
  const Result<Model> model = read_model_bytes(std::as_bytes(std::span(bytes)), owner, {});
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Tensor& tensor = model->graph.initializers.begin()->second;
  EXPECT_FALSE(tensor.is_direct());
  const auto* first = reinterpret_cast<const char*>(tensor.bytes().data());
  EXPECT_GE(first, bytes.data());
  EXPECT_LT(first, bytes.data() + bytes.size());
}

TEST(Reader, NodesAreSortedAndTheRestKeepsItsOrder) {
  GraphMessage graph;
  graph.node(node("Add", {"b", "a"}, {"y"}))
      .node(node("Neg", {"x"}, {"a"}))
      .node(node("Abs", {"x"}, {"b"}))
      .input("x")
      .output("y");
  Problems problems;
  const Result<Model> model = read(model_of(graph), &problems);
  EXPECT_EQ(shown(model),
            "graph \"\"(%x: float) {\n  %a = Neg(%x)\n  %b = Abs(%x)\n  %y: float = Add(%b, %a)\n"
            "  return %y\n}\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].what, "its nodes are not in topological order");
  EXPECT_TRUE(read(model_of(graph)).ok());
}

TEST(Reader, ANodeWaitsForWhatItsSubgraphsCapture) {
  GraphMessage body;
  body.node(node("Identity", {"late"}, {"r"})).output("r");
  WireWriter conditional = node("If", {"x"}, {"y"});
  conditional.message(5, graph_attribute("then_branch", std::move(body.out)));
  GraphMessage graph;
  graph.node(std::move(conditional)).node(node("Neg", {"x"}, {"late"})).input("x").output("y");
  const Result<Model> model = read(model_of(graph));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model->graph.nodes[0].op, "Neg");
  Problems problems;
  verify(*model, problems);
  EXPECT_TRUE(problems.empty());
}

TEST(Reader, SubgraphsCaptureThroughEveryLevel) {
  GraphMessage inner;
  inner.node(node("Identity", {"x"}, {"i"})).output("i");
  WireWriter inner_if = node("If", {"c"}, {"m"});
  inner_if.message(5, graph_attribute("then_branch", std::move(inner.out)));
  GraphMessage middle;
  middle.node(std::move(inner_if)).output("m");
  WireWriter outer_if = node("If", {"c"}, {"y"});
  outer_if.message(5, graph_attribute("then_branch", std::move(middle.out)));
  GraphMessage graph;
  graph.node(std::move(outer_if)).input("x").input("c", Type::tensor(DType::kBool)).output("y");
  const std::string text = shown(read(model_of(graph)));
  EXPECT_NE(text.find("graph \"\"() captures(%c, %x) {\n    %m"), std::string::npos) << text;
  EXPECT_NE(text.find("graph \"\"() captures(%x) {\n      %i"), std::string::npos) << text;
}

TEST(Reader, AnInnerNameHidesAnOuterOne) {
  GraphMessage body;
  body.node(node("Neg", {"x"}, {"a"})).node(node("Abs", {"a"}, {"r"})).output("r");
  WireWriter conditional = node("If", {"x"}, {"y"});
  conditional.message(5, graph_attribute("then_branch", std::move(body.out)));
  GraphMessage graph;
  graph.node(node("Relu", {"x"}, {"a"})).node(std::move(conditional)).input("x").output("y");
  Problems problems;
  const Result<Model> model = read(model_of(graph), &problems);
  ASSERT_TRUE(model.ok()) << model.error().message;
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].what, "defines a, as a graph around it does already");
  // Written, the two have names of their own.
  const Result<std::string> written = model_bytes(*model);
  ASSERT_TRUE(written.ok());
  problems.clear();
  const std::string text = shown(read(*written, &problems));
  EXPECT_TRUE(problems.empty());
  EXPECT_NE(text.find("%a_1 = Neg(%x)"), std::string::npos) << text;
}

TEST(Reader, BeforeIrVersion4InitializersAreConstants) {
  for (const std::int64_t ir_version : {3, 4}) {
    GraphMessage graph;
    graph.node(node("Add", {"x", "w"}, {"y"}))
        .input("x")
        .input("w")
        .initializer(tensor_message(Tensor::scalar(1.0F), "w", {}, nullptr))
        .output("y");
    const Result<Model> model = read(model_of(graph, ir_version));
    ASSERT_TRUE(model.ok()) << model.error().message;
    EXPECT_EQ(model->graph.inputs.size(), ir_version < 4 ? 1U : 2U);
    const Result<Model> again = read(*model_bytes(*model));
    EXPECT_EQ(shown(again), shown(model));
  }
}

TEST(Reader, AttributeKindsFollowFromTheFieldWhereTheyAreNotStated) {
  WireWriter alpha;
  alpha.text(1, "alpha");
  alpha.real(2, 0.5F);
  WireWriter relu = node("Relu", {"x"}, {"y"});
  relu.message(5, std::move(alpha));
  GraphMessage graph;
  const Result<Model> model = read(model_of(graph.node(std::move(relu)).input("x").output("y"), 1));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model->graph.nodes[0].attributes[0].kind, AttrKind::kFloat);
}

TEST(Reader, FunctionsHaveTheirOwnOperatorSets) {
  const Result<Model> model = parse_model(R"(slipway-text 1
ir 10
opset ai.onnx 17
opset my 1

function my::f:a(%x) attributes(alpha, beta=2) {
  opset ai.onnx 13
  doc "twice"
  meta {"k": "v"}
  %y = Add(%x, %x) {scale=@alpha:float}
  return %y
}

graph g(%x: float[2]) {
  %y: float[2] = my::f:a(%x) {alpha=1.0} "call" doc "d" meta {"m": "n"}
  about %y doc "result" meta {"quantization_annotation:SCALE_TENSOR": "s", "other": "o"}
  return %y
}
)");
  ASSERT_TRUE(model.ok()) << model.error().message;
  const Result<Model> back = read(*model_bytes(*model));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->functions[0].body.nodes[0].version, 13);
  EXPECT_EQ(back->graph.nodes[0].version, 1);
  std::string expected = print(*model);
  // Annotations are read after the rest.
  const std::string annotation = "\"quantization_annotation:SCALE_TENSOR\": \"s\"";
  expected.replace(expected.find(annotation), annotation.size() + 14,
                   "\"other\": \"o\", " + annotation);
  EXPECT_EQ(print(*back), expected);
}

TEST(Reader, TheDomainAiOnnxHasOneSpelling) {
  WireWriter relu = node("Relu", {"x"}, {"y"});
  relu.text(7, "ai.onnx");
  GraphMessage graph;
  const Result<Model> model = read(model_of(graph.node(std::move(relu)).input("x").output("y")));
  ASSERT_TRUE(model.ok()) << model.error().message;
  EXPECT_EQ(model->graph.nodes[0].domain, "");
  EXPECT_EQ(model->graph.nodes[0].version, 17);
}

TEST(Reader, MapsAndNestedSequences) {
  const Type map_type = Type::map(DType::kInt64, Type::tensor(DType::kFloat32));
  const Value maps(
      Sequence{{Value(Map{Tensor::of<std::int64_t>({3, 5}), Tensor::of<float>({0.5F, 1.5F})})}});
  const std::string bytes = *value_bytes(maps);
  const Result<Value> back =
      read_value_bytes(std::as_bytes(std::span(bytes)), nullptr, Type::sequence(map_type));
  ASSERT_TRUE(back.ok()) << back.error().message;
  const Map& map = back->sequence().items[0].map();
  EXPECT_EQ(map.keys.data<std::int64_t>()[1], 5);
  EXPECT_EQ(map.values.data<float>()[1], 1.5F);
  const Value empty{Optional{}};
  const std::string none = *value_bytes(empty);
  const Result<Value> absent =
      read_value_bytes(std::as_bytes(std::span(none)), nullptr, Type::optional(map_type));
  ASSERT_TRUE(absent.ok()) << absent.error().message;
  EXPECT_TRUE(absent->optional().held.empty());
}

}  // namespace
}  // namespace slipway
