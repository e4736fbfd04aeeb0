#include "kernels/rows/running.h"

#include <algorithm>
#include <type_traits>

#include "kernels/numeric/lanes.h"

namespace slipway {
namespace {

// Lines whose sums are under way at once: each waits for its last addition.
inline constexpr std::size_t kLines = 4;
// Columns that are summed row by row.
inline constexpr std::ptrdiff_t kColumns = 1024;
inline constexpr std::ptrdiff_t kLeastColumns = 32;

// kAbreast lines side by side, elements `step` apart, lines `apart`.
template <std::size_t kAbreast, bool kExclusive, typename T>
void sum_lines(const T* x, T* y, std::size_t length, std::ptrdiff_t step, std::ptrdiff_t apart) {
  T running[kAbreast] = {};
  for (std::size_t i = 0; i < length; ++i, x += step, y += step) {
    T here[kAbreast];
    for (std::size_t j = 0; j < kAbreast; ++j) here[j] = x[static_cast<std::ptrdiff_t>(j) * apart];
    T sum[kAbreast];
    for (std::size_t j = 0; j < kAbreast; ++j) sum[j] = numeric::wrapping_add(running[j], here[j]);
    for (std::size_t j = 0; j < kAbreast; ++j)
      y[static_cast<std::ptrdiff_t>(j) * apart] = kExclusive ? running[j] : sum[j];
    for (std::size_t j = 0; j < kAbreast; ++j) running[j] = sum[j];
  }
}

// y = sums + x, of neighbours; y may be x.
template <typename T>
void add_row(const T* sums, const T* x, T* y, std::ptrdiff_t count) {
#ifndef __clang__
#pragma GCC ivdep
#endif
  for (std::ptrdiff_t j = 0; j < count; ++j) y[j] = numeric::wrapping_add(sums[j], x[j]);
}

// Neighbouring columns, rows `step` apart: memory in its order. Without the elements themselves y
// is not x.
template <bool kExclusive, typename T>
void sum_columns(const T* x, T* y, std::size_t length, std::ptrdiff_t step, std::ptrdiff_t count) {
  for (std::ptrdiff_t j = 0; j < count; ++j)
    y[j] = kExclusive ? T{0} : numeric::wrapping_add(T{0}, x[j]);
  for (std::size_t i = 1; i < length; ++i, x += step, y += step)
    add_row(y, kExclusive ? x : x + step, y + step, count);
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
  if (!is_rows && spec.length != 0 && stop - line >= kLeastColumns && !(kExclusive && x == y)) {
    for (; line < stop; line += kColumns) {
      const std::ptrdiff_t at = line + first;
      sum_columns<kExclusive>(x + at, y + at, spec.length, step, std::min(kColumns, stop - line));
    }
    return;
  }
  const auto go = [&]<std::size_t kAbreast>(std::integral_constant<std::size_t, kAbreast>) {
    constexpr auto kCount = static_cast<std::ptrdiff_t>(kAbreast);
    for (; line + kCount <= stop; line += kCount) {
      const std::ptrdiff_t at = line * apart + first;
      sum_lines<kAbreast, kExclusive>(x + at, y + at, spec.length, step, apart);
    }
  };
  go(std::integral_constant<std::size_t, kLines>());
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
