#include "kernels/move/gather.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct Gather {
  std::uint32_t from, indices, to;
  bool is_wide;
  std::size_t extent, count, block_bytes;
};

RunCode run_gather(const void* context, const Call& call) {
  const Gather& step = *static_cast<const Gather*>(context);
  const Indices indices = {call.pointers[step.indices], step.is_wide};
  const std::size_t bad = gather(call.pointers[step.from], indices, call.pointers[step.to],
                                 step.extent, step.count, step.block_bytes, call.begin, call.end);
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

struct Elements {
  GatherElements shape;
  std::uint32_t from, indices, to;
  bool is_wide;
  std::size_t count;
};

constexpr std::size_t kUnit = 1024;  // elements

RunCode run_elements(const void* context, const Call& call) {
  const Elements& step = *static_cast<const Elements*>(context);
  const Indices indices = {call.pointers[step.indices], step.is_wide};
  const std::size_t bad =
      gather_elements(step.shape, call.pointers[step.from], indices, call.pointers[step.to],
                      call.begin * kUnit, std::min(call.end * kUnit, step.count));
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

Result<std::size_t> read_axis(const Binder& binder) {
  const auto params = TRY(binder.params<plan::GatherParams>());
  if (params.axis >= binder.inputs[0]->rank()) {
    return binder.error("it names an axis that does not exist");
  }
  const DType dtype = binder.inputs[1]->dtype;
  if (dtype != DType::kInt64 && dtype != DType::kInt32) {
    return binder.error("its indices are neither int32 nor int64");
  }
  if (binder.inputs[0]->dtype != binder.outputs[0]->dtype) {
    return binder.error("it copies between tensors of different types");
  }
  return std::size_t{params.axis};
}

}  // namespace

Status bind_gather(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  const std::size_t axis = TRY(read_axis(binder));
  const Operand& from = *binder.inputs[0];
  const Operand& indices = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if (from.elements == 0) return binder.error("it reads elements that its input does not have");
  const Extents extents = extents_around(from, axis, axis + 1);
  const std::uint64_t rows = extents.outer * extents.inner;
  if (to.elements / rows != indices.elements || to.elements % rows != 0) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Gather>();
  *step = {from.slot,
           indices.slot,
           to.slot,
           indices.dtype == DType::kInt64,
           extents.length,
           indices.elements,
           extents.inner * element_bytes(from.dtype)};
  binder.work = to.bytes * kWorkOfByte;
  binder.use(run_gather, step, extents.outer);
  return {};
}

Status bind_gather_elements(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  const std::size_t axis = TRY(read_axis(binder));
  const Operand& from = *binder.inputs[0];
  const Operand& indices = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if (from.elements == 0 || to.rank() != from.rank() || to.rank() > kMoveDims ||
      !has_same_dims(indices, to)) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Elements>();
  step->shape = {to.rank(), axis, element_bytes(from.dtype), {}, {}, 0};
  step->shape.from_extent = static_cast<std::size_t>(from.dim(axis));
  for (std::size_t d = 0; d < to.rank(); ++d) {
    if (d != axis && to.dim(d) > from.dim(d)) {
      return binder.error("it reads elements that its input does not have");
    }
    step->shape.extent[d] = static_cast<std::size_t>(to.dim(d));
    step->shape.from_stride[d] =
        static_cast<std::ptrdiff_t>(extent_between(from, d + 1, from.rank()));
  }
  step->from = from.slot;
  step->indices = indices.slot;
  step->to = to.slot;
  step->is_wide = indices.dtype == DType::kInt64;
  step->count = to.elements;
  binder.work = to.elements * 16;
  binder.use(run_elements, step, (step->count + kUnit - 1) / kUnit);
  return {};
}

}  // namespace slipway::runtime
