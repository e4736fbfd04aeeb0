#include "kernels/elementwise/chunks.h"

#include <algorithm>
#include <cstring>

namespace slipway {
namespace {

// The first element over and over.
void repeat_first(std::byte* chunk, std::size_t bytes) {
  for (std::size_t done = bytes; done < kChunkBytes; done *= 2)
    std::memcpy(chunk + done, chunk, std::min(done, kChunkBytes - done));
}

void copy_last(const std::byte* from, std::size_t bytes, std::byte* chunk) {
  std::memcpy(chunk, from, bytes);
  std::memset(chunk + bytes, 0, kChunkBytes - bytes);
}

}  // namespace

void for_chunks(const void* a, std::size_t a_step, const void* b, std::size_t b_step, void* y,
                std::size_t count, const PairLoop& loop) {
  constexpr std::size_t kFew = 16;
  const auto* left = static_cast<const std::byte*>(a);
  const auto* right = static_cast<const std::byte*>(b);
  auto* to = static_cast<std::byte*>(y);
  const std::size_t left_step = a_step * loop.in_bytes;
  const std::size_t right_step = b_step * loop.in_bytes;
  if (count < kFew) {
    for (std::size_t i = 0; i < count; ++i)
      loop.one(left + i * left_step, right + i * right_step, to + i * loop.out_bytes);
    return;
  }
  alignas(64) std::byte lefts[kChunkBytes];
  alignas(64) std::byte rights[kChunkBytes];
  if (a_step == 0) {
    std::memcpy(lefts, left, loop.in_bytes);
    repeat_first(lefts, loop.in_bytes);
  }
  if (b_step == 0) {
    std::memcpy(rights, right, loop.in_bytes);
    repeat_first(rights, loop.in_bytes);
  }
  const std::size_t chunk = kChunkBytes / loop.in_bytes;
  for (; count >= chunk; count -= chunk) {
    loop.chunk(a_step == 0 ? lefts : left, b_step == 0 ? rights : right, to);
    left += chunk * left_step;
    right += chunk * right_step;
    to += chunk * loop.out_bytes;
  }
  if (count == 0) return;
  alignas(64) std::byte last[kChunkBytes];
  if (a_step != 0) copy_last(left, count * loop.in_bytes, lefts);
  if (b_step != 0) copy_last(right, count * loop.in_bytes, rights);
  loop.chunk(lefts, rights, last);
  std::memcpy(to, last, count * loop.out_bytes);
}

}  // namespace slipway
