#include "kernels/rows/topk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace slipway {
namespace {

// Whether a comes before b by what the elements are.
template <typename T>
bool is_before(T a, T b, bool is_largest) {
  const bool a_is_nan = a != a;
  const bool b_is_nan = b != b;
  if (a_is_nan || b_is_nan) return is_largest ? a_is_nan && !b_is_nan : b_is_nan && !a_is_nan;
  return is_largest ? a > b : a < b;
}

// Places of the first `count` of a line.
template <typename T>
std::vector<std::size_t> define(const T* x, const TopSpec& spec) {
  std::vector<std::size_t> order(spec.length);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return is_before(x[a * spec.stride], x[b * spec.stride], spec.is_largest);
  });
  order.resize(spec.count);
  return order;
}

template <typename T>
void expect_defined(TopSpec spec, const std::vector<T>& x, std::size_t lines, const char* name) {
  const bool is_rows = spec.stride == 1;
  const std::size_t size = spec.count * lines;
  std::vector<T> values(size);
  std::vector<std::int64_t> indices(size, -1);
  std::vector<std::uint64_t> scratch(top_scratch_bytes(spec) / 8 + 1);
  scratch.back() = 0xA5A5;
  const std::size_t cut = lines / 3;
  top(spec, x.data(), values.data(), indices.data(), 0, cut, scratch.data());
  top(spec, x.data(), values.data(), nullptr, cut, lines, scratch.data());
  top(spec, x.data(), nullptr, indices.data(), cut, lines, scratch.data());
  ASSERT_EQ(scratch.back(), 0xA5A5U) << name << ": scratch was written beyond its end";
  for (std::size_t line = 0; line < lines; ++line) {
    const T* const from = x.data() + (is_rows ? line * spec.length : line);
    const auto want = define(from, spec);
    for (std::size_t k = 0; k < spec.count; ++k) {
      const std::size_t at = is_rows ? line * spec.count + k : k * spec.stride + line;
      ASSERT_EQ(indices[at], static_cast<std::int64_t>(want[k]))
          << name << " of " << spec.length << ", line " << line << ", number " << k << " of "
          << spec.count;
      ASSERT_EQ(std::memcmp(&values[at], &from[want[k] * spec.stride], sizeof(T)), 0) << name;
    }
  }
}

// Numbers by turns scattered, with many equals, rising, falling, all the same.
template <typename T>
std::vector<T> sample(std::size_t lines, std::size_t length, std::size_t stride) {
  std::vector<T> x(lines * length);
  for (std::size_t line = 0; line < lines; ++line) {
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t at = stride == 1 ? line * length + i : i * stride + line;
      const auto scattered = static_cast<std::int64_t>((at * 2654435761U) % 100003) - 50000;
      const std::int64_t forms[] = {scattered, scattered % 7, static_cast<std::int64_t>(i),
                                    -static_cast<std::int64_t>(i), 3};
      x[at] = static_cast<T>(forms[line % 5]);
    }
  }
  return x;
}

template <typename T>
void expect_sorted(TopElement element, const char* name) {
  constexpr std::size_t kLines = 11;
  for (const std::size_t length : {1, 2, 16, 17, 63, 64, 65, 130, 400, 1031}) {
    for (const std::size_t count : {0, 1, 2, 15, 16, 17, 40, 100, 399, 400, 1031}) {
      if (count > length) continue;
      for (const std::size_t stride : {std::size_t{1}, kLines}) {
        for (const bool is_largest : {true, false}) {
          const TopSpec spec = {element, length, count, stride, is_largest};
          expect_defined(spec, sample<T>(kLines, length, stride), kLines, name);
        }
      }
    }
  }
}

TEST(Top, TakesTheFirstOfEquals) {
  expect_sorted<float>(TopElement::kF32, "floats");
  expect_sorted<std::int32_t>(TopElement::kI32, "int32");
  expect_sorted<std::int64_t>(TopElement::kI64, "int64");
}

TEST(Top, OrdersWhatIsSpecial) {
  const float special[] = {0.0F, -0.0F, INFINITY, -INFINITY, NAN, -NAN, 1e-40F, -1e-40F, 3e38F};
  for (const std::size_t length : {9, 90, 600}) {
    std::vector<float> x;
    for (std::size_t i = 0; i < length; ++i) {
      x.push_back(i % 4 == 0 || length == 9 ? special[i * 7 % std::size(special)]
                                            : static_cast<float>(i % 50) - 25.0F);
    }
    for (const std::size_t count : {std::size_t{1}, std::size_t{9}, length / 3, length}) {
      for (const bool is_largest : {true, false})
        expect_defined<float>({TopElement::kF32, length, count, 1, is_largest}, x, 1, "special");
    }
  }
  const std::int64_t ends[] = {INT64_MAX, 0, INT64_MIN, -1, INT64_MIN + 1, INT64_MAX};
  for (const bool is_largest : {true, false}) {
    expect_defined<std::int64_t>({TopElement::kI64, 6, 6, 1, is_largest},
                                 {std::begin(ends), std::end(ends)}, 1, "the ends of int64");
  }
}

}  // namespace
}  // namespace slipway
