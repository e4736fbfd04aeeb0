// Sums of all elements up to each: ONNX CumSum. Nothing here depends on the instruction set: a sum
// takes its elements in order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

enum class RunningElement : std::uint8_t { kF32, kI32, kI64, kCount };

// Lines of `length` elements, `stride` apart, neighbouring lines one element apart where that is
// not 1. Integers wrap.
struct RunningSum {
  RunningElement element = RunningElement::kF32;
  std::size_t length = 0;
  std::size_t stride = 1;
  bool is_exclusive = false;  // without the element itself
  bool is_reversed = false;   // from the last element on
};

// Lines begin .. end of x [length, stride], or of x [lines, length] where stride is 1. y may be x.
void running_sum(const RunningSum& spec, const void* x, void* y, std::size_t begin,
                 std::size_t end);

}  // namespace slipway
