#include "kernels/rows/running.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace slipway {
namespace {

// One line, element by element, in unsigned numbers where integers could overflow.
template <typename T, typename Wide>
void define(const RunningSum& spec, const T* x, T* y) {
  Wide sum = 0;
  for (std::size_t i = 0; i < spec.length; ++i) {
    const std::size_t at = (spec.is_reversed ? spec.length - 1 - i : i) * spec.stride;
    const Wide with = sum + static_cast<Wide>(x[at]);
    y[at] = static_cast<T>(spec.is_exclusive ? sum : with);
    sum = with;
  }
}

template <typename T, typename Wide>
void expect_sums(RunningElement element, const std::vector<T>& pattern, const char* name) {
  for (const std::size_t length : {1, 2, 7, 100}) {
    for (const std::size_t lines : {1, 3, 4, 9, 63, 64, 200}) {
      std::vector<T> x(lines * length);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = pattern[i * 7 % pattern.size()];
      for (int form = 0; form < 8; ++form) {
        const bool is_rows = (form & 1) != 0 || lines == 1;
        const RunningSum spec = {element, length, is_rows ? 1 : lines, (form & 2) != 0,
                                 (form & 4) != 0};
        std::vector<T> want(x.size());
        for (std::size_t line = 0; line < lines; ++line) {
          const std::size_t at = is_rows ? line * length : line;
          define<T, Wide>(spec, &x[at], &want[at]);
        }
        for (const bool is_in_place : {false, true}) {
          std::vector<T> y = x;
          const T* const from = is_in_place ? y.data() : x.data();
          running_sum(spec, from, y.data(), 0, lines / 3);
          running_sum(spec, from, y.data(), lines / 3, lines);
          for (std::size_t i = 0; i < y.size(); ++i) {
            if (y[i] != y[i] && want[i] != want[i]) continue;
            ASSERT_EQ(std::memcmp(&y[i], &want[i], sizeof(T)), 0)
                << name << " " << i << " of " << lines << " lines of " << length << ", form "
                << form << ": " << y[i] << ", not " << want[i];
          }
        }
      }
    }
  }
}

TEST(RunningSums, TakeTheirElementsInOrder) {
  std::vector<float> numbers;
  for (int i = 0; i < 61; ++i) numbers.push_back(static_cast<float>(i * 37 % 61 - 30) / 7.0F);
  expect_sums<float, float>(RunningElement::kF32, numbers, "floats");
  expect_sums<float, float>(RunningElement::kF32, {-0.0F, 0.0F, -0.0F}, "zeros");
  expect_sums<float, float>(RunningElement::kF32, {1e30F, 1.0F, -1e30F, INFINITY, -3.0F, NAN},
                            "special");
  expect_sums<std::int32_t, std::uint32_t>(RunningElement::kI32, {INT32_MAX, 5, -7, INT32_MIN, 1},
                                           "int32");
  expect_sums<std::int64_t, std::uint64_t>(RunningElement::kI64, {INT64_MAX, 5, -7, INT64_MIN, 1},
                                           "int64");
}

}  // namespace
}  // namespace slipway
