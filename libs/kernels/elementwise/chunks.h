// Functions of pairs of elements, a chunk at a time: chunks all of the same size, the last by way
// of memory of its own, so that a function is one loop without an end of its own.
#pragma once

#include <cstddef>

namespace slipway {

inline constexpr std::size_t kChunkBytes = 512;  // of an operand

struct PairLoop {
  std::size_t in_bytes, out_bytes;  // of an element; out_bytes are no more than in_bytes
  // Of one element, and of kChunkBytes / in_bytes. y may be a or b.
  void (*one)(const void* a, const void* b, void* y);
  void (*chunk)(const void* a, const void* b, void* y);
};

// y[i] = f(a[i], b[i]). A step is 0 for a scalar, else 1. y may be a or b where their elements have
// the same size, and overlaps neither otherwise.
void for_chunks(const void* a, std::size_t a_step, const void* b, std::size_t b_step, void* y,
                std::size_t count, const PairLoop& loop);

}  // namespace slipway
