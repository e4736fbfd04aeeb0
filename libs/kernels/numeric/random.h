// Random numbers that a seed reproduces everywhere: Philox 4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A number depends on the seed, the stream and its index
// alone, never on the order in which threads ask.
#pragma once

#include <array>
#include <cstdint>

namespace slipway::numeric {

// The ten-round Philox block function.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

class Random {
 public:
  // Streams of one seed are independent.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  // 32 bits: word index % 4 of the block with counter {index / 4, stream}, low words first.
  std::uint32_t bits(std::uint64_t index) const;
  // Multiples of 2^-24 in [0, 1), from bits(index).
  float uniform_float(std::uint64_t index) const;
  // Multiples of 2^-53 in [0, 1), from bits(2 index) and bits(2 index + 1), the first on top.
  double uniform_double(std::uint64_t index) const;
  // Box and Muller: sqrt(-2 log(1 - u)) cos(2 pi v), u and v the doubles 2 index and 2 index + 1.
  double normal(std::uint64_t index) const;

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
};

}  // namespace slipway::numeric
