#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/index.h"

namespace slipway {
namespace {

Status evaluate_reverse_sequence(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::int64_t batch_axis = ctx.get_int("batch_axis", 1);
  const std::int64_t time_axis = ctx.get_int("time_axis", 0);
  const bool axes = (batch_axis == 0 && time_axis == 1) || (batch_axis == 1 && time_axis == 0);
  if (data.rank() < 2 || !axes) {
    return ctx.fail("one of batch_axis and time_axis must be 0, the other 1, and the input ",
                    shape_text(data.shape()), " must have both");
  }
  const std::vector<std::int64_t> lengths = TRY(ctx.ints(1));
  const bool time_first = time_axis == 0;
  const std::int64_t batches = data.dim(time_first ? 1 : 0);
  const std::int64_t steps = data.dim(time_first ? 0 : 1);
  if (static_cast<std::int64_t>(lengths.size()) != batches) {
    return ctx.fail(lengths.size(), " sequence lengths for a batch of ", batches);
  }
  for (const std::int64_t length : lengths) {
    if (length < 0 || length > steps) {
      return ctx.fail("sequence length ", length, " is outside the ", steps, " time steps");
    }
  }
  Tensor out = TRY(ctx.make(data.dtype(), data.shape()));
  if (out.size() != 0) {
    std::vector<std::int64_t> sources(static_cast<std::size_t>(batches * steps));
    for (std::int64_t b = 0; b < batches; ++b) {
      const std::int64_t length = lengths[static_cast<std::size_t>(b)];
      for (std::int64_t t = 0; t < steps; ++t) {
        const std::int64_t from = t < length ? length - 1 - t : t;
        const auto position = [&](std::int64_t time) {
          return time_first ? time * batches + b : b * steps + time;
        };
        sources[static_cast<std::size_t>(position(t))] = position(from);
      }
    }
    copy_blocks(data, sources, static_cast<std::size_t>(extent_of(data.shape(), 2, data.rank())),
                out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> reverse_sequence_ops() {
  return {{.name = "ReverseSequence",
           .versions = {{10, "input: T, sequence_lens: int64 -> Y: T | T = any",
                         "batch_axis int, time_axis int"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_reverse_sequence}};
}

}  // namespace slipway
