#include <set>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "ops/text/letter_case.h"

namespace slipway {
namespace {

Status infer_string_normalizer(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  ctx.set_output(0, DType::kString);
  if (dims == nullptr) return {};
  if (dims->empty() || dims->size() > 2 || (dims->size() == 2 && !may_be_equal((*dims)[0], 1))) {
    return ctx.fail("its input ", to_text(ctx.input(0)), " is neither [C] nor [1,C]");
  }
  Dims out(dims->size());
  if (dims->size() == 2) out[0] = 1;
  const auto* stopwords = ctx.get_strings("stopwords");
  const bool may_be_empty = !dims->back().is_known() || dims->back().extent() == 0;
  if (!may_be_empty && (stopwords == nullptr || stopwords->empty())) out.back() = dims->back();
  ctx.set_output(0, DType::kString, std::move(out));
  return {};
}

Status evaluate_string_normalizer(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  if (data.rank() == 0 || data.rank() > 2 || (data.rank() == 2 && data.dim(0) != 1)) {
    return ctx.fail("its input ", shape_text(data.shape()), " is neither [C] nor [1,C]");
  }
  const std::string action = ctx.get_string("case_change_action", "NONE");
  if (action != "NONE" && action != "LOWER" && action != "UPPER") {
    return ctx.fail("case_change_action \"", action, "\" is none of NONE, LOWER, UPPER");
  }
  const bool exact = ctx.get_flag("is_case_sensitive", false);
  const auto compared = [exact](const std::string& text) { return exact ? text : to_lower(text); };
  std::set<std::string> stopwords;
  if (const auto* words = ctx.get_strings("stopwords")) {
    for (const std::string& word : *words) stopwords.insert(compared(word));
  }
  std::vector<std::string> kept;
  for (const std::string& text : data.data<std::string>()) {
    if (!stopwords.empty() && stopwords.count(compared(text)) != 0) continue;
    kept.push_back(action == "LOWER" ? to_lower(text) : action == "UPPER" ? to_upper(text) : text);
  }
  // Nothing left is one empty string, not an empty tensor.
  if (kept.empty()) kept.emplace_back();
  const auto count = static_cast<std::int64_t>(kept.size());
  ctx.set_output(0, Tensor::of(data.rank() == 2 ? Shape{1, count} : Shape{count}, kept));
  return {};
}

}  // namespace

std::vector<Op> string_normalizer_ops() {
  return {{.name = "StringNormalizer",
           .versions = {{10, "X: string -> Y: string",
                         "case_change_action string, is_case_sensitive int, locale string, "
                         "stopwords strings"}},
           .infer = infer_string_normalizer,
           .evaluate = evaluate_string_normalizer}};
}

}  // namespace slipway
