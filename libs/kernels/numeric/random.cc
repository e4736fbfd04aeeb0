#include "kernels/numeric/random.h"

#include "kernels/numeric/float_math.h"

namespace slipway::numeric {

namespace {

constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kKeyStep0 = 0x9E3779B9;  // the golden ratio
constexpr std::uint32_t kKeyStep1 = 0xBB67AE85;  // sqrt 3 - 1

std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {high_word(product1) ^ counter[1] ^ key[0], low_word(product1),
               high_word(product0) ^ counter[3] ^ key[1], low_word(product0)};
    key[0] += kKeyStep0;
    key[1] += kKeyStep1;
  }
  return counter;
}

std::uint32_t Random::bits(std::uint64_t index) const {
  const std::uint64_t block = index / 4;
  return philox({low_word(block), high_word(block), low_word(stream_), high_word(stream_)},
                {low_word(seed_), high_word(seed_)})[index % 4];
}

float Random::uniform_float(std::uint64_t index) const {
  return static_cast<float>(bits(index) >> 8) * 0x1p-24F;
}

double Random::uniform_double(std::uint64_t index) const {
  const std::uint64_t both =
      (static_cast<std::uint64_t>(bits(2 * index)) << 32) | bits(2 * index + 1);
  return static_cast<double>(both >> 11) * 0x1p-53;
}

double Random::normal(std::uint64_t index) const {
  constexpr double kTwoPi = 0x1.921fb54442d18p+2;
  const double radius = sqrt(-2.0 * log(1.0 - uniform_double(2 * index)));
  return radius * cos(kTwoPi * uniform_double(2 * index + 1));
}

}  // namespace slipway::numeric
