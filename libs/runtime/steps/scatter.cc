#include "kernels/move/scatter.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

// Inputs are the data, the indices and the updates.
struct Slots {
  std::uint32_t from, indices, updates, to;
  std::size_t bytes;  // of the data
};

Slots slots_of(const Binder& binder) {
  return {binder.inputs[0]->slot, binder.inputs[1]->slot, binder.inputs[2]->slot,
          binder.outputs[0]->slot, binder.outputs[0]->bytes};
}

void copy_data(const Slots& slots, const Call& call) {
  std::memcpy(call.pointers[slots.to], call.pointers[slots.from], slots.bytes);
}

struct Elements {
  ScatterElements shape;
  Slots slots;
  bool is_wide;
  bool is_nothing;
};

RunCode run_elements(const void* context, const Call& call) {
  const Elements& step = *static_cast<const Elements*>(context);
  copy_data(step.slots, call);
  if (step.is_nothing) return RunCode::kOk;
  const std::size_t bad =
      scatter_elements(step.shape, {call.pointers[step.slots.indices], step.is_wide},
                       call.pointers[step.slots.updates], call.pointers[step.slots.to]);
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

struct Blocks {
  ScatterBlocks shape;
  Slots slots;
};

RunCode run_blocks(const void* context, const Call& call) {
  const Blocks& step = *static_cast<const Blocks*>(context);
  copy_data(step.slots, call);
  const std::size_t bad =
      scatter_blocks(step.shape, call.at<const std::int64_t>(step.slots.indices),
                     call.pointers[step.slots.updates], call.pointers[step.slots.to]);
  return bad == kAllGood ? RunCode::kOk : RunCode::kBadIndex;
}

Status check_types(const Binder& binder) {
  const DType dtype = binder.inputs[0]->dtype;
  if (binder.inputs[2]->dtype != dtype || binder.outputs[0]->dtype != dtype) {
    return binder.error("it copies between tensors of different types");
  }
  if (!has_same_dims(*binder.inputs[0], *binder.outputs[0])) {
    return binder.error("the sizes of its operands do not fit together");
  }
  return {};
}

}  // namespace

Status bind_scatter_elements(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  TRY(check_types(binder));
  const auto params = TRY(binder.params<plan::ScatterElementsParams>());
  const Operand& indices = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  if (params.axis >= to.rank()) return binder.error("it names an axis that does not exist");
  if (indices.dtype != DType::kInt64 && indices.dtype != DType::kInt32) {
    return binder.error("its indices are neither int32 nor int64");
  }
  if (indices.rank() != to.rank() || to.rank() > kMoveDims ||
      !has_same_dims(indices, *binder.inputs[2])) {
    return binder.error("the sizes of its operands do not fit together");
  }
  if (to.elements == 0) {
    if (indices.elements != 0) return binder.error("it writes elements that it does not have");
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<Elements>();
  step->shape = {to.rank(), params.axis, element_bytes(to.dtype), {}, {}, 0};
  step->shape.to_extent = static_cast<std::size_t>(to.dim(params.axis));
  for (std::size_t d = 0; d < to.rank(); ++d) {
    if (d != params.axis && indices.elements != 0 && indices.dim(d) > to.dim(d)) {
      return binder.error("it writes elements that it does not have");
    }
    step->shape.extent[d] = static_cast<std::size_t>(indices.dim(d));
    step->shape.to_stride[d] = extent_between(to, d + 1, to.rank());
  }
  step->slots = slots_of(binder);
  step->is_wide = indices.dtype == DType::kInt64;
  step->is_nothing = indices.elements == 0;
  binder.work = to.bytes + indices.elements * 8;
  binder.use(run_elements, step);
  return {};
}

Status bind_scatter_blocks(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  TRY(check_types(binder));
  const Operand& indices = *binder.inputs[1];
  const Operand& updates = *binder.inputs[2];
  const Operand& to = *binder.outputs[0];
  if (indices.dtype != DType::kInt64) return binder.error("its indices are not int64");
  if (indices.rank() == 0 || indices.dims.back() < 1 || indices.dims.back() > std::ssize(to.dims)) {
    return binder.error("its indices name axes that do not exist");
  }
  const auto depth = static_cast<std::size_t>(indices.dims.back());
  if (depth > kMoveDims) return binder.error("its indices name too many axes");
  if (to.elements == 0) {
    if (updates.elements != 0) return binder.error("it writes elements that it does not have");
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<Blocks>();
  const std::size_t block = extent_between(to, depth, to.rank());
  step->shape.depth = depth;
  step->shape.rows = indices.elements / depth;
  step->shape.block_bytes = block * element_bytes(to.dtype);
  for (std::size_t d = 0; d < depth; ++d)
    step->shape.extent[d] = static_cast<std::size_t>(to.dim(d));
  if (updates.elements % block != 0 || updates.elements / block != step->shape.rows) {
    return binder.error("the sizes of its operands do not fit together");
  }
  step->slots = slots_of(binder);
  binder.work = to.bytes + updates.bytes;
  binder.use(run_blocks, step);
  return {};
}

}  // namespace slipway::runtime
