#include "reads.h"

#include <algorithm>
#include <vector>

#include "clock.h"

namespace slipway::bench {
namespace {

using Wide = float __attribute__((vector_size(64)));  // as many instructions as it takes
constexpr std::size_t kAtOnce = 8;

#if defined(__x86_64__)
#define SLIPWAY_WIDEST __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SLIPWAY_WIDEST
#endif

SLIPWAY_WIDEST void read_all(const Wide* from, std::size_t count, Wide* sink) {
  Wide sums[kAtOnce] = {};
  for (std::size_t i = 0; i + kAtOnce <= count; i += kAtOnce) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kAtOnce; ++j) sums[j] += from[i + j];
  }
  for (std::size_t j = 1; j < kAtOnce; ++j) sums[0] += sums[j];
  *sink = sums[0];
}

}  // namespace

double measure_reads(std::size_t bytes) {
  constexpr int kTimes = 400;
  constexpr int kPasses = 20;  // for one reading of the clock
  const std::vector<Wide> memory(std::max(kAtOnce, bytes / sizeof(Wide)));
  double best = 0;
  Wide sink;
  for (int i = 0; i < kTimes; ++i) {
    const double start_us = now_us();
    for (int pass = 0; pass < kPasses; ++pass) {
      read_all(memory.data(), memory.size(), &sink);
      asm volatile("" : : "m"(sink) : "memory");
    }
    const auto read = static_cast<double>(kPasses * memory.size() * sizeof(Wide));
    best = std::max(best, read / ((now_us() - start_us) * 1e-6));
  }
  return best;
}

}  // namespace slipway::bench
