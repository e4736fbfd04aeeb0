#include "kernels/pool/pool.h"

#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

using plan::Layout;
using plan::PoolKind;

struct Pooled {
  PoolKernel kernel;
  GlobalPoolKernel global;
  PoolShape shape;
  std::size_t positions;
  std::uint32_t x, y;
};

RunCode run(const void* context, const Call& call) {
  const Pooled& pool = *static_cast<const Pooled*>(context);
  pool.kernel(pool.shape, call.at<const float>(pool.x), call.at<float>(pool.y), call.begin,
              call.end);
  return RunCode::kOk;
}

RunCode run_global(const void* context, const Call& call) {
  const Pooled& pool = *static_cast<const Pooled*>(context);
  pool.global(call.at<const float>(pool.x), call.at<float>(pool.y), pool.positions, call.begin,
              call.end);
  return RunCode::kOk;
}

}  // namespace

Status bind_pool(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const auto params = TRY(binder.params<plan::PoolParams>());
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  auto* const pool = binder.make<Pooled>();
  TRY(read_axes(binder, params.axes,
                {&pool->shape.depth, &pool->shape.height, &pool->shape.width}));
  if (params.kind >= static_cast<std::uint32_t>(PoolKind::kCount) ||
      x.layout != Layout::kBlocked16 || y.layout != Layout::kBlocked16 || x.dim(0) != y.dim(0) ||
      x.dim(1) != y.dim(1)) {
    return binder.error("its input and output do not fit together");
  }
  pool->x = x.slot;
  pool->y = y.slot;
  pool->shape.blocks =
      static_cast<std::size_t>(x.dim(0)) * blocks_of(static_cast<std::size_t>(x.dim(1)));
  pool->positions = pool->shape.in_positions();
  const PoolKernels& kernels = pool_kernels(binder.isa);
  const auto kind = static_cast<PoolKind>(params.kind);
  if (kind == PoolKind::kGlobalMax || kind == PoolKind::kGlobalAverage) {
    if (pool->shape.lines() * pool->shape.width.output != 1)
      return binder.error("a global pool gives one position");
    pool->global = kind == PoolKind::kGlobalMax ? kernels.global_max : kernels.global_average;
    binder.work = x.elements * 4;
    binder.use(run_global, pool, pool->shape.blocks);
    return {};
  }
  pool->kernel = kind == PoolKind::kMax ? kernels.max : kernels.average;
  pool->shape.counts_padding = params.counts_padding != 0;
  std::ptrdiff_t* const ends[3] = {&pool->shape.depth_pad_end, &pool->shape.height_pad_end,
                                   &pool->shape.width_pad_end};
  const std::size_t spatial = x.rank() - 2;
  for (std::size_t i = 0; i < spatial; ++i) *ends[3 - spatial + i] = params.pad_end[i];
  binder.work = y.elements * 2 * pool->shape.depth.kernel * pool->shape.height.kernel *
                pool->shape.width.kernel;
  binder.use(run, pool, pool->shape.blocks * pool->shape.lines());
  return {};
}

}  // namespace slipway::runtime
