#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

Status infer_identity(InferContext& ctx) {
  ctx.copy_type(0, 0);
  if (const std::optional<Dims> elements = ctx.elements(0)) ctx.set_elements(0, *elements);
  return {};
}

Status evaluate_identity(EvalContext& ctx) {
  ctx.set_output(0, std::move(ctx.values()[0]));
  return {};
}

}  // namespace

std::vector<Op> identity_ops() {
  return {{.name = "Identity",
           .versions = {{1, "input: V -> output: V | V = any any_seq any_optional", ""}},
           .infer = infer_identity,
           .evaluate = evaluate_identity}};
}

}  // namespace slipway
