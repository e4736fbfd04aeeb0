// The expected tokens are those that ONNX Runtime 1.31 gives.
#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Strings = std::vector<std::string>;

struct Options {
  std::string expression;
  Strings separators;
  std::int64_t least = 1;
  bool is_marked = false;
};

TestNode tokenizer(const Options& options) {
  std::vector<Attribute> a;
  a.emplace_back("mark", std::int64_t{options.is_marked ? 1 : 0});
  a.emplace_back("mincharnum", options.least);
  a.emplace_back("pad_value", std::string("#"));
  if (!options.expression.empty()) a.emplace_back("tokenexp", options.expression);
  if (!options.separators.empty()) a.emplace_back("separators", options.separators);
  return {"Tokenizer", 1, std::string(kMicrosoft), std::move(a), 1};
}

const Tensor kTexts = Tensor::of<std::string>({"The boat, turns", "", "é x\ny"});

TEST(Tokenizer, FindsTokensOrWhatIsBetweenSeparators) {
  struct Row {
    Options options;
    Shape shape;
    Strings tokens;
  };
  const Row rows[] = {
      {{"[a-zA-Z0-9_]+"}, {3, 3}, {"The", "boat", "turns", "#", "#", "#", "x", "y", "#"}},
      {{"[a-z]*"}, {3, 3}, {"he", "boat", "turns", "#", "#", "#", "x", "y", "#"}},
      {{"[a-z]+", {}, 3}, {3, 2}, {"boat", "turns", "#", "#", "#", "#"}},
      {{"[a-z]+", {}, 3, true},
       {3, 4},
       {"\x02", "boat", "turns", "\x03", "\x02", "\x03", "#", "#", "\x02", "\x03", "#", "#"}},
      {{"t|tu|tur"}, {3, 2}, {"t", "tur", "#", "#", "#", "#"}},
      {{R"(\b\w\w\w\w+\b)"}, {3, 2}, {"boat", "turns", "#", "#", "#", "#"}},
      {{"", {" "}}, {3, 3}, {"The", "boat,", "turns", "#", "#", "#", "é", "x\ny", "#"}},
      {{"", {" ", ","}}, {3, 3}, {"The", "boat", "turns", "#", "#", "#", "é", "x\ny", "#"}},
      {{"", {"[, ]+", "\n"}}, {3, 3}, {"The", "boat", "turns", "#", "#", "#", "é", "x", "y"}},
      {{"", {" "}, 3}, {3, 3}, {"The", "boat,", "turns", "#", "#", "#", "x\ny", "#", "#"}},
      {{"", {"x*", " "}}, {3, 0}, {}},
      {{"b", {"a"}}, {3, 2}, {"The bo", "t, turns", "#", "#", "é x\ny", "#"}},
  };
  for (const Row& row : rows) {
    const auto outputs = tokenizer(row.options).run({kTexts});
    EXPECT_EQ(elements<std::string>(outputs), row.tokens) << row.options.expression;
    ASSERT_TRUE(outputs.ok());
    EXPECT_EQ((*outputs)[0].tensor().shape(), row.shape) << row.options.expression;
  }
}

TEST(Tokenizer, TakesCharacters) {
  const Tensor texts = Tensor::of<std::string>({"é\n", "a"});
  for (const Options& options : {Options{"."}, Options{"", {""}}})
    EXPECT_EQ(elements<std::string>(tokenizer(options).run({texts})),
              (Strings{"é", "\n", "a", "#"}));
  EXPECT_EQ(elements<std::string>(tokenizer({".", {}, 0, true}).run({texts})),
            (Strings{"\x02", "é", "\n", "\x03", "\x02", "a", "\x03", "#"}));
}

TEST(Tokenizer, NothingFoundIsAnAxisOfNone) {
  const Tensor texts = Tensor::of<std::string>({"", "  "});
  const auto outputs = tokenizer({"[a-z]+", {}, 1, true}).run({texts});
  ASSERT_TRUE(outputs.ok());
  EXPECT_EQ((*outputs)[0].tensor().shape(), (Shape{2, 0}));
}

TEST(Tokenizer, RefusesWhatItCannotRead) {
  const auto fails_with = [](const Options& options, const Tensor& x, const char* part) {
    const std::string message = tokenizer(options).failure({x});
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  fails_with({"("}, kTexts, "is not a regular expression");
  fails_with({}, kTexts, "separators or a tokenexp");
  fails_with({".", {}, 2}, kTexts, "where tokens are characters");
  fails_with({"a", {}, -1}, kTexts, "mincharnum is -1");
  fails_with({"a"}, Tensor::of<std::string>({"\xff"}), "not UTF-8");
  fails_with({"a"}, Tensor::of<std::string>({1, 1, 1}, {"a"}), "[C] or [N, C]");
}

TEST(Tokenizer, ShapeRule) {
  const TestNode node = tokenizer({"a"});
  EXPECT_EQ(inferred(node, {Type::tensor(DType::kString, Dims{Dim(3)})}), "string[3,?]");
  EXPECT_EQ(inferred(node, {Type::tensor(DType::kString, Dims{Dim(3), Dim(2)})}), "string[3,2,?]");
  EXPECT_NE(inferred(node, {Type::tensor(DType::kString, Dims{})}).find("0 dimensions"),
            std::string::npos);
}

}  // namespace
}  // namespace slipway
