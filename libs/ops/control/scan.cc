// Scan-9 and the batched Scan-8, which runs the same rounds for each sample of a batch.
#include <algorithm>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"
#include "ops/support/join.h"
#include "ops/support/parts.h"
#include "ops/support/scan_output.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr int kUnbatched = 9;

struct ScanBody {
  const Graph* graph = nullptr;
  std::size_t first = 0;  // node input where the states begin
  std::size_t states = 0;
  std::size_t scanned = 0;     // inputs that are walked through
  std::size_t collected = 0;   // outputs that are joined
  std::vector<bool> backward;  // per scanned input
  Ints axes;                   // per scanned input; of the whole input, may be negative
  std::vector<bool> collect_backward;
  Ints collect_axes;
};

Result<Ints> per_value(const NodeView& view, std::string_view name, std::size_t count) {
  const Ints* stated = view.get_ints(name);
  if (stated == nullptr) return Ints(count, 0);
  if (stated->size() != count) {
    return view.fail(name, " has ", stated->size(), " numbers, it needs ", count);
  }
  return *stated;
}

Result<std::vector<bool>> directions(const NodeView& view, std::string_view name,
                                     std::size_t count) {
  const Ints given = TRY(per_value(view, name, count));
  std::vector<bool> backward;
  for (const std::int64_t direction : given) {
    if (direction != 0 && direction != 1) {
      return view.fail(name, " holds ", direction, ": 0 is forward, 1 is backward");
    }
    backward.push_back(direction == 1);
  }
  return backward;
}

Result<ScanBody> read_body(const NodeView& view) {
  ScanBody body;
  body.graph = view.get_graph("body");
  if (body.graph == nullptr) return view.fail("the attribute body is missing");
  const bool batched = view.version() < kUnbatched;
  body.first = batched ? 1 : 0;
  const std::size_t inputs = view.node().inputs.size();
  const std::int64_t scanned = view.get_int("num_scan_inputs", 0);
  if (inputs < body.first || scanned < 1 ||
      scanned > static_cast<std::int64_t>(inputs - body.first)) {
    return view.fail("num_scan_inputs is ", scanned, ", the node has ", inputs, " inputs");
  }
  body.scanned = static_cast<std::size_t>(scanned);
  body.states = inputs - body.first - body.scanned;
  const std::size_t takes = body.graph->inputs.size();
  const std::size_t gives = body.graph->outputs.size();
  if (takes != body.states + body.scanned || gives < body.states ||
      view.node().outputs.size() > gives) {
    return view.fail("the body has ", takes, " inputs and ", gives, " outputs, the node ",
                     body.states, " states, ", body.scanned, " scan inputs and ",
                     view.node().outputs.size(), " outputs");
  }
  body.collected = gives - body.states;
  body.backward =
      TRY(directions(view, batched ? "directions" : "scan_input_directions", body.scanned));
  body.axes = TRY(per_value(view, batched ? "" : "scan_input_axes", body.scanned));
  body.collect_backward =
      TRY(directions(view, batched ? "" : "scan_output_directions", body.collected));
  body.collect_axes = TRY(per_value(view, batched ? "" : "scan_output_axes", body.collected));
  return body;
}

// `type` without one dimension, which is merged into `extent`.
Result<Type> without_axis(const NodeView& view, Type type, std::int64_t axis, Dim& extent) {
  if (!type.dims.has_value()) return type;
  const std::size_t at = TRY(normalize_axis(view, axis, type.dims->size()));
  const Dim& here = (*type.dims)[at];
  if (here.is_known() && extent.is_known() && here.extent() != extent.extent()) {
    return view.fail("its inputs differ along their scan or batch axis: ", here.extent(), " and ",
                     extent.extent());
  }
  if (here.is_known() || extent.is_unknown()) extent = here;
  type.dims->erase(type.dims->begin() + static_cast<std::ptrdiff_t>(at));
  return type;
}

