#include "peak.h"

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

#include "clock.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace slipway::bench {
namespace {

// Enough chains to hide four cycles of latency on two units, few enough for sixteen registers.
constexpr int kChains = 12;
constexpr int kRounds = 20'000;

// Each function runs kRounds * kChains dependent chains' worth of vectors and returns the
// multiply-adds done; its result depends on every one.
using Burst = double (*)(float* sink);

#if defined(__x86_64__)

// The chain count is written out as registers by the compiler: a loop over a constant.
__attribute__((target("avx512f"))) double burst_avx512(float* sink) {
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 factor = _mm512_set1_ps(0.999F);
  const __m512 term = _mm512_set1_ps(0.001F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_fmadd_ps(sums[i], factor, term);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  _mm512_storeu_ps(sink, sums[0]);
  return 16.0 * kChains * kRounds;
}

__attribute__((target("avx2,fma"))) double burst_avx2(float* sink) {
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 factor = _mm256_set1_ps(0.999F);
  const __m256 term = _mm256_set1_ps(0.001F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], factor, term);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = _mm256_add_ps(sums[0], sums[i]);
  _mm256_storeu_ps(sink, sums[0]);
  return 8.0 * kChains * kRounds;
}

Burst best_burst() { return __builtin_cpu_supports("avx512f") != 0 ? burst_avx512 : burst_avx2; }

#else

double burst_neon(float* sink) {
  float32x4_t sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = vdupq_n_f32(static_cast<float>(i));
  const float32x4_t factor = vdupq_n_f32(0.999F);
  const float32x4_t term = vdupq_n_f32(0.001F);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = vfmaq_f32(term, sums[i], factor);
  }
  for (int i = 1; i < kChains; ++i) sums[0] = vaddq_f32(sums[0], sums[i]);
  vst1q_f32(sink, sums[0]);
  return 4.0 * kChains * kRounds;
}

Burst best_burst() { return burst_neon; }

#endif

// The fastest of many bursts: interruptions only ever make one slower.
double measure_one() {
  constexpr int kBursts = 200;
  const Burst burst = best_burst();
  double best = 0;
  float sink[16];
  for (int i = 0; i < kBursts; ++i) {
    const double start_us = now_us();
    const double done = burst(sink);
    best = std::max(best, done / ((now_us() - start_us) * 1e-6));
    asm volatile("" : : "m"(sink));
  }
  return best;
}

}  // namespace

double measure_peak_multiply_adds(std::size_t threads) {
  std::vector<double> each(threads);
  std::vector<std::thread> helpers;
  for (std::size_t i = 1; i < threads; ++i)
    helpers.emplace_back([&each, i] { each[i] = measure_one(); });
  each[0] = measure_one();
  for (std::thread& helper : helpers) helper.join();
  return std::accumulate(each.begin(), each.end(), 0.0);
}

}  // namespace slipway::bench
