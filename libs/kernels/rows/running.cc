#include "kernels/rows/running.h"

#include <algorithm>
#include <type_traits>

#include "kernels/numeric/lanes.h"

namespace slipway {
namespace {

// Lines whose sums are under way at once: each waits for its last addition.
inline constexpr std::size_t kRows = 4;
inline constexpr std::size_t kColumns = 64;

// kLines lines side by side, elements `step` apart, lines `apart`.
template <std::size_t kLines, bool kExclusive, typename T>
void sum_lines(const T* x, T* y, std::size_t length, std::ptrdiff_t step, std::ptrdiff_t apart) {
  T running[kLines] = {};
  for (std::size_t i = 0; i < length; ++i, x += step, y += step) {
    T here[kLines];
    for (std::size_t j = 0; j < kLines; ++j) here[j] = x[static_cast<std::ptrdiff_t>(j) * apart];
    T sum[kLines];
    for (std::size_t j = 0; j < kLines; ++j) sum[j] = numeric::wrapping_add(running[j], here[j]);
    for (std::size_t j = 0; j < kLines; ++j)
      y[static_cast<std::ptrdiff_t>(j) * apart] = kExclusive ? running[j] : sum[j];
    for (std::size_t j = 0; j < kLines; ++j) running[j] = sum[j];
  }
}

template <bool kExclusive, typename T>
void sum_all(const RunningSum& spec, const T* x, T* y, std::size_t begin, std::size_t end) {
  const bool is_rows = spec.stride == 1;
  const auto apart = static_cast<std::ptrdiff_t>(is_rows ? spec.length : 1);
  auto step = static_cast<std::ptrdiff_t>(spec.stride);
  const std::ptrdiff_t first =
      spec.is_reversed ? static_cast<std::ptrdiff_t>(spec.length - 1) * step : 0;
  if (spec.is_reversed) step = -step;
  auto line = static_cast<std::ptrdiff_t>(begin);
  const auto stop = static_cast<std::ptrdiff_t>(end);
  const auto go = [&]<std::size_t kLines>(std::integral_constant<std::size_t, kLines>) {
    constexpr auto kCount = static_cast<std::ptrdiff_t>(kLines);
    for (; line + kCount <= stop; line += kCount) {
      const std::ptrdiff_t at = line * apart + first;
      sum_lines<kLines, kExclusive>(x + at, y + at, spec.length, step, apart);
    }
  };
  if (!is_rows) go(std::integral_constant<std::size_t, kColumns>());
  if (!is_rows) go(std::integral_constant<std::size_t, kColumns / 4>());
  go(std::integral_constant<std::size_t, kRows>());
  go(std::integral_constant<std::size_t, 1>());
}

template <typename T>
void sum_type(const RunningSum& spec, const void* x, void* y, std::size_t begin, std::size_t end) {
  const auto run = spec.is_exclusive ? sum_all<true, T> : sum_all<false, T>;
  run(spec, static_cast<const T*>(x), static_cast<T*>(y), begin, end);
}

}  // namespace

void running_sum(const RunningSum& spec, const void* x, void* y, std::size_t begin,
                 std::size_t end) {
  switch (spec.element) {
    case RunningElement::kI32:
      return sum_type<std::int32_t>(spec, x, y, begin, end);
    case RunningElement::kI64:
      return sum_type<std::int64_t>(spec, x, y, begin, end);
    default:
      return sum_type<float>(spec, x, y, begin, end);
  }
}

}  // namespace slipway
