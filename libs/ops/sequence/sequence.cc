// Making, reading and changing sequences.
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/common_type.h"

namespace slipway {
namespace {

Result<const Sequence*> sequence_input(const EvalContext& ctx, std::size_t i) {
  if (!ctx.value(i).is_sequence()) {
    return ctx.fail("input ", i, " must be a sequence, it is ", describe(ctx.value(i)));
  }
  return &ctx.value(i).sequence();
}

// A position among `count` places, negative ones counted from the end.
Result<std::ptrdiff_t> read_position(const EvalContext& ctx, std::size_t i, std::size_t count) {
  const std::vector<std::int64_t> given = TRY(ctx.ints(i));
  if (given.size() != 1) return ctx.fail("the position must be one number");
  const auto places = static_cast<std::int64_t>(count);
  if (given[0] < -places || given[0] >= places) {
    return ctx.fail("position ", given[0], " is outside a sequence with ", places, " places");
  }
  return given[0] < 0 ? given[0] + places : given[0];
}

Status infer_at(InferContext& ctx) {
  ctx.set_output(0, element_of(ctx.input(0)));
  return {};
}

Status evaluate_at(EvalContext& ctx) {
  const Sequence& sequence = *TRY(sequence_input(ctx, 0));
  const std::ptrdiff_t at = TRY(read_position(ctx, 1, sequence.items.size()));
  ctx.set_output(0, Value(sequence.items[static_cast<std::size_t>(at)]));
  return {};
}

Status infer_construct(InferContext& ctx) {
  Type element = ctx.input(0);
  for (std::size_t i = 1; i < ctx.input_count(); ++i) {
    Result<Type> common = common_type(element, ctx.input(i));
    if (!common.ok()) return ctx.fail("items of different types: ", common.error().message);
    element = *std::move(common);
  }
  ctx.set_output(0, Type::sequence(std::move(element)));
  return {};
}

Status evaluate_construct(EvalContext& ctx) {
  ctx.set_output(0, Sequence{std::move(ctx.values())});
  return {};
}

Result<DType> item_dtype(const NodeView& view) {
  const std::int64_t number = view.get_int("dtype", static_cast<std::int64_t>(DType::kFloat32));
  const std::optional<DType> dtype = dtype_from_number(number);
  if (!dtype.has_value()) return view.fail("dtype ", number, " is not an element type");
  return *dtype;
}

Status infer_empty(InferContext& ctx) {
  ctx.set_output(0, Type::sequence(Type::tensor(TRY(item_dtype(ctx)))));
  return {};
}

Status evaluate_empty(EvalContext& ctx) {
  TRY(item_dtype(ctx));
  ctx.set_output(0, Sequence{});
  return {};
}

Status infer_erase(InferContext& ctx) {
  ctx.copy_type(0, 0);
  return {};
}

Status evaluate_erase(EvalContext& ctx) {
  Sequence sequence = *TRY(sequence_input(ctx, 0));
  if (sequence.items.empty()) return ctx.fail("nothing can be erased from an empty sequence");
  const auto last = static_cast<std::ptrdiff_t>(sequence.items.size()) - 1;
  const std::ptrdiff_t at =
      ctx.has_input(1) ? TRY(read_position(ctx, 1, sequence.items.size())) : last;
  sequence.items.erase(sequence.items.begin() + at);
  ctx.set_output(0, std::move(sequence));
  return {};
}

Status infer_insert(InferContext& ctx) {
  Result<Type> element = common_type(element_of(ctx.input(0)), ctx.input(1));
  if (!element.ok()) {
    return ctx.fail("the item does not suit the sequence: ", element.error().message);
  }
  ctx.set_output(0, Type::sequence(*std::move(element)));
  return {};
}

Status evaluate_insert(EvalContext& ctx) {
  Sequence sequence = *TRY(sequence_input(ctx, 0));
  if (!sequence.items.empty() && sequence.items[0].is_tensor() && ctx.value(1).is_tensor() &&
      sequence.items[0].tensor().dtype() != ctx.input(1).dtype()) {
    return ctx.fail("cannot insert ", describe(ctx.value(1)), " into a sequence of ",
                    describe(sequence.items[0]));
  }
  // Behind the last item is a place, too; -1 is before the last.
  auto at = static_cast<std::ptrdiff_t>(sequence.items.size());
  if (ctx.has_input(2)) {
    const std::vector<std::int64_t> given = TRY(ctx.ints(2));
    const auto count = static_cast<std::int64_t>(at);
    if (given.size() != 1 || given[0] < -count || given[0] > count) {
      return ctx.fail("the position is outside a sequence of ", count, " items");
    }
    at = given[0] < 0 ? given[0] + count : given[0];
  }
  sequence.items.insert(sequence.items.begin() + at, ctx.value(1));
  ctx.set_output(0, std::move(sequence));
  return {};
}

Status infer_length(InferContext& ctx) {
  ctx.set_output(0, DType::kInt64, Dims{});
  return {};
}

Status evaluate_length(EvalContext& ctx) {
  const Sequence& sequence = *TRY(sequence_input(ctx, 0));
  ctx.set_output(0, Tensor::scalar(static_cast<std::int64_t>(sequence.items.size())));
  return {};
}

}  // namespace

std::vector<Op> sequence_ops() {
  return {{.name = "SequenceAt",
           .versions = {{11,
                         "input_sequence: S, position: I -> tensor: T | S = any_seq, T = any, "
                         "I = int32 int64"}},
           .infer = infer_at,
           .evaluate = evaluate_at},
          {.name = "SequenceConstruct",
           .versions = {{11, "inputs+: T -> output_sequence: S | T = any, S = any_seq"}},
           .infer = infer_construct,
           .evaluate = evaluate_construct},
          {.name = "SequenceEmpty",
           .versions = {{11, " -> output: S | S = any_seq", "dtype int"}},
           .infer = infer_empty,
           .evaluate = evaluate_empty},
          {.name = "SequenceErase",
           .versions = {{11,
                         "input_sequence: S, position?: I -> output_sequence: S | S = any_seq, "
                         "I = int32 int64"}},
           .infer = infer_erase,
           .evaluate = evaluate_erase},
          {.name = "SequenceInsert",
           .versions = {{11,
                         "input_sequence: S, tensor: T, position?: I -> output_sequence: S | "
                         "T = any, S = any_seq, I = int32 int64"}},
           .infer = infer_insert,
           .evaluate = evaluate_insert},
          {.name = "SequenceLength",
           .versions = {{11, "input_sequence: S -> length: I | S = any_seq, I = int64"}},
           .infer = infer_length,
           .evaluate = evaluate_length}};
}

}  // namespace slipway
