#include <algorithm>

#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/index.h"

namespace slipway {
namespace {

Status check_shapes(const EvalContext& ctx, const Tensor& cache, const Tensor& update,
                    std::size_t axis) {
  bool fits = update.dtype() == cache.dtype() && update.rank() == cache.rank() && axis > 0;
  for (std::size_t d = 0; fits && d < cache.rank(); ++d) {
    fits = d == axis ? update.dim(d) <= cache.dim(d) : update.dim(d) == cache.dim(d);
  }
  if (!fits) {
    return ctx.fail("the update ", describe(ctx.value(1)), " does not fit the cache ",
                    describe(ctx.value(0)), " along axis ", axis, ", which may not be the first");
  }
  return {};
}

// Where each sample of the batch is written; zero when not given.
Result<std::vector<std::int64_t>> write_positions(const EvalContext& ctx, std::int64_t batches,
                                                  std::int64_t extent, std::int64_t steps,
                                                  bool circular) {
  std::vector<std::int64_t> starts(static_cast<std::size_t>(batches), 0);
  if (ctx.has_input(2)) starts = TRY(ctx.ints(2));
  if (static_cast<std::int64_t>(starts.size()) != batches) {
    return ctx.fail(starts.size(), " write indices for a batch of ", batches);
  }
  for (const std::int64_t start : starts) {
    if (start < 0 || (!circular && start > extent - steps)) {
      return ctx.fail("writing ", steps, " steps at ", start, " leaves a cache of ", extent,
                      " steps: use mode \"circular\" or a larger cache");
    }
  }
  return starts;
}

Status evaluate_tensor_scatter(EvalContext& ctx) {
  const Tensor& cache = ctx.input(0);
  const Tensor& update = ctx.input(1);
  const std::string mode = ctx.get_string("mode", "linear");
  if (mode != "linear" && mode != "circular") {
    return ctx.fail("mode \"", mode, "\" is neither linear nor circular");
  }
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -2), cache.rank()));
  TRY(check_shapes(ctx, cache, update, axis));
  Tensor out = cache;
  if (update.size() != 0) {
    const std::int64_t extent = cache.dim(axis);
    const std::int64_t steps = update.dim(axis);
    const std::vector<std::int64_t> starts =
        TRY(write_positions(ctx, cache.dim(0), extent, steps, mode == "circular"));
    const std::int64_t outer = extent_of(cache.shape(), 0, axis);
    const std::int64_t block = extent_of(cache.shape(), axis + 1, cache.rank());
    const std::int64_t a_sample = outer / cache.dim(0);
    visit_width(cache.dtype(), [&]<typename T>() {
      const T* from = update.data<T>().data();
      T* to = out.mutable_data<T>().data();
      for (std::int64_t o = 0; o < outer; ++o) {
        const std::int64_t start = starts[static_cast<std::size_t>(o / a_sample)] % extent;
        for (std::int64_t step = 0; step < steps; ++step, from += block) {
          std::copy_n(from, block, to + (o * extent + (start + step) % extent) * block);
        }
      }
    });
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> tensor_scatter_ops() {
  return {{.name = "TensorScatter",
           .versions = {{24,
                         "past_cache: T, update: T, write_indices?: int64 -> present_cache: T | "
                         "T = any",
                         "axis int, mode string"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_tensor_scatter}};
}

}  // namespace slipway
