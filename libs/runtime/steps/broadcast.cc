#include "runtime/steps/broadcast.h"

namespace slipway::runtime {
namespace {

// Strides over the output's axes, 0 where the operand repeats.
bool strides_of(const Operand& operand, const Operand& output, std::size_t* strides) {
  if (operand.rank() > output.rank()) return false;
  const std::size_t lead = output.rank() - operand.rank();
  for (std::size_t axis = 0; axis < lead; ++axis) strides[axis] = 0;
  std::size_t stride = 1;
  for (std::size_t axis = operand.rank(); axis-- > 0;) {
    const std::int64_t extent = operand.dim(axis);
    if (extent != 1 && extent != output.dim(lead + axis)) return false;
    strides[lead + axis] = extent == 1 ? 0 : stride;
    stride *= static_cast<std::size_t>(extent);
  }
  return true;
}

}  // namespace

bool plan_broadcast(const Binder& binder, BroadcastRuns& runs) {
  const Operand& output = *binder.outputs[0];
  runs.operand_count = binder.inputs.size();
  std::size_t strides[kBroadcastOperands][plan::kMaxRank];
  if (runs.operand_count > kBroadcastOperands) return false;
  for (std::size_t o = 0; o < runs.operand_count; ++o) {
    if (!strides_of(*binder.inputs[o], output, strides[o])) return false;
  }
  // Axes merge into the run, then among each other, where every operand walks them as one.
  bool is_run = true;
  runs.rank = 0;
  std::size_t place = plan::kMaxRank;  // axes are kept from the back on
  for (std::size_t axis = output.rank(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(output.dim(axis));
    if (extent == 1) continue;
    const bool is_first = is_run && runs.run == 1;
    bool merges = true;
    for (std::size_t o = 0; o < runs.operand_count; ++o) {
      const std::size_t walked = is_run ? runs.run * runs.step[o]
                                 : place < plan::kMaxRank
                                     ? runs.extent[place] * runs.stride[o][place]
                                     : 0;
      merges &= is_first ? strides[o][axis] <= 1 : strides[o][axis] == walked;
    }
    if (merges && is_run) {
      for (std::size_t o = 0; is_first && o < runs.operand_count; ++o)
        runs.step[o] = strides[o][axis];
      runs.run *= extent;
    } else if (merges && place < plan::kMaxRank) {
      runs.extent[place] *= extent;
    } else {
      is_run = false;
      runs.extent[--place] = extent;
      for (std::size_t o = 0; o < runs.operand_count; ++o) runs.stride[o][place] = strides[o][axis];
    }
  }
  runs.rank = plan::kMaxRank - place;
  std::size_t outers = 1;
  for (std::size_t d = 0; d < runs.rank; ++d) {
    runs.extent[d] = runs.extent[place + d];
    outers *= runs.extent[d];
    for (std::size_t o = 0; o < runs.operand_count; ++o)
      runs.stride[o][d] = runs.stride[o][place + d];
  }
  runs.pieces = (runs.run + BroadcastRuns::kPiece - 1) / BroadcastRuns::kPiece;
  runs.units = outers * runs.pieces;
  return true;
}

}  // namespace slipway::runtime
