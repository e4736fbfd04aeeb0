#include "ops/nn/recurrent.h"

#include <algorithm>
#include <cmath>

#include "ops/nn/recurrent_scales.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Direction {
  std::size_t count;
  bool starts_reversed;
};

Result<Direction> read_direction(const NodeView& view) {
  const std::string text = view.get_string("direction", "forward");
  if (text == "forward") return Direction{1, false};
  if (text == "reverse") return Direction{1, true};
  if (text == "bidirectional") return Direction{2, false};
  return view.fail("direction is '", text, "': use forward, reverse or bidirectional");
}

Status check_shape(const EvalContext& ctx, std::size_t i, std::string_view what,
                   std::vector<std::size_t> expected) {
  if (!ctx.has_input(i)) return {};
  const Shape shape(expected.begin(), expected.end());
  if (ctx.input(i).shape() == shape) return {};
  return ctx.fail(what, " has shape ", shape_text(ctx.input(i).shape()), ", it must be ",
                  shape_text(shape));
}

Status read_lengths(const EvalContext& ctx, Recurrent& plan) {
  plan.lengths.assign(plan.batch, plan.steps);
  if (!ctx.has_input(4)) return {};
  const std::vector<std::int64_t> lengths = TRY(ctx.ints(4));
  if (lengths.size() != plan.batch) {
    return ctx.fail("sequence_lens has ", lengths.size(), " entries for a batch of ", plan.batch);
  }
  for (std::size_t n = 0; n < plan.batch; ++n) {
    if (lengths[n] < 0 || lengths[n] > static_cast<std::int64_t>(plan.steps)) {
      return ctx.fail("sequence_lens holds ", lengths[n], ", the input has ", plan.steps, " steps");
    }
    plan.lengths[n] = static_cast<std::size_t>(lengths[n]);
  }
  return {};
}

// A list that weights stored as whole numbers come with; no model file has it.
Status read_scale(const EvalContext& ctx, std::string_view name, std::size_t rows,
                  const Tensor& weights, std::vector<float>& scale) {
  const std::vector<float>* const given = ctx.get_floats(name);
  if (given == nullptr) return {};
  if (given->size() != rows) return ctx.fail(name, " has ", given->size(), " entries, not ", rows);
  const auto is_weight = [](float w) { return std::fabs(w) <= 127 && w == std::nearbyint(w); };
  if (weights.dtype() != DType::kFloat32 || !std::ranges::all_of(weights.data<float>(), is_weight))
    return ctx.fail(name, " belongs to weights that are floats of whole numbers up to 127");
  scale = *given;
  return {};
}

}  // namespace

Shape Recurrent::y_shape() const {
  const auto d = [](std::size_t extent) { return static_cast<std::int64_t>(extent); };
  return is_batch_first ? Shape{d(batch), d(steps), d(directions), d(hidden)}
                        : Shape{d(steps), d(directions), d(batch), d(hidden)};
}

Shape Recurrent::state_shape() const {
  const auto d = [](std::size_t extent) { return static_cast<std::int64_t>(extent); };
  return is_batch_first ? Shape{d(batch), d(directions), d(hidden)}
                        : Shape{d(directions), d(batch), d(hidden)};
}

