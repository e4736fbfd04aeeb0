// com.microsoft.Tokenizer, as ONNX Runtime has it and skl2onnx writes it for the vectorizers of
// scikit-learn: a text becomes what a regular expression finds in it, what stands between
// separators, or its characters; the longest of a batch decides how many tokens all have.
#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "base/utf8.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

constexpr std::int64_t kPatternMemoryBytes = 8 << 20;
constexpr std::size_t kMaxPatternBytes = 64 << 10;
constexpr std::string_view kStartOfText = "\x02";
constexpr std::string_view kEndOfText = "\x03";

using Tokens = std::vector<std::string>;
using Expression = std::unique_ptr<re2::RE2>;

// Characters of UTF-8; none where it is malformed.
std::optional<std::size_t> count_characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    if (!take_utf8(text)) return std::nullopt;
  }
  return count;
}

// Where the character that stands at `at` ends. The text is UTF-8.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(std::min(at, text.size()));
  if (rest.empty()) return text.size() + 1;
  take_utf8(rest);
  return text.size() - rest.size();
}

Result<Expression> read_expression(const NodeView& view, const std::string& pattern) {
  if (pattern.size() > kMaxPatternBytes) {
    return view.fail("a pattern has ", pattern.size(), " bytes, at most ", kMaxPatternBytes,
                     " are read");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemoryBytes);
  options.set_longest_match(true);
  auto expression = std::make_unique<re2::RE2>(pattern, options);
  if (!expression->ok()) {
    return view.fail("'", pattern, "' is not a regular expression of RE2: ", expression->error());
  }
  return expression;
}

struct Splitter {
  bool takes_characters = false;
  Expression token;                    // null: separators
  std::vector<Expression> separators;  // one after the other
  std::size_t least_characters = 0;
};

Result<Splitter> read_splitter(const NodeView& view) {
  Splitter splitter;
  const std::vector<std::string>* const separators = view.get_strings("separators");
  const std::string token = view.get_string("tokenexp", "");
  const std::int64_t least = view.get_int("mincharnum", 0);
  if (least < 0) return view.fail("mincharnum is ", least, ", it must not be negative");
  splitter.least_characters = static_cast<std::size_t>(least);
  const bool has_separators = separators != nullptr && !separators->empty();
  if (!has_separators && token.empty()) return view.fail("give it separators or a tokenexp");
  splitter.takes_characters =
      has_separators ? separators->size() == 1 && separators->front().empty() : token == ".";
  if (splitter.takes_characters) {
    if (least > 1) return view.fail("mincharnum is ", least, " where tokens are characters");
    return splitter;
  }
  if (!has_separators) {
    splitter.token = TRY(read_expression(view, token));
    return splitter;
  }
  for (const std::string& separator : *separators)
    splitter.separators.push_back(TRY(read_expression(view, separator)));
  return splitter;
}

// Calls f(begin, end) for every match; after an empty one, the search goes on behind the character
// there.
template <typename F>
void for_each_match(const re2::RE2& expression, std::string_view text, F f) {
  const re2::StringPiece whole(text.data(), text.size());
  re2::StringPiece match;
  std::size_t at = 0;
  while (at <= text.size() &&
         expression.Match(whole, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) {
    const auto begin = static_cast<std::size_t>(match.data() - text.data());
    f(begin, begin + match.size());
    at = match.empty() ? end_of_character(text, begin) : begin + match.size();
  }
}

bool is_long_enough(const Splitter& splitter, std::string_view token) {
  return !token.empty() && count_characters(token).value_or(0) >= splitter.least_characters;
}

// What stands between the matches of a separator. An empty match takes the character with it.
void split(const Splitter& splitter, const re2::RE2& separator, std::string_view text,
           Tokens& tokens) {
  std::size_t start = 0;
  const auto add = [&](std::size_t end) {
    if (end <= start) return;
    const std::string_view token = text.substr(start, end - start);
    if (is_long_enough(splitter, token)) tokens.emplace_back(token);
  };
  for_each_match(separator, text, [&](std::size_t begin, std::size_t end) {
    add(begin);
    start = end == begin ? end_of_character(text, begin) : end;
  });
  add(text.size());
}

Tokens tokens_of(const Splitter& splitter, std::string_view text) {
  Tokens tokens;
  if (splitter.takes_characters) {
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = end_of_character(text, at);
      tokens.emplace_back(text.substr(at, end - at));
      at = end;
    }
    return tokens;
  }
  if (splitter.token != nullptr) {
    for_each_match(*splitter.token, text, [&](std::size_t begin, std::size_t end) {
      const std::string_view token = text.substr(begin, end - begin);
      if (is_long_enough(splitter, token)) tokens.emplace_back(token);
    });
    return tokens;
  }
  tokens.emplace_back(text);
  for (const Expression& separator : splitter.separators) {
    Tokens parts;
    for (const std::string& token : tokens) split(splitter, *separator, token, parts);
    tokens = std::move(parts);
  }
  return tokens;
}

Status evaluate_tokenizer(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  if (x.rank() != 1 && x.rank() != 2) {
    return ctx.fail("the input has shape ", shape_text(x.shape()), "; it must be [C] or [N, C]");
  }
  const Splitter splitter = TRY(read_splitter(ctx));
  if (x.size() == 0) {  // the shape stays
    ctx.set_output(0, x);
    return {};
  }
  const bool is_marked = ctx.get_int("mark", 0) != 0;
  const std::string padding = ctx.get_string("pad_value", "");
  std::vector<Tokens> rows;
  std::size_t most = 0;
  for (const std::string& text : x.data<std::string>()) {
    if (text.size() > std::numeric_limits<int>::max()) return ctx.fail("a text is over 2 GiB");
    if (!count_characters(text)) return ctx.fail("a text is not UTF-8");
    rows.push_back(tokens_of(splitter, text));
    most = std::max(most, rows.back().size());
  }
  const std::size_t width = most == 0 || !is_marked ? most : most + 2;
  Shape shape = x.shape();
  shape.push_back(static_cast<std::int64_t>(width));
  Tensor y = TRY(ctx.make(DType::kString, std::move(shape)));
  const auto cells = y.mutable_data<std::string>();
  for (std::size_t row = 0; width != 0 && row < rows.size(); ++row) {
    const auto to = cells.subspan(row * width, width);
    std::size_t at = 0;
    if (is_marked) to[at++] = kStartOfText;
    for (std::string& token : rows[row]) to[at++] = std::move(token);
    if (is_marked) to[at++] = kEndOfText;
    while (at < width) to[at++] = padding;
  }
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_tokenizer(InferContext& ctx) {
  ctx.set_output(0, DType::kString);
  const Dims* const dims = ctx.dims(0);
  if (dims == nullptr) return {};
  if (dims->size() != 1 && dims->size() != 2)
    return ctx.fail("the input has ", dims->size(), " dimensions; it must be [C] or [N, C]");
  for (const Dim& dim : *dims) {
    if (dim.is_known() && dim.extent() == 0) return {};
  }
  Dims output = *dims;
  output.emplace_back();
  ctx.set_output(0, DType::kString, std::move(output));
  return {};
}

}  // namespace

std::vector<Op> tokenizer_ops() {
  return {{.name = "Tokenizer",
           .domain = kMicrosoft,
           .versions = {{1, "X: T -> Y: T | T = string",
                         "mark int!, mincharnum int!, pad_value string!, separators strings, "
                         "tokenexp string"}},
           .infer = infer_tokenizer,
           .evaluate = evaluate_tokenizer}};
}

}  // namespace slipway
