#include <re2/re2.h>

#include <limits>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

constexpr std::int64_t kPatternMemoryBytes = 8 << 20;
constexpr std::size_t kMaxPatternBytes = 64 << 10;

Status infer_regex_full_match(InferContext& ctx) {
  ctx.set_output(0, Type::tensor(DType::kBool, ctx.input(0).dims));
  return {};
}

Status evaluate_regex_full_match(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::string pattern = ctx.get_string("pattern", "");
  if (pattern.size() > kMaxPatternBytes) {
    return ctx.fail("the pattern has ", pattern.size(), " bytes, at most ", kMaxPatternBytes,
                    " are read");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemoryBytes);
  const re2::RE2 expression(pattern, options);
  if (!expression.ok()) {
    return ctx.fail("the pattern is not a regular expression of RE2: ", expression.error());
  }
  Tensor out = TRY(ctx.make(DType::kBool, data.shape()));
  const auto text = data.data<std::string>();
  const auto matches = out.mutable_data<bool>();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i].size() > std::numeric_limits<int>::max()) return ctx.fail("a text is over 2 GiB");
    matches[i] = re2::RE2::FullMatch(text[i], expression);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> regex_full_match_ops() {
  return {{.name = "RegexFullMatch",
           .versions = {{20, "X: T1 -> Y: T2 | T1 = string, T2 = bool", "pattern string"}},
           .infer = infer_regex_full_match,
           .evaluate = evaluate_regex_full_match}};
}

}  // namespace slipway
