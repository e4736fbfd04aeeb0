// The operator Attention.
#include <limits>
#include <optional>

#include "base/str.h"
#include "compile/lower/attention.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/view.h"
#include "kernels/attention/attention.h"
#include "kernels/numeric/float_math.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

struct Extents {
  std::int64_t batch = 0, heads = 0, rows = 0, width = 0;
};

// [B, H, S, D] or [B, S, H * D].
std::optional<Extents> extents_of(const Shape& shape, std::int64_t heads) {
  if (shape.size() == 4) return Extents{shape[0], shape[1], shape[2], shape[3]};
  if (shape.size() != 3 || heads < 1 || shape[2] % heads != 0) return std::nullopt;
  return Extents{shape[0], heads, shape[1], shape[2] / heads};
}

struct Operator {
  Extents q, k, v;
  std::int64_t past = 0;
};

bool is_used(const Lowering& lowering, const Node& node, std::size_t output) {
  return output < node.outputs.size() && node.outputs[output] != kNoValue &&
         lowering.uses(node.outputs[output]) != 0;
}

// None where there is no kernel for it: other types than float, softmax in double, windows, padded
// keys, scores that somebody asks for.
std::optional<Operator> operator_of(const Lowering& lowering, const Node& n) {
  const NodeView view(n, "");
  for (const std::size_t input : {0, 1, 2, 4, 5}) {
    if (has_input(n, input) && !lowering.is_float(n.inputs[input])) return std::nullopt;
  }
  if (has_input(n, 6) || has_input(n, 4) != has_input(n, 5) || is_used(lowering, n, 3) ||
      view.get_int("softmax_precision", 1) == 11 || view.get_int("left_window_size", -1) != -1 ||
      view.get_int("right_window_size", -1) != -1) {
    return std::nullopt;
  }
  const Shape& q = lowering.shape(n.inputs[0]);
  const Shape& k = lowering.shape(n.inputs[1]);
  const Shape& v = lowering.shape(n.inputs[2]);
  if (k.size() != q.size() || v.size() != q.size()) return std::nullopt;
  const std::int64_t key_heads = view.get_int("kv_num_heads", 0);
  const auto queries = extents_of(q, view.get_int("q_num_heads", 0));
  const auto keys = extents_of(k, key_heads);
  const auto values = extents_of(v, key_heads);
  if (!queries || !keys || !values) return std::nullopt;
  Operator op{*queries, *keys, *values};
  if (has_input(n, 4)) {
    const Shape& past = lowering.shape(n.inputs[4]);
    const Shape& past_values = lowering.shape(n.inputs[5]);
    if (past.size() != 4 || past_values.size() != 4 || past[2] != past_values[2])
      return std::nullopt;
    op.past = past[2];
  }
  for (const Extents& e : {op.q, op.k, op.v}) {
    if (e.batch < 1 || e.heads < 1 || e.rows < 1 || e.width < 1) return std::nullopt;
  }
  const bool fits = op.k.batch == op.q.batch && op.v.batch == op.q.batch &&
                    op.k.heads == op.v.heads && op.q.heads % op.k.heads == 0 &&
                    op.k.rows == op.v.rows && op.k.width == op.q.width;
  return fits ? std::optional(op) : std::nullopt;
}

constexpr plan::AttentionAxes kHeadsFirst = {0, 1, 2, 3, plan::kNoAxis, {}, 0};
constexpr plan::AttentionAxes kRowsFirst = {0, 2, 1, 3, plan::kNoAxis, {}, 0};

Result<Heads> split_heads(Lowering& lowering, ValueId id, const Extents& e, Matrix matrix) {
  if (lowering.shape(id).size() == 4) return heads_of(lowering, id, matrix, false);
  const TensorIndex rows =
      lowering.view(TRY(lowering.read(id)), {e.batch, e.rows, e.heads, e.width});
  return Heads{rows, kRowsFirst, 1};
}

// Rows that came before, then those of the input, as [B, H, S, D]: what the operator gives as the
// rows of the next run.
Result<Heads> join_past(Lowering& lowering, std::size_t node, std::size_t input, const Extents& e,
                        std::int64_t past) {
  const Node& n = lowering.graph.nodes[node];
  const std::size_t output = input;  // of the same number
  const bool is_present = is_used(lowering, n, output);
  const ValueId id = n.inputs[input];
  const bool has_past = has_input(n, input + 3);
  if (!has_past && !is_present) return split_heads(lowering, id, e, Matrix::kRows);
  TensorIndex rows = TRY(lowering.read(id));
  const TensorIndex joined =
      is_present ? lowering.write(n.outputs[output])
                 : lowering.add_temporary(str(n.name, " rows"), DType::kFloat32,
                                          {e.batch, e.heads, past + e.rows, e.width});
  TensorIndex current = joined;
  if (lowering.shape(id).size() == 3) {
    rows = lowering.view(rows, {e.batch, e.rows, e.heads, e.width});
    if (has_past) {
      current = lowering.add_temporary(str(n.name, " heads"), DType::kFloat32,
                                       {e.batch, e.heads, e.rows, e.width});
    }
    add_view(lowering, node, rows, current,
             {whole_axis(0), whole_axis(2), whole_axis(1), whole_axis(3)});
    rows = current;
  } else if (!has_past) {
    lowering.add_step(node, plan::KernelId::kCopy, {rows}, {joined});
  }
  if (has_past) {
    const TensorIndex before = TRY(lowering.read(n.inputs[input + 3]));
    lowering.add_step(node, plan::KernelId::kConcat, {before, rows}, {joined})
        .set_params(plan::ConcatParams{2});
  }
  return Heads{joined, kHeadsFirst, 1};
}

