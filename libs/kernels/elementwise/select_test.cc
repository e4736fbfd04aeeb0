#include "kernels/elementwise/select.h"

#include <gtest/gtest.h>

#include <limits>

namespace slipway {
namespace {

TEST(ChooseElements, OfEveryWidth) {
  const std::uint8_t condition[] = {0, 1, 255, 0};
  const std::uint16_t a[] = {1, 2, 3, 4};
  const std::uint16_t b[] = {10, 20, 30, 40};
  std::vector<std::uint16_t> y(4);
  choose_elements(2)(condition, 1, a, 1, b, 1, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{10, 2, 3, 40}));
  choose_elements(2)(condition, 1, a, 0, b, 1, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{10, 1, 1, 40}));
  choose_elements(2)(condition + 1, 0, a, 1, b, 0, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{1, 2, 3, 4}));
  EXPECT_EQ(choose_elements(16), nullptr);
}

std::vector<std::uint8_t> random_bytes(std::size_t count, std::uint32_t state) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::uint8_t>(state >> 24);
  }
  return bytes;
}

// Every one of scalars and of lines, pieces whole and not.
void check_choice(ChooseElements choose, std::size_t bytes, std::size_t count) {
  std::vector<std::uint8_t> condition = random_bytes(count + 1, 1);
  for (std::uint8_t& c : condition) c &= c < 128 ? 0 : 255;
  const std::vector<std::uint8_t> a = random_bytes((count + 1) * bytes, 2);
  const std::vector<std::uint8_t> b = random_bytes((count + 1) * bytes, 3);
  for (std::size_t steps = 0; steps < 8; ++steps) {
    const std::size_t step[] = {steps & 1, steps >> 1 & 1, steps >> 2};
    std::vector<std::uint8_t> y(count * bytes);
    std::vector<std::uint8_t> want;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t* const from = condition[i * step[0]] != 0 ? a.data() + i * step[1] * bytes
                                                                   : b.data() + i * step[2] * bytes;
      want.insert(want.end(), from, from + bytes);
    }
    choose(condition.data(), step[0], a.data(), step[1], b.data(), step[2], y.data(), count);
    EXPECT_EQ(y, want) << count << " elements of " << bytes << ", steps " << steps;
  }
}

TEST(ChooseElements, OfScalarsAndLines) {
  for (const std::size_t count : {0, 1, 3, 15, 23, 24, 25, 100, 255, 256, 257, 600}) {
    for (const std::size_t bytes : {1, 2, 4, 8}) check_choice(choose_elements(bytes), bytes, count);
    for (const Isa isa : isas_here()) check_choice(binary_kernels(isa).where, 4, count);
  }
}

TEST(CombineBools, TakesAnythingForTrue) {
  const std::uint8_t a[] = {0, 2, 0, 4};
  const std::uint8_t b[] = {0, 0, 1, 1};
  const std::vector<std::uint8_t> want[] = {{0, 0, 0, 1}, {0, 1, 1, 1}, {0, 1, 1, 0}};
  for (std::size_t f = 0; f < 3; ++f) {
    std::vector<std::uint8_t> y(4);
    combine_bools(static_cast<Logic>(f), a, 1, b, 1, y.data(), 4);
    EXPECT_EQ(y, want[f]) << f;
  }
}

}  // namespace
}  // namespace slipway
