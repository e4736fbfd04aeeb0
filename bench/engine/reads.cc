#include "reads.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "clock.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace slipway::bench {
namespace {

constexpr std::size_t kLine = 64;   // bytes; what is read begins with one
constexpr std::size_t kAtOnce = 8;  // registers

// Adds up `count` floats, a multiple of kStep, so that none of the reads can be left out.
using ReadAll = void (*)(const float* from, std::size_t count, float* sink);

#if defined(__x86_64__)

constexpr std::size_t kStep = 16 * kAtOnce;

__attribute__((target("avx512f"))) void read_all_avx512(const float* from, std::size_t count,
                                                        float* sink) {
  __m512 sums[kAtOnce];
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  for (std::size_t i = 0; i < count; i += 16 * kAtOnce) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kAtOnce; ++j)
      sums[j] = _mm512_add_ps(sums[j], _mm512_load_ps(from + i + 16 * j));
  }
  for (std::size_t j = 1; j < kAtOnce; ++j) sums[0] = _mm512_add_ps(sums[0], sums[j]);
  _mm512_storeu_ps(sink, sums[0]);
}

__attribute__((target("avx2"))) void read_all_avx2(const float* from, std::size_t count,
                                                   float* sink) {
  __m256 sums[kAtOnce];
  for (__m256& sum : sums) sum = _mm256_setzero_ps();
  for (std::size_t i = 0; i < count; i += 8 * kAtOnce) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kAtOnce; ++j)
      sums[j] = _mm256_add_ps(sums[j], _mm256_load_ps(from + i + 8 * j));
  }
  for (std::size_t j = 1; j < kAtOnce; ++j) sums[0] = _mm256_add_ps(sums[0], sums[j]);
  _mm256_storeu_ps(sink, sums[0]);
}

ReadAll best_read() {
  return __builtin_cpu_supports("avx512f") != 0 ? read_all_avx512 : read_all_avx2;
}

#else

constexpr std::size_t kStep = 4 * kAtOnce;

void read_all_neon(const float* from, std::size_t count, float* sink) {
  float32x4_t sums[kAtOnce];
  for (float32x4_t& sum : sums) sum = vdupq_n_f32(0);
  for (std::size_t i = 0; i < count; i += kStep) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kAtOnce; ++j)
      sums[j] = vaddq_f32(sums[j], vld1q_f32(from + i + 4 * j));
  }
  for (std::size_t j = 1; j < kAtOnce; ++j) sums[0] = vaddq_f32(sums[0], sums[j]);
  vst1q_f32(sink, sums[0]);
}

ReadAll best_read() { return read_all_neon; }

#endif

}  // namespace

double measure_reads(std::size_t bytes) {
  constexpr int kTimes = 400;
  constexpr int kPasses = 20;  // for one reading of the clock
  const ReadAll read_all = best_read();
  const std::size_t count = std::max<std::size_t>(bytes / sizeof(float) / kStep, 1) * kStep;
  std::vector<float> memory(count + kLine / sizeof(float));
  void* begin = memory.data();
  std::size_t room = memory.size() * sizeof(float);
  const auto* from =
      static_cast<const float*>(std::align(kLine, count * sizeof(float), begin, room));
  double best = 0;
  float sink[16];
  for (int i = 0; i < kTimes; ++i) {
    const double start_us = now_us();
    for (int pass = 0; pass < kPasses; ++pass) {
      read_all(from, count, sink);
      asm volatile("" : : "m"(sink) : "memory");
    }
    const auto read = static_cast<double>(kPasses * count * sizeof(float));
    best = std::max(best, read / ((now_us() - start_us) * 1e-6));
  }
  return best;
}

}  // namespace slipway::bench
