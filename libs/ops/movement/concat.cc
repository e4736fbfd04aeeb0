#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "ops/support/join.h"

namespace slipway {
namespace {

// Concat-1 counted the axis from 1 unless told otherwise.
std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", 1); }

// The elements of joined one-dimensional shapes; nullopt when a part's length is not known.
std::optional<Dims> join_elements(const InferContext& ctx) {
  Dims joined;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    const Dims* dims = ctx.dims(i);
    if (dims == nullptr || dims->size() != 1) return std::nullopt;
    const std::optional<Dims> elements = ctx.elements(i);
    if (elements.has_value()) {
      joined.insert(joined.end(), elements->begin(), elements->end());
    } else if ((*dims)[0].is_known() &&
               (*dims)[0].extent() <= static_cast<std::int64_t>(kMaxFollowedElements)) {
      joined.resize(joined.size() + static_cast<std::size_t>((*dims)[0].extent()));
    } else {
      return std::nullopt;
    }
    if (joined.size() > kMaxFollowedElements) return std::nullopt;
  }
  return joined;
}

Status merge_part(InferContext& ctx, const Dims& part, std::size_t number, std::size_t axis,
                  Dims& out) {
  if (part.size() != out.size()) {
    return ctx.fail("input ", number, " has ", part.size(), " dimensions, the first has ",
                    out.size(), ": joined tensors must have the same rank");
  }
  for (std::size_t d = 0; d < out.size(); ++d) {
    if (d == axis) {
      out[d] = add(out[d], part[d]);
    } else if (!may_be_equal(out[d], part[d])) {
      return ctx.fail("input ", number, " is ", to_text(ctx.input(number)), ", its dimension ", d,
                      " differs from that of the inputs before it: only axis ", axis,
                      " may differ");
    } else if (!out[d].is_known() && !part[d].is_unknown()) {
      out[d] = out[d].is_symbol() && part[d].is_symbol() ? out[d] : part[d];
    }
  }
  return {};
}

Status infer_concat(InferContext& ctx) {
  if (std::optional<Dims> elements = join_elements(ctx)) ctx.set_elements(0, *std::move(elements));
  std::optional<Dims> out;
  bool complete = true;
  std::size_t axis = 0;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    const Dims* part = ctx.dims(i);
    if (part == nullptr) {
      complete = false;
    } else if (!out.has_value()) {
      axis = TRY(normalize_axis(ctx, axis_of(ctx), part->size()));
      out = *part;
    } else {
      TRY(merge_part(ctx, *part, i, axis, *out));
    }
  }
  if (out.has_value() && !complete) (*out)[axis] = Dim();
  ctx.set_output(0, Type::tensor(ctx.dtype(0), std::move(out)));
  return {};
}

Status evaluate_concat(EvalContext& ctx) {
  std::vector<const Tensor*> parts;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) parts.push_back(&ctx.input(i));
  ctx.set_output(0, TRY(concatenate(ctx, parts, axis_of(ctx))));
  return {};
}

Status infer_concat_from_sequence(InferContext& ctx) {
  const Type& sequence = ctx.input(0);
  const Type element = sequence.element.empty() ? Type() : sequence.element[0];
  if (!element.dims.has_value()) {
    ctx.set_output(0, element.dtype);
    return {};
  }
  Dims out = *element.dims;
  const std::int64_t axis = ctx.get_int("axis", 0);
  if (ctx.get_flag("new_axis", false)) {
    const std::size_t at = TRY(normalize_axis(ctx, axis, out.size() + 1));
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(at), Dim());
  } else {
    out[TRY(normalize_axis(ctx, axis, out.size()))] = Dim();
  }
  ctx.set_output(0, element.dtype, std::move(out));
  return {};
}

Status evaluate_concat_from_sequence(EvalContext& ctx) {
  const Value& sequence = ctx.value(0);
  if (!sequence.is_sequence()) return ctx.fail("the input is not a sequence");
  std::vector<const Tensor*> parts;
  for (const Value& item : sequence.sequence().items) {
    if (!item.is_tensor()) return ctx.fail("the sequence holds something that is not a tensor");
    parts.push_back(&item.tensor());
  }
  const std::int64_t axis = ctx.get_int("axis", 0);
  const bool new_axis = ctx.get_flag("new_axis", false);
  ctx.set_output(0, TRY(new_axis ? stack(ctx, parts, axis) : concatenate(ctx, parts, axis)));
  return {};
}

}  // namespace

std::vector<Op> concat_ops() {
  return {{.name = "Concat",
           .versions = {{1, "inputs+: T -> concat_result: T | T = floats", "axis int"},
                        {4, "inputs+: T -> concat_result: T | T = any", "axis int!"}},
           .infer = infer_concat,
           .evaluate = evaluate_concat},
          {.name = "ConcatFromSequence",
           .versions = {{11, "input_sequence: S -> concat_result: T | S = any_seq, T = any",
                         "axis int!, new_axis int"}},
           .infer = infer_concat_from_sequence,
           .evaluate = evaluate_concat_from_sequence}};
}

}  // namespace slipway