Result<Recurrent> plan_recurrent(const EvalContext& ctx, const RecurrentCell& cell) {
  Recurrent plan;
  const Direction direction = TRY(read_direction(ctx));
  plan.directions = direction.count;
  plan.starts_reversed = direction.starts_reversed;
  plan.gates = cell.gates;
  plan.is_batch_first = ctx.get_int("layout", 0) != 0;
  const Shape& x = ctx.input(0).shape();
  const Shape& r = ctx.input(2).shape();
  if (x.size() != 3 || r.size() != 3) {
    return ctx.fail("X has shape ", shape_text(x), " and R ", shape_text(r),
                    ": both must have three axes");
  }
  plan.steps = static_cast<std::size_t>(x[plan.is_batch_first ? 1 : 0]);
  plan.batch = static_cast<std::size_t>(x[plan.is_batch_first ? 0 : 1]);
  plan.inputs = static_cast<std::size_t>(x[2]);
  plan.hidden = static_cast<std::size_t>(r[2]);
  const std::int64_t stated = ctx.get_int("hidden_size", r[2]);
  if (stated != r[2]) return ctx.fail("hidden_size is ", stated, ", R has ", r[2], " columns");
  const std::size_t dirs = plan.directions;
  // R itself bounds gates * hidden, or there is nothing to compute.
  if (plan.hidden > (std::size_t{1} << 40)) return ctx.fail("R has ", plan.hidden, " columns");
  TRY(check_shape(ctx, 1, "W", {dirs, plan.row(), plan.inputs}));
  TRY(check_shape(ctx, 2, "R", {dirs, plan.row(), plan.hidden}));
  TRY(check_shape(ctx, 3, "B", {dirs, 2 * plan.row()}));
  const std::vector<std::size_t> state = plan.is_batch_first
                                             ? std::vector{plan.batch, dirs, plan.hidden}
                                             : std::vector{dirs, plan.batch, plan.hidden};
  TRY(check_shape(ctx, 5, "initial_h", state));
  if (cell.has_cell) {
    TRY(check_shape(ctx, 6, "initial_c", state));
    TRY(check_shape(ctx, 7, "P", {dirs, 3 * plan.hidden}));
    plan.initial_c = TRY(widened(ctx, 6));
    plan.peepholes = TRY(widened(ctx, 7));
  }
  plan.x = TRY(widened(ctx, 0));
  plan.w = TRY(widened(ctx, 1));
  plan.r = TRY(widened(ctx, 2));
  plan.b = TRY(widened(ctx, 3));
  plan.initial_h = TRY(widened(ctx, 5));
  plan.dtype = plan.x.dtype();
  plan.activations = TRY(read_activations(ctx, cell.activations.size() * dirs, cell.activations));
  // The products of one step; a failure here is a message instead of a lack of memory later.
  TRY(ctx.make(plan.dtype,
               {static_cast<std::int64_t>(plan.batch), 2 * static_cast<std::int64_t>(plan.row())}));
  TRY(read_scale(ctx, kInputScale, dirs * plan.row(), plan.w, plan.w_scale));
  TRY(read_scale(ctx, kStateScale, dirs * plan.row(), plan.r, plan.r_scale));
  TRY(read_lengths(ctx, plan));
  return plan;
}

Status infer_recurrent(InferContext& ctx, const RecurrentCell& cell) {
  const Direction direction = TRY(read_direction(ctx));
  const Dim directions(static_cast<std::int64_t>(direction.count));
  Dim steps;
  Dim batch;
  Dim hidden;
  const bool is_batch_first = ctx.get_int("layout", 0) != 0;
  if (const Dims* x = ctx.dims(0)) {
    if (x->size() != 3) return ctx.fail("X has rank ", x->size(), ", it must be 3");
    steps = (*x)[is_batch_first ? 1 : 0];
    batch = (*x)[is_batch_first ? 0 : 1];
  }
  if (const Dims* r = ctx.dims(2)) {
    if (r->size() != 3) return ctx.fail("R has rank ", r->size(), ", it must be 3");
    hidden = (*r)[2];
  }
  if (hidden.is_unknown() && ctx.get_int("hidden_size", -1) > 0) {
    hidden = Dim(ctx.get_int("hidden_size", -1));
  }
  const DType dtype = ctx.dtype(0);
  if (ctx.has_output(0)) {
    ctx.set_output(0, dtype,
                   is_batch_first ? Dims{batch, steps, directions, hidden}
                                  : Dims{steps, directions, batch, hidden});
  }
  for (std::size_t i = 1; i <= (cell.has_cell ? 2U : 1U); ++i) {
    if (ctx.has_output(i)) {
      ctx.set_output(
          i, dtype,
          is_batch_first ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden});
    }
  }
  return {};
}

std::int64_t count_recurrent(const CostContext& ctx) {
  if (ctx.input(0).size() != 3 || ctx.input(1).size() != 3 || ctx.input(2).size() != 3) return 0;
  const std::int64_t rows = saturating_count({ctx.input(0)[0], ctx.input(0)[1]});
  const Shape& w = ctx.input(1);
  const std::int64_t depth = saturating_count({w[2] + ctx.input(2)[2]});
  return saturating_count({rows, w[0], w[1], depth});
}

}  // namespace slipway
