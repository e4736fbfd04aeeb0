#include "kernels/pool/byte_pool.h"

#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

using plan::BytePoolKind;

struct BytePooled {
  BytePoolKernels kernels;
  PoolShape shape;
  ByteAverage average;
  std::size_t positions;
  std::uint32_t x, y;
};

RunCode run_max(const void* context, const Call& call) {
  const BytePooled& pool = *static_cast<const BytePooled*>(context);
  pool.kernels.max(pool.shape, call.at<const std::uint8_t>(pool.x), call.at<std::uint8_t>(pool.y),
                   call.begin, call.end);
  return RunCode::kOk;
}

RunCode run_average(const void* context, const Call& call) {
  const BytePooled& pool = *static_cast<const BytePooled*>(context);
  pool.kernels.global_average(pool.average, call.at<const std::uint8_t>(pool.x),
                              call.at<std::uint8_t>(pool.y), pool.positions, call.begin, call.end);
  return RunCode::kOk;
}

}  // namespace

Status bind_byte_pool(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const auto params = TRY(binder.params<plan::BytePoolParams>());
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  auto* const pool = binder.make<BytePooled>();
  PoolShape& shape = pool->shape;
  TRY(read_windows(binder, params.axes, {&shape.depth, &shape.height, &shape.width}));
  if (params.kind >= static_cast<std::uint32_t>(BytePoolKind::kCount) || !is_blocked_bytes(x) ||
      !is_blocked_bytes(y) || x.dim(0) != y.dim(0) || x.dim(1) != y.dim(1)) {
    return binder.error("its input and output do not fit together");
  }
  pool->kernels = byte_pool_kernels(binder.isa);
  pool->x = x.slot;
  pool->y = y.slot;
  shape.blocks = static_cast<std::size_t>(x.dim(0)) * blocks_of(static_cast<std::size_t>(x.dim(1)));
  pool->positions = shape.in_positions();
  binder.work = x.elements;
  if (static_cast<BytePoolKind>(params.kind) == BytePoolKind::kMax) {
    if (x.dtype != y.dtype) return binder.error("a maximum keeps the type");
    binder.use(run_max, pool, shape.blocks * shape.lines());
    return {};
  }
  if (shape.lines() * shape.width.output != 1 || !is_valid(params.x) || !is_valid(params.y))
    return binder.error("a global average gives one position, by scales that are in range");
  pool->average = {params.x.zero, params.x.scale, params.y.zero, params.y.scale};
  binder.use(run_average, pool, shape.blocks);
  return {};
}

}  // namespace slipway::runtime
