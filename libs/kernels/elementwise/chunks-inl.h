// The loops of chunks.h, which the compiler makes vectors of. Include after dispatch.h.
#if defined(SLIPWAY_CHUNKS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_CHUNKS_INL_H
#undef SLIPWAY_CHUNKS_INL_H
#else
#define SLIPWAY_CHUNKS_INL_H
#endif

#include <cstddef>

#include "kernels/elementwise/chunks.h"

// Of the loop after it: no element depends on another. Its vectors one after the other. clang finds
// out by itself, at run time.
#undef SLIPWAY_EACH_BY_ITSELF
#ifdef __clang__
#define SLIPWAY_EACH_BY_ITSELF
#else
#define SLIPWAY_EACH_BY_ITSELF _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <typename T, typename Y, Y (*kFunction)(T, T)>
void one_pair(const void* a, const void* b, void* y) {
  *static_cast<Y*>(y) = kFunction(*static_cast<const T*>(a), *static_cast<const T*>(b));
}

template <typename T, typename Y, Y (*kFunction)(T, T)>
void one_chunk(const void* a, const void* b, void* y) {
  const auto* const left = static_cast<const T*>(a);
  const auto* const right = static_cast<const T*>(b);
  auto* const to = static_cast<Y*>(y);
  SLIPWAY_EACH_BY_ITSELF
  for (std::size_t i = 0; i < kChunkBytes / sizeof(T); ++i) to[i] = kFunction(left[i], right[i]);
}

template <typename T, typename Y, Y (*kFunction)(T, T)>
constexpr PairLoop kPairLoop = {sizeof(T), sizeof(Y), one_pair<T, Y, kFunction>,
                                one_chunk<T, Y, kFunction>};

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_CHUNKS_INL_H
