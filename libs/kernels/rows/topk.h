// The first elements of lines in sorted order, and where they stand: ONNX TopK. Nothing here
// depends on the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

enum class TopElement : std::uint8_t { kF32, kI32, kI64, kCount };

// Lines of `length` elements, `stride` apart, neighbouring lines one element apart where that is
// not 1; `count` of each are picked.
struct TopSpec {
  TopElement element = TopElement::kF32;
  std::size_t length = 0;  // at most kMaxTopLength
  std::size_t count = 0;   // at most length
  std::size_t stride = 1;
  bool is_largest = true;
};
inline constexpr std::size_t kMaxTopLength = 0xFFFFFFFF;

// Bytes of memory, aligned to 8, that top() needs besides its operands.
std::size_t top_scratch_bytes(const TopSpec& spec);

// Lines begin .. end of x [length, stride], or of x [lines, length] where stride is 1, to values
// and indices of the same form with `count` in place of length. Of equals the first comes first; a
// NaN is greater than every number; zeros are equal. values or indices may be null.
void top(const TopSpec& spec, const void* x, void* values, std::int64_t* indices, std::size_t begin,
         std::size_t end, void* scratch);

}  // namespace slipway
