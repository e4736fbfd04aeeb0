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

// y[i] = f(a[i], b[i]) of T. A step is 0 for a scalar, else 1. A chunk at a time, all of the same
// size and by way of memory of its own, so that there is one loop, without an end of its own, and y
// may be a or b where their elements have the same size.
template <typename T, typename Y, typename F>
HWY_INLINE void for_chunks(const void* a, std::size_t a_step, const void* b, std::size_t b_step,
                           Y* y, std::size_t count, F f) {
  constexpr std::size_t kChunk = 512 / sizeof(T);
  const auto* left = static_cast<const T*>(a);
  const auto* right = static_cast<const T*>(b);
  T lefts[kChunk] = {};
  T rights[kChunk] = {};
  if (count != 0 && a_step == 0) std::fill(lefts, lefts + kChunk, *left);
  if (count != 0 && b_step == 0) std::fill(rights, rights + kChunk, *right);
  std::size_t n = 0;
  for (; count != 0; count -= n, y += n, left += n * a_step, right += n * b_step) {
    n = std::min(kChunk, count);
    const bool is_last = n < kChunk;
    if (is_last && a_step != 0) std::copy(left, left + n, lefts);
    if (is_last && b_step != 0) std::copy(right, right + n, rights);
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