Status infer_scan(InferContext& ctx) {
  const ScanBody body = TRY(read_body(ctx));
  const bool batched = ctx.version() < kUnbatched;
  Dim batch, length;
  std::vector<Type> inputs;
  for (std::size_t i = 0; i < body.states + body.scanned; ++i) {
    Type type = ctx.input(body.first + i);
    if (batched) type = TRY(without_axis(ctx, std::move(type), 0, batch));
    if (i >= body.states) {
      type = TRY(without_axis(ctx, std::move(type), body.axes[i - body.states], length));
    }
    inputs.push_back(std::move(type));
  }
  const std::vector<Type> types = TRY(ctx.infer_subgraph(*body.graph, inputs));
  for (std::size_t i = 0; i < ctx.output_count() && i < types.size(); ++i) {
    Type type = types[i];
    if (i < body.states) {
      Result<Type> common = common_type(inputs[i], type);
      if (!common.ok()) return ctx.fail("state ", i, " changes its type: ", common.error().message);
      if (type.dims.has_value()) type = *std::move(common);
    } else {
      type = TRY(with_axis(ctx, type, body.collect_axes[i - body.states], length));
    }
    if (batched) type = TRY(with_axis(ctx, type, 0, batch));
    ctx.set_output(i, std::move(type));
  }
  return {};
}

// What all rounds over one sample leave behind.
struct Rounds {
  std::vector<Value> states;
  std::vector<std::vector<Value>> collected;
};

// Element `at` along an axis, without that axis.
Result<Tensor> pick(const EvalContext& ctx, const Tensor& tensor, std::size_t axis,
                    std::int64_t at) {
  const Tensor slice = TRY(cut(ctx, tensor, axis, at, 1));
  Shape shape = slice.shape();
  shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
  return slice.reshaped(std::move(shape));
}

Result<Rounds> run_rounds(const EvalContext& ctx, const ScanBody& body, std::vector<Value> states,
                          const std::vector<Tensor>& scanned, const std::vector<std::size_t>& axes,
                          std::int64_t length) {
  Rounds rounds{std::move(states), std::vector<std::vector<Value>>(body.collected)};
  if (length > kMaxRounds) return ctx.fail("it would run more than ", kMaxRounds, " rounds");
  for (std::int64_t round = 0; round < length; ++round) {
    std::vector<Value> inputs = std::move(rounds.states);
    for (std::size_t i = 0; i < scanned.size(); ++i) {
      const std::int64_t at = body.backward[i] ? length - 1 - round : round;
      inputs.push_back(TRY(pick(ctx, scanned[i], axes[i], at)));
    }
    std::vector<Value> results = TRY(ctx.run_subgraph(*body.graph, std::move(inputs)));
    const auto collected = results.begin() + static_cast<std::ptrdiff_t>(body.states);
    for (std::size_t i = 0; i < body.collected; ++i) {
      rounds.collected[i].push_back(std::move(collected[static_cast<std::ptrdiff_t>(i)]));
    }
    results.erase(collected, results.end());
    rounds.states = std::move(results);
  }
  for (std::size_t i = 0; i < body.collected; ++i) {
    if (body.collect_backward[i]) {
      std::reverse(rounds.collected[i].begin(), rounds.collected[i].end());
    }
  }
  return rounds;
}

Status evaluate_unbatched(EvalContext& ctx, const ScanBody& body) {
  std::vector<Value> states;
  for (std::size_t i = 0; i < body.states; ++i) states.push_back(ctx.value(i));
  std::vector<Tensor> scanned;
  std::vector<std::size_t> axes;
  std::optional<std::int64_t> length;
  for (std::size_t i = 0; i < body.scanned; ++i) {
    const Tensor& input = ctx.input(body.states + i);
    axes.push_back(TRY(normalize_axis(ctx, body.axes[i], input.rank())));
    if (length.value_or(input.dim(axes[i])) != input.dim(axes[i])) {
      return ctx.fail("its scan inputs have different lengths, ", *length, " and ",
                      input.dim(axes[i]));
    }
    length = input.dim(axes[i]);
    scanned.push_back(input);
  }
  Rounds rounds = TRY(run_rounds(ctx, body, std::move(states), scanned, axes, length.value_or(0)));
  for (std::size_t i = 0; i < body.states; ++i) ctx.set_output(i, std::move(rounds.states[i]));
  for (std::size_t i = 0; i < body.collected; ++i) {
    ctx.set_output(body.states + i, TRY(join_rounds(ctx, rounds.collected[i], *body.graph,
                                                    body.states + i, body.collect_axes[i])));
  }
  return {};
}

// Batch size and sequence length that all inputs share, and the length of each sample.
struct Batch {
  std::int64_t samples = 0;
  std::int64_t length = 0;
  Ints lengths;
};

