#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"

namespace slipway {
namespace {

constexpr std::string_view kNothingKnown = "it needs an input or the attribute type";

Status infer_optional(InferContext& ctx) {
  if (ctx.has_input(0)) {
    ctx.set_output(0, Type::optional(ctx.input(0)));
  } else if (const Type* type = ctx.get_type("type")) {
    ctx.set_output(0, Type::optional(*type));
  } else {
    return ctx.fail(kNothingKnown);
  }
  return {};
}

Status evaluate_optional(EvalContext& ctx) {
  if (!ctx.has_input(0) && ctx.get_type("type") == nullptr) return ctx.fail(kNothingKnown);
  Optional out;
  if (ctx.has_input(0)) out.held.push_back(ctx.value(0));
  ctx.set_output(0, std::move(out));
  return {};
}

Status infer_get_element(InferContext& ctx) {
  const Type& type = ctx.input(0);
  ctx.set_output(0, type.kind == Type::Kind::kOptional ? element_of(type) : type);
  return {};
}

Status evaluate_get_element(EvalContext& ctx) {
  const Value& value = ctx.value(0);
  if (value.is_absent() || (value.is_optional() && value.optional().held.empty())) {
    return ctx.fail("the optional is empty: ask OptionalHasElement before");
  }
  ctx.set_output(0, value.is_optional() ? value.optional().held[0] : value);
  return {};
}

Status infer_has_element(InferContext& ctx) {
  ctx.set_output(0, DType::kBool, Dims{});
  return {};
}

Status evaluate_has_element(EvalContext& ctx) {
  const Value& value = ctx.value(0);
  const bool empty = value.is_absent() || (value.is_optional() && value.optional().held.empty());
  ctx.set_output(0, Tensor::scalar(!empty));
  return {};
}

}  // namespace

std::vector<Op> optional_ops() {
  return {{.name = "Optional",
           .versions = {{15, "input?: V -> output: O | V = any any_seq, O = any_optional",
                         "type type"}},
           .infer = infer_optional,
           .evaluate = evaluate_optional},
          {.name = "OptionalGetElement",
           .versions = {{15,
                         "input: O -> output: V | O = any any_seq any_optional, "
                         "V = any any_seq"}},
           .infer = infer_get_element,
           .evaluate = evaluate_get_element},
          {.name = "OptionalHasElement",
           .versions = {{15, "input: O -> output: B | O = any_optional, B = bool"},
                        {18, "input?: O -> output: B | O = any any_seq any_optional, B = bool"}},
           .infer = infer_has_element,
           .evaluate = evaluate_has_element}};
}

}  // namespace slipway
