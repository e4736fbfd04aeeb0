#include "kernels/move/copy.h"
#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct View {
  CopyPlan plan;
  std::uint32_t from;
  std::uint32_t to;
  std::size_t from_start;  // bytes
};

RunCode run(const void* context, const Call& call) {
  const View& view = *static_cast<const View*>(context);
  run_copy(view.plan, call.pointers[view.from] + view.from_start, call.pointers[view.to],
           call.begin, call.end);
  return RunCode::kOk;
}

// Whether elements start, start + step, ... of an axis all lie in it.
bool is_inside(const plan::ViewAxis& axis, std::int64_t count, std::int64_t extent) {
  std::int64_t last = 0;
  return axis.start >= 0 && axis.start < extent &&
         !__builtin_mul_overflow(count - 1, axis.step, &last) &&
         !__builtin_add_overflow(last, axis.start, &last) && last >= 0 && last < extent;
}

// Extents and strides of a copy, neighbours merged as they come.
class ShapeBuilder {
 public:
  bool add(std::int64_t extent, std::ptrdiff_t from_stride, std::ptrdiff_t to_stride) {
    if (extent == 1) return true;
    const std::size_t last = shape.rank - 1;
    if (shape.rank != 0 && shape.from_stride[last] == from_stride * extent &&
        shape.to_stride[last] == to_stride * extent) {
      shape.extent[last] *= static_cast<std::size_t>(extent);
      shape.from_stride[last] = from_stride;
      shape.to_stride[last] = to_stride;
      return true;
    }
    if (shape.rank == kMoveDims) return false;
    shape.extent[shape.rank] = static_cast<std::size_t>(extent);
    shape.from_stride[shape.rank] = from_stride;
    shape.to_stride[shape.rank++] = to_stride;
    return true;
  }

  CopyShape shape;
};

void row_major(const Operand& operand, std::ptrdiff_t* strides) {
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = operand.rank(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= operand.dim(axis);
  }
}

// Every element that the copy reads lies in the input: each output axis stays within an input axis
// of its own.
Status plan_view(const Binder& binder, View& view) {
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  std::ptrdiff_t from_strides[plan::kMaxRank];
  std::ptrdiff_t to_strides[plan::kMaxRank];
  row_major(from, from_strides);
  row_major(to, to_strides);
  std::uint32_t used = 0;
  std::size_t start = 0;
  ShapeBuilder builder;
  for (std::size_t i = 0; i < to.rank(); ++i) {
    plan::ViewAxis axis;
    std::memcpy(&axis, binder.params_bytes.data() + i * sizeof(axis), sizeof(axis));
    std::ptrdiff_t stride = 0;
    if (axis.axis != plan::kRepeated) {
      const auto at = static_cast<std::size_t>(axis.axis);
      if (axis.axis < 0 || at >= from.rank() || (used >> at & 1) != 0 ||
          !is_inside(axis, to.dim(i), from.dim(at))) {
        return binder.error("it reads elements that its input does not have");
      }
      used |= std::uint32_t{1} << at;
      start += static_cast<std::size_t>(axis.start) * static_cast<std::size_t>(from_strides[at]);
      stride = to.dim(i) == 1 ? 0 : from_strides[at] * axis.step;
    }
    if (!builder.add(to.dim(i), stride, to_strides[i])) {
      return binder.error("it walks over too many axes");
    }
  }
  view.from_start = start * element_bytes(from.dtype);
  if (!plan_copy(builder.shape, element_bytes(from.dtype), view.plan)) {
    return binder.error("its elements cannot be moved");
  }
  return {};
}

}  // namespace

// A strided copy: transposes, slices, repetitions.
Status bind_view(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.dtype != to.dtype) return binder.error("it copies between tensors of different types");
  if (binder.params_bytes.size() != to.rank() * sizeof(plan::ViewAxis)) {
    return binder.error("its parameters have the wrong size");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if (from.elements == 0) return binder.error("it reads elements that its input does not have");
  auto* const view = binder.make<View>();
  TRY(plan_view(binder, *view));
  view->from = from.slot;
  view->to = to.slot;
  binder.work = to.bytes * kWorkOfByte;
  binder.use(run, view, view->plan.units);
  return {};
}

}  // namespace slipway::runtime