Result<Batch> read_batch(const EvalContext& ctx, const ScanBody& body) {
  Batch batch;
  for (std::size_t i = 0; i < body.states + body.scanned; ++i) {
    const Tensor& input = ctx.input(body.first + i);
    const bool scanned = i >= body.states;
    if (input.rank() < (scanned ? 2U : 1U)) return ctx.fail("input ", i, " has no batch axis");
    if (i == 0) batch.samples = input.dim(0);
    if (i == body.states) batch.length = input.dim(1);
    if (input.dim(0) != batch.samples || (scanned && input.dim(1) != batch.length)) {
      return ctx.fail("its inputs differ in batch size or sequence length");
    }
  }
  batch.lengths.assign(static_cast<std::size_t>(batch.samples), batch.length);
  if (ctx.has_input(0)) batch.lengths = TRY(ctx.ints(0));
  if (static_cast<std::int64_t>(batch.lengths.size()) != batch.samples) {
    return ctx.fail(batch.lengths.size(), " sequence lengths for a batch of ", batch.samples);
  }
  for (const std::int64_t length : batch.lengths) {
    if (length < 0 || length > batch.length) {
      return ctx.fail("sequence length ", length, " is outside the ", batch.length, " steps");
    }
  }
  return batch;
}

// Rounds that a shorter sample does not run give zeros.
Status fill_up(const EvalContext& ctx, std::vector<Value>& rounds, std::int64_t length) {
  if (rounds.empty() || !rounds[0].is_tensor()) return {};
  const Tensor zeros = TRY(ctx.make(rounds[0].tensor().dtype(), rounds[0].tensor().shape()));
  while (static_cast<std::int64_t>(rounds.size()) < length) rounds.push_back(zeros);
  return {};
}

Status evaluate_batched(EvalContext& ctx, const ScanBody& body) {
  const Batch batch = TRY(read_batch(ctx, body));
  if (batch.samples == 0) return ctx.fail("the batch is empty");
  std::vector<std::vector<Tensor>> results(body.states + body.collected);
  for (std::int64_t b = 0; b < batch.samples; ++b) {
    std::vector<Value> states;
    std::vector<Tensor> scanned;
    for (std::size_t i = 0; i < body.states; ++i) {
      states.push_back(TRY(pick(ctx, ctx.input(body.first + i), 0, b)));
    }
    for (std::size_t i = 0; i < body.scanned; ++i) {
      scanned.push_back(TRY(pick(ctx, ctx.input(body.first + body.states + i), 0, b)));
    }
    Rounds rounds = TRY(run_rounds(ctx, body, std::move(states), scanned,
                                   std::vector<std::size_t>(body.scanned, 0),
                                   batch.lengths[static_cast<std::size_t>(b)]));
    for (std::size_t i = 0; i < body.states; ++i) {
      if (!rounds.states[i].is_tensor()) return ctx.fail("a state is not a tensor");
      results[i].push_back(std::move(rounds.states[i].tensor()));
    }
    for (std::size_t i = 0; i < body.collected; ++i) {
      TRY(fill_up(ctx, rounds.collected[i], batch.length));
      results[body.states + i].push_back(
          TRY(join_rounds(ctx, rounds.collected[i], *body.graph, body.states + i, 0)));
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::vector<const Tensor*> parts;
    for (const Tensor& part : results[i]) parts.push_back(&part);
    ctx.set_output(i, TRY(stack(ctx, parts, 0)));
  }
  return {};
}

Status evaluate_scan(EvalContext& ctx) {
  const ScanBody body = TRY(read_body(ctx));
  return ctx.version() < kUnbatched ? evaluate_batched(ctx, body) : evaluate_unbatched(ctx, body);
}

}  // namespace

std::vector<Op> scan_ops() {
  return {{.name = "Scan",
           .versions = {{8,
                         "sequence_lens?: I, initial_state_and_scan_inputs+~: V -> "
                         "final_state_and_scan_outputs+~: V | I = int64, V = any",
                         "body graph!, directions ints, num_scan_inputs int!"},
                        {9,
                         "initial_state_and_scan_inputs+~: V -> "
                         "final_state_and_scan_outputs+~: V | V = any",
                         "body graph!, num_scan_inputs int!, scan_input_axes ints, "
                         "scan_input_directions ints, scan_output_axes ints, "
                         "scan_output_directions ints"}},
           .infer = infer_scan,
           .evaluate = evaluate_scan}};
}

}  // namespace slipway
