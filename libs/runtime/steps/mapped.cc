#include <bit>

#include "kernels/move/copy.h"
#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

constexpr std::int64_t kFill = -1;
constexpr std::size_t kMaxMap = std::size_t{1} << 26;

struct Mapped {
  MappedCopy copy;
  std::uint32_t from, fill, to;
};

RunCode run(const void* context, const Call& call) {
  const Mapped& mapped = *static_cast<const Mapped*>(context);
  MappedCopy copy = mapped.copy;
  if (mapped.fill != plan::kNoTensor) copy.fill = call.pointers[mapped.fill];
  run_copy(copy, call.pointers[mapped.from], call.pointers[mapped.to], call.begin, call.end);
  return RunCode::kOk;
}

// The offsets of one axis, or of several unmapped ones that are walked as one.
struct Axis {
  std::size_t extent;
  std::int64_t stride;
  const std::int64_t* index;  // null: all in order
};

// Reads the axes from the output's and the maps'; neighbours that are not mapped become one.
Result<std::size_t> read_axes(const Binder& binder, std::uint32_t mapped, Axis* axes) {
  const Operand& from = *binder.inputs[0];
  const Operand& maps = *binder.inputs[1];
  const Operand& to = *binder.outputs[0];
  const auto* index = reinterpret_cast<const std::int64_t*>(maps.constant);
  std::uint64_t left = maps.elements;
  std::size_t rank = 0;
  bool is_open = false;  // the last axis may take in another
  for (std::size_t d = 0; d < to.rank(); ++d) {
    const auto extent = static_cast<std::size_t>(to.dim(d));
    const auto stride = from.elements == 0
                            ? 0
                            : static_cast<std::int64_t>(extent_between(from, d + 1, from.rank()));
    if ((mapped >> d & 1) == 0) {
      if (to.dim(d) != from.dim(d)) return binder.error("an axis that is not mapped differs");
      if (is_open) {
        axes[rank - 1].extent *= extent;
        axes[rank - 1].stride = stride;
        continue;
      }
      is_open = true;
      axes[rank++] = {extent, stride, nullptr};
      continue;
    }
    if (left < extent) return binder.error("its maps are not all there");
    for (std::size_t i = 0; i < extent; ++i) {
      if (index[i] != kFill && (index[i] < 0 || index[i] >= from.dim(d))) {
        return binder.error("it reads elements that its input does not have");
      }
    }
    is_open = false;
    axes[rank++] = {extent, stride, index};
    index += extent;
    left -= extent;
  }
  if (left != 0) return binder.error("it has more maps than axes");
  return rank;
}

Status plan_mapped(const Binder& binder, std::uint32_t mapped, MappedCopy& copy) {
  Axis axes[plan::kMaxRank];
  copy.rank = TRY(read_axes(binder, mapped, axes));
  if (copy.rank > kMoveDims) return binder.error("it walks over too many axes");
  for (std::size_t d = 0; d < copy.rank; ++d) {
    if (axes[d].extent > kMaxMap) return binder.error("an axis is too long for a map");
    const std::span<std::int64_t> map = binder.make_array<std::int64_t>(axes[d].extent);
    for (std::size_t i = 0; i < map.size(); ++i) {
      const std::int64_t at =
          axes[d].index == nullptr ? static_cast<std::int64_t>(i) : axes[d].index[i];
      map[i] = at == kFill ? kNowhere : at * axes[d].stride;
    }
    copy.extent[d] = map.size();
    copy.map[d] = map.data();
  }
  copy.find_run();
  return {};
}

}  // namespace

// Padding of every mode, nearest-neighbour resizing: an index for every element of an axis.
Status bind_mapped(Binder& binder) {
  TRY(binder.expect(2, 3, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::MappedParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& maps = *binder.inputs[1];
  const Operand* const fill = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const Operand& to = *binder.outputs[0];
  if (from.dtype != to.dtype || (fill != nullptr && fill->dtype != to.dtype) ||
      (fill != nullptr && fill->elements != 1) || from.rank() != to.rank() || to.rank() == 0) {
    return binder.error("its operands do not fit together");
  }
  if (maps.dtype != DType::kInt64 || maps.constant == nullptr) {
    return binder.error("its maps are not constants of int64");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  if ((static_cast<std::uint64_t>(params.mapped) >> to.rank()) != 0) {
    return binder.error("it maps an axis that does not exist");
  }
  auto* const mapped = binder.make<Mapped>();
  TRY(plan_mapped(binder, params.mapped, mapped->copy));
  mapped->copy.element_bytes = element_bytes(to.dtype);
  mapped->from = from.slot;
  mapped->fill = fill == nullptr ? plan::kNoTensor : fill->slot;
  mapped->to = to.slot;
  binder.work = to.bytes * kWorkOfByte;
  binder.use(run, mapped, mapped->copy.units());
  return {};
}

}  // namespace slipway::runtime