bool repeats_to_scores(const Shape& mask, const Operator& op) {
  const Shape scores = {op.q.batch, op.q.heads, op.q.rows, op.past + op.k.rows};
  if (mask.size() > 4) return false;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[mask.size() - 1 - i] != 1 && mask[mask.size() - 1 - i] != scores[3 - i]) return false;
  }
  return true;
}

// As what is added: of bools 0 where they are true, else -infinity.
Result<TensorIndex> added_mask(Lowering& lowering, std::size_t node, ValueId mask) {
  const TensorIndex given = TRY(lowering.read(mask));
  if (mask == kNoValue || lowering.is_float(mask)) return given;
  const TensorIndex open = lowering.add_constant("open", Tensor::scalar(0.0F));
  const TensorIndex closed =
      lowering.add_constant("closed", Tensor::scalar(-std::numeric_limits<float>::infinity()));
  const TensorIndex added = lowering.add_temporary("mask", DType::kFloat32, lowering.shape(mask));
  lowering.add_step(node, plan::KernelId::kWhere, {given, open, closed}, {added});
  return added;
}

plan::AttentionParams params_of(const Node& n, const Operator& op) {
  const NodeView view(n, "");
  plan::AttentionParams params{};
  params.score_chains = params.value_chains = 1;
  params.scaling = static_cast<std::uint32_t>(AttentionScale::kMultiply);
  params.scale = view.get_float("scale", 0.0F);
  if (params.scale == 0.0F) params.scale = 1.0F / numeric::sqrt(static_cast<float>(op.q.width));
  params.softcap = view.get_float("softcap", 0.0F);
  params.flags = plan::kClosesRows | (view.get_flag("is_causal", false) ? plan::kIsCausal : 0U);
  params.causal_offset = op.past;
  return params;
}

AttentionSpec workspace_spec(const Operator& op) {
  AttentionSpec spec;
  spec.batch = static_cast<std::size_t>(op.q.batch);
  spec.heads = static_cast<std::size_t>(op.k.heads);
  spec.keys = static_cast<std::size_t>(op.past + op.k.rows);
  spec.width = static_cast<std::size_t>(op.k.width);
  spec.value_width = static_cast<std::size_t>(op.v.width);
  return spec;
}

}  // namespace

Result<Lowered> lower_attention_op(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const auto op = operator_of(lowering, n);
  if (!op) return Lowered::kDeclined;
  const ValueId mask = has_input(n, 3) ? n.inputs[3] : kNoValue;
  if (mask != kNoValue && (!repeats_to_scores(lowering.shape(mask), *op) ||
                           !(lowering.is_float(mask) || lowering.dtype(mask) == DType::kBool))) {
    return Lowered::kDeclined;
  }
  const Heads q = TRY(split_heads(lowering, n.inputs[0], op->q, Matrix::kQueries));
  const Heads k = TRY(join_past(lowering, node, 1, op->k, op->past));
  const Heads v = TRY(join_past(lowering, node, 2, op->v, op->past));
  const TensorIndex bias = TRY(added_mask(lowering, node, mask));
  plan::AttentionParams params = params_of(n, *op);
  params.q = q.axes;
  params.k = k.axes;
  params.v = v.axes;
  const auto floats = static_cast<std::int64_t>(attention_packed_floats(workspace_spec(*op)));
  const TensorIndex workspace = lowering.add_temporary("workspace", DType::kFloat32, {floats});
  TensorIndex y = lowering.write(n.outputs[0]);
  params.y = kHeadsFirst;
  if (lowering.shape(n.outputs[0]).size() == 3) {
    params.y = kRowsFirst;
    y = lowering.view(y, {op->q.batch, op->q.rows, op->q.heads, op->v.width});
  }
  ProgramStep& pack =
      lowering.add_step(node, plan::KernelId::kAttentionPack, {k.tensor, v.tensor}, {workspace});
  pack.set_params(params);
  pack.multiply_adds = 0;
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kAttention,
                                        {q.tensor, k.tensor, v.tensor, workspace, bias}, {y});
  step.set_params(params);
  step.note = (params.flags & plan::kIsCausal) != 0 ? "causal" : "";
  return Lowered::kYes;
}

}  // namespace slipway::compile
