#include "kernels/rows/topk.h"

#include <optional>

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kColumns = 8;  // of a unit of work

struct TopK {
  TopSpec spec;
  ColumnUnits units;
  std::size_t element_bytes;
  bool has_values, has_indices;
  std::uint32_t from, values, indices;
};

RunCode run(const void* context, const Call& call) {
  const TopK& step = *static_cast<const TopK*>(context);
  const auto* const x = call.at<const std::byte>(step.from);
  auto* const values = step.has_values ? call.at<std::byte>(step.values) : nullptr;
  auto* const indices = step.has_indices ? call.at<std::int64_t>(step.indices) : nullptr;
  const std::size_t line = step.spec.length * step.units.inner;
  const std::size_t kept = step.spec.count * step.units.inner;
  step.units.for_each(
      call.begin, call.end, [&](std::size_t outer, std::size_t begin, std::size_t end) {
        top(step.spec, x + outer * line * step.element_bytes,
            values == nullptr ? nullptr : values + outer * kept * step.element_bytes,
            indices == nullptr ? nullptr : indices + outer * kept, begin, end, call.scratch);
      });
  return RunCode::kOk;
}

std::optional<TopElement> element_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return TopElement::kF32;
    case DType::kInt32:
      return TopElement::kI32;
    case DType::kInt64:
      return TopElement::kI64;
    default:
      return std::nullopt;
  }
}

// Whether an output has the input's extents but for fewer along the axis.
bool is_part_of(const Operand& from, const Operand& to, std::size_t axis) {
  if (to.rank() != from.rank() || to.dim(axis) > from.dim(axis)) return false;
  for (std::size_t d = 0; d < from.rank(); ++d) {
    if (d != axis && to.dim(d) != from.dim(d)) return false;
  }
  return true;
}

}  // namespace

Status bind_topk(Binder& binder) {
  if (binder.inputs.size() != 1 || binder.outputs.size() != 2 || binder.inputs[0] == nullptr ||
      (binder.outputs[0] == nullptr && binder.outputs[1] == nullptr)) {
    return binder.error("it has the wrong number of operands");
  }
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::TopKParams>());
  const Operand& from = *binder.inputs[0];
  const Operand* const values = binder.outputs[0];
  const Operand* const indices = binder.outputs[1];
  const auto element = element_of(from.dtype);
  if (!element || (values != nullptr && values->dtype != from.dtype) ||
      (indices != nullptr && indices->dtype != DType::kInt64)) {
    return binder.error("it sorts floats, int32 or int64, and tells places as int64");
  }
  if (params.axis >= from.rank()) return binder.error("it names an axis that does not exist");
  if ((values != nullptr && !is_part_of(from, *values, params.axis)) ||
      (indices != nullptr && !is_part_of(from, *indices, params.axis)) ||
      (values != nullptr && indices != nullptr && !has_same_dims(*values, *indices))) {
    return binder.error("the sizes of its operands do not fit together");
  }
  const Operand& to = values != nullptr ? *values : *indices;
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, params.axis, params.axis + 1);
  if (extents.length > kMaxTopLength) return binder.error("an axis is too long");
  auto* const step = binder.make<TopK>();
  step->spec = {*element, extents.length, static_cast<std::size_t>(to.dim(params.axis)),
                extents.inner, params.is_largest != 0};
  step->units = ColumnUnits(extents.outer, extents.inner, kColumns);
  step->element_bytes = element_bytes(from.dtype);
  step->from = from.slot;
  step->has_values = values != nullptr;
  step->has_indices = indices != nullptr;
  if (values != nullptr) step->values = values->slot;
  if (indices != nullptr) step->indices = indices->slot;
  binder.work = from.elements * 64 + to.elements * 64;
  binder.use(run, step, step->units.units(), top_scratch_bytes(step->spec));
  return {};
}

}  // namespace slipway::runtime
