#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"

namespace slipway {
namespace {

Result<const Graph*> read_body(const NodeView& view) {
  const Graph* body = view.get_graph("body");
  if (body == nullptr) return view.fail("the attribute body is missing");
  if (body->inputs.size() != view.node().inputs.size() ||
      body->outputs.size() < view.node().outputs.size()) {
    return view.fail("the body has ", body->inputs.size(), " inputs and ", body->outputs.size(),
                     " outputs, the node ", view.node().inputs.size(), " and ",
                     view.node().outputs.size());
  }
  return body;
}

Status infer_sequence_map(InferContext& ctx) {
  const Graph& body = *TRY(read_body(ctx));
  std::vector<Type> inputs;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    const Type& type = ctx.input(i);
    inputs.push_back(type.kind == Type::Kind::kSequence ? element_of(type) : type);
  }
  const std::vector<Type> types = TRY(ctx.infer_subgraph(body, inputs));
  for (std::size_t i = 0; i < ctx.output_count() && i < types.size(); ++i) {
    ctx.set_output(i, Type::sequence(types[i]));
  }
  return {};
}

Status evaluate_sequence_map(EvalContext& ctx) {
  const Graph& body = *TRY(read_body(ctx));
  if (!ctx.value(0).is_sequence()) return ctx.fail("its first input is not a sequence");
  const std::size_t count = ctx.value(0).sequence().items.size();
  std::vector<Sequence> outputs(body.outputs.size());
  for (std::size_t item = 0; item < count; ++item) {
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < ctx.input_count(); ++i) {
      const Value& value = ctx.value(i);
      if (!value.is_sequence()) {
        inputs.push_back(value);
        continue;
      }
      if (value.sequence().items.size() != count) {
        return ctx.fail("input ", i, " is a sequence of ", value.sequence().items.size(),
                        " items, the first of ", count);
      }
      inputs.push_back(value.sequence().items[item]);
    }
    std::vector<Value> results = TRY(ctx.run_subgraph(body, std::move(inputs)));
    for (std::size_t i = 0; i < results.size() && i < outputs.size(); ++i) {
      outputs[i].items.push_back(std::move(results[i]));
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) ctx.set_output(i, std::move(outputs[i]));
  return {};
}

}  // namespace

std::vector<Op> sequence_map_ops() {
  return {{.name = "SequenceMap",
           .versions = {{17,
                         "input_sequence: S, additional_inputs*~: V -> out_sequence+~: S | "
                         "S = any_seq, V = any any_seq",
                         "body graph!"}},
           .infer = infer_sequence_map,
           .evaluate = evaluate_sequence_map}};
}

}  // namespace slipway
