#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"

namespace slipway {
namespace {

Result<const Graph*> branch(const NodeView& view, std::string_view name) {
  const Graph* graph = view.get_graph(name);
  if (graph == nullptr) return view.fail("the attribute ", name, " is missing");
  if (graph->outputs.size() != view.node().outputs.size()) {
    return view.fail(name, " has ", graph->outputs.size(), " outputs, the node has ",
                     view.node().outputs.size());
  }
  return graph;
}

std::optional<bool> known_condition(const InferContext& ctx) {
  const Tensor* condition = ctx.constant(0);
  if (condition == nullptr || condition->dtype() != DType::kBool || condition->size() != 1) {
    return std::nullopt;
  }
  return condition->data<bool>()[0];
}

Status infer_if(InferContext& ctx) {
  const Graph* then_branch = TRY(branch(ctx, "then_branch"));
  const Graph* else_branch = TRY(branch(ctx, "else_branch"));
  // A branch that is never taken may not suit the types at hand: a rank that it handles, say.
  if (const std::optional<bool> condition = known_condition(ctx)) {
    const std::vector<Type> types =
        TRY(ctx.infer_subgraph(*condition ? *then_branch : *else_branch, {}));
    for (std::size_t i = 0; i < types.size(); ++i) ctx.set_output(i, types[i]);
    return {};
  }
  const std::vector<Type> then_types = TRY(ctx.infer_subgraph(*then_branch, {}));
  const std::vector<Type> else_types = TRY(ctx.infer_subgraph(*else_branch, {}));
  for (std::size_t i = 0; i < ctx.output_count(); ++i) {
    if (i >= then_types.size() || i >= else_types.size()) break;
    Result<Type> common = common_type(then_types[i], else_types[i]);
    if (!common.ok()) {
      return ctx.fail("the branches give output ", i, " different types: ", common.error().message);
    }
    ctx.set_output(i, *std::move(common));
  }
  return {};
}

Status evaluate_if(EvalContext& ctx) {
  const Tensor& condition = ctx.input(0);
  if (condition.dtype() != DType::kBool || condition.size() != 1) {
    return ctx.fail("the condition must be one bool, it is ", describe(ctx.value(0)));
  }
  const Graph* taken = TRY(branch(ctx, condition.data<bool>()[0] ? "then_branch" : "else_branch"));
  std::vector<Value> results = TRY(ctx.run_subgraph(*taken, {}));
  for (std::size_t i = 0; i < results.size(); ++i) ctx.set_output(i, std::move(results[i]));
  return {};
}

}  // namespace

std::vector<Op> if_ops() {
  return {{.name = "If",
           .versions = {{1, "cond: B -> outputs+~: V | V = any any_seq any_optional, B = bool",
                         "else_branch graph!, then_branch graph!"}},
           .infer = infer_if,
           .evaluate = evaluate_if}};
}

}  // namespace slipway
