#include <algorithm>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"
#include "ops/support/scan_output.h"

namespace slipway {
namespace {

// Inputs: the trip count, the condition, then what the rounds hand on. The body takes the round's
// number, the condition and what is handed on; it gives the condition, what is handed on, and what
// is collected.
constexpr std::size_t kFirstCarried = 2;

struct LoopBody {
  const Graph* graph = nullptr;
  std::size_t carried = 0;
  std::size_t collected = 0;
};

Result<LoopBody> read_body(const NodeView& view) {
  LoopBody body;
  body.graph = view.get_graph("body");
  if (body.graph == nullptr) return view.fail("the attribute body is missing");
  const std::size_t inputs = view.node().inputs.size();
  body.carried = inputs > kFirstCarried ? inputs - kFirstCarried : 0;
  const std::size_t takes = body.graph->inputs.size();
  const std::size_t gives = body.graph->outputs.size();
  if (takes != body.carried + 2 || gives < body.carried + 1) {
    return view.fail("the body has ", takes, " inputs and ", gives, " outputs, with ", body.carried,
                     " values handed on it needs ", body.carried + 2, " and at least ",
                     body.carried + 1);
  }
  body.collected = gives - 1 - body.carried;
  if (view.node().outputs.size() > body.carried + body.collected) {
    return view.fail("it has ", view.node().outputs.size(), " outputs, the body gives ",
                     body.carried + body.collected);
  }
  return body;
}

Type without_shape(Type type) {
  type.dims.reset();
  for (Type& element : type.element) element = without_shape(std::move(element));
  return type;
}

bool has_bodies(const Graph& graph) {
  bool found = false;
  for (const Node& node : graph.nodes) {
    for_each_subgraph(node, [&](const Graph&) { found = true; });
  }
  return found;
}

constexpr int kWalks = 3;

// What the body gives, where values handed on are of what is common to the rounds walked so far;
// when that does not settle, of unknown shape. A body within a body is walked once only: walks
// multiply.
Result<std::vector<Type>> infer_rounds(const InferContext& ctx, const LoopBody& body) {
  std::vector<Type> inputs{Type::tensor(DType::kInt64, Dims{}), Type::tensor(DType::kBool, Dims{})};
  for (std::size_t i = 0; i < body.carried; ++i) inputs.push_back(ctx.input(kFirstCarried + i));
  for (int walk = has_bodies(*body.graph) ? kWalks : 0; walk < kWalks; ++walk) {
    std::vector<Type> types = TRY(ctx.infer_subgraph(*body.graph, inputs));
    bool stable = true;
    for (std::size_t i = 0; i < body.carried; ++i) {
      Type& handed_on = inputs[i + 2];
      Result<Type> common = common_type(handed_on, types[i + 1]);
      if (!common.ok()) return types;
      stable = stable && to_text(*common) == to_text(handed_on);
      handed_on = *std::move(common);
    }
    if (stable) return types;
  }
  for (std::size_t i = 2; i < inputs.size(); ++i) inputs[i] = without_shape(std::move(inputs[i]));
  return ctx.infer_subgraph(*body.graph, inputs);
}

Status infer_loop(InferContext& ctx) {
  const LoopBody body = TRY(read_body(ctx));
  const std::vector<Type> types = TRY(infer_rounds(ctx, body));
  for (std::size_t i = 0; i < ctx.output_count() && i + 1 < types.size(); ++i) {
    if (i >= body.carried) {
      ctx.set_output(i, TRY(with_axis(ctx, types[i + 1], 0, Dim())));
      continue;
    }
    const Type& initial = ctx.input(kFirstCarried + i);
    if (initial.kind == Type::Kind::kOptional && types[i + 1].kind != initial.kind) {
      ctx.set_output(i, types[i + 1]);  // may be empty before the first round, is filled after it
      continue;
    }
    Result<Type> common = common_type(initial, types[i + 1]);
    if (!common.ok()) {
      return ctx.fail("value ", i,
                      " that the rounds hand on changes its type: ", common.error().message);
    }
    ctx.set_output(i, *std::move(common));
  }
  return {};
}

Result<bool> read_condition(const EvalContext& ctx, const Value& value) {
  if (!value.is_tensor() || value.tensor().dtype() != DType::kBool || value.tensor().size() != 1) {
    return ctx.fail("the condition must be one bool, it is ", describe(value));
  }
  return value.tensor().data<bool>()[0];
}

// A body that takes an optional may hand on what it holds.
Value as_taken(const Type& type, Value value) {
  if (type.kind != Type::Kind::kOptional || value.is_optional()) return value;
  Optional wrapped;
  wrapped.held.push_back(std::move(value));
  return wrapped;
}

Status evaluate_loop(EvalContext& ctx) {
  const LoopBody body = TRY(read_body(ctx));
  std::int64_t trips = kMaxRounds + 1;
  if (ctx.has_input(0)) {
    const std::vector<std::int64_t> count = TRY(ctx.ints(0));
    if (count.size() != 1) return ctx.fail("the trip count must be one number");
    trips = std::min(count[0], trips);
  }
  bool running = ctx.has_input(1) ? TRY(read_condition(ctx, ctx.value(1))) : true;
  std::vector<Value> carried;
  for (std::size_t i = 0; i < body.carried; ++i) {
    carried.push_back(std::move(ctx.values()[kFirstCarried + i]));
  }
  std::vector<std::vector<Value>> collected(body.collected);
  for (std::int64_t round = 0; running && round < trips; ++round) {
    if (round == kMaxRounds) return ctx.fail("it does not end within ", kMaxRounds, " rounds");
    std::vector<Value> inputs{Tensor::scalar(round), Tensor::scalar(running)};
    for (Value& value : carried) {
      const ValueId into = body.graph->inputs[inputs.size()];
      inputs.push_back(as_taken(body.graph->value(into).type, std::move(value)));
    }
    std::vector<Value> results = TRY(ctx.run_subgraph(*body.graph, std::move(inputs)));
    running = TRY(read_condition(ctx, results[0]));
    for (std::size_t i = 0; i < body.carried; ++i) carried[i] = std::move(results[i + 1]);
    for (std::size_t i = 0; i < body.collected; ++i) {
      collected[i].push_back(std::move(results[i + 1 + body.carried]));
    }
  }
  for (std::size_t i = 0; i < body.carried; ++i) ctx.set_output(i, std::move(carried[i]));
  for (std::size_t i = 0; i < body.collected; ++i) {
    if (!ctx.has_output(body.carried + i)) continue;
    ctx.set_output(body.carried + i,
                   TRY(join_rounds(ctx, collected[i], *body.graph, 1 + body.carried + i, 0)));
  }
  return {};
}

}  // namespace

std::vector<Op> loop_ops() {
  return {{.name = "Loop",
           .versions = {{1,
                         "M?: I, cond?: B, v_initial+~: V -> v_final_and_scan_outputs+~: V | "
                         "V = any, I = int64, B = bool",
                         "body graph!"},
                        {11,
                         "M?: I, cond?: B, v_initial*~: V -> v_final_and_scan_outputs+~: V | "
                         "V = any any_seq any_optional, I = int64, B = bool",
                         "body graph!"}},
           .infer = infer_loop,
           .evaluate = evaluate_loop}};
}

}  // namespace slipway
