// Loops over pairs of elements that the compiler makes vectors of. Include after dispatch.h.
#if defined(SLIPWAY_CHUNKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CHUNKS_INL_H
#undef SLIPWAY_CHUNKS_INL_H
#else
#define SLIPWAY_CHUNKS_INL_H
#endif

#include <algorithm>
#include <cstddef>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// What is left of a chunk, and something behind it.
template <typename T, std::size_t kChunk>
HWY_INLINE void copy_last(const T* from, std::size_t count, T (&chunk)[kChunk]) {
  std::fill(std::copy(from, from + count, chunk), chunk + kChunk, T{});
}

// y[i] = f(a[i], b[i]) of T. A step is 0 for a scalar, else 1. A chunk at a time, all of the same
// size and by way of memory of its own, so that there is one loop, without an end of its own, and y
// may be a or b where their elements have the same size.
template <typename T, typename Y, typename F>
HWY_INLINE void for_chunks(const void* a, std::size_t a_step, const void* b, std::size_t b_step,
                           Y* y, std::size_t count, F f) {
  constexpr std::size_t kChunk = 512 / sizeof(T);
  constexpr std::size_t kFew = 16;
  const auto* left = static_cast<const T*>(a);
  const auto* right = static_cast<const T*>(b);
  if (count < kFew) {
    for (std::size_t i = 0; i < count; ++i) {
      y[i] = f(left[i * a_step], right[i * b_step]);
      asm volatile("" ::: "memory");  // not in vectors: the code of a chunk is enough
    }
    return;
  }
  T lefts[kChunk];
  T rights[kChunk];
  if (a_step == 0) std::fill(lefts, lefts + kChunk, *left);
  if (b_step == 0) std::fill(rights, rights + kChunk, *right);
  std::size_t n = 0;
  for (; count != 0; count -= n, y += n, left += n * a_step, right += n * b_step) {
    n = std::min(kChunk, count);
    const bool is_last = n < kChunk;
    if (is_last && a_step != 0) copy_last(left, n, lefts);
    if (is_last && b_step != 0) copy_last(right, n, rights);
    const T* const x = is_last || a_step == 0 ? lefts : left;
    const T* const z = is_last || b_step == 0 ? rights : right;
    Y chunk[kChunk];
    for (std::size_t i = 0; i < kChunk; ++i) chunk[i] = f(x[i], z[i]);
    std::memcpy(y, chunk, n * sizeof(Y));
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CHUNKS_INL_H
