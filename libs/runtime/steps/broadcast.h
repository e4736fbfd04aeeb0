// Elementwise steps over operands of several types: the loop over an output to which plain operands
// broadcast as ONNX has it.
#pragma once

#include "plan/format.h"
#include "runtime/step.h"

namespace slipway::runtime {

inline constexpr std::size_t kBroadcastOperands = 3;

// Runs of elements along which every operand stands still or steps by one.
struct BroadcastRuns {
  std::size_t operand_count = 0;
  std::size_t rank = 0;  // of what lies around a run
  std::size_t extent[plan::kMaxRank] = {};
  std::size_t stride[kBroadcastOperands][plan::kMaxRank] = {};
  std::size_t run = 1;  // elements
  std::size_t step[kBroadcastOperands] = {};
  std::size_t pieces = 1;  // of a run: the units of work

  std::size_t units = 0;

  // Calls f(first output element, offsets of the operands, elements) for each unit.
  template <typename F>
  void for_each(std::size_t begin, std::size_t end, F f) const {
    for (std::size_t unit = begin; unit < end; ++unit) {
      const std::size_t first = unit % pieces * kPiece;
      std::size_t outer = unit / pieces;
      const std::size_t to = outer * run + first;
      std::size_t from[kBroadcastOperands];
      for (std::size_t o = 0; o < operand_count; ++o) from[o] = first * step[o];
      for (std::size_t d = rank; d-- > 0; outer /= extent[d]) {
        for (std::size_t o = 0; o < operand_count; ++o) from[o] += outer % extent[d] * stride[o][d];
      }
      f(to, from, run - first < kPiece ? run - first : kPiece);
    }
  }

  static constexpr std::size_t kPiece = 4096;
};

// False where an operand does not broadcast to the output, which has elements.
bool plan_broadcast(const Binder& binder, BroadcastRuns& runs);

}  // namespace slipway::runtime
