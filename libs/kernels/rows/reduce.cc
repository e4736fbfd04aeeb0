#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/reduce.cc"
#include "kernels/rows/reduce.h"

#include <cmath>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kTogether = 4;  // vectors of columns

// A reduction: what lanes start from, how a lane takes in an element and another lane, and what is
// done at the end.
struct Sum {
  static constexpr bool kIsSum = true;
  static HWY_INLINE F32x16 start() { return zero(); }
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return add(lane, x); }
  static HWY_INLINE F32x16 combine(F32x16 a, F32x16 b) { return add(a, b); }
  static HWY_INLINE F32x16 finish(F32x16 y, std::size_t /*n*/) { return y; }
};
struct Mean : Sum {
  static HWY_INLINE F32x16 finish(F32x16 y, std::size_t n) {
    return div(y, set(static_cast<float>(n)));
  }
};
struct LogSum : Sum {
  static HWY_INLINE F32x16 finish(F32x16 y, std::size_t /*n*/) { return log(y); }
};
struct L1 : Sum {
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return add(lane, magnitude(x)); }
};
struct SumSquare : Sum {
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return fma(x, x, lane); }
};
struct L2 : SumSquare {
  static HWY_INLINE F32x16 finish(F32x16 y, std::size_t /*n*/) { return sqrt(y); }
};
struct Product : Sum {
  static constexpr bool kIsSum = false;
  static HWY_INLINE F32x16 start() { return set(1.0F); }
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return mul(lane, x); }
  static HWY_INLINE F32x16 combine(F32x16 a, F32x16 b) { return mul(a, b); }
};
struct Max : Sum {
  static constexpr bool kIsSum = false;
  static HWY_INLINE F32x16 any_of(F32x16 a, F32x16 b) { return raise(a, b); }
  static HWY_INLINE F32x16 start() { return set(-HUGE_VALF); }
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return greater_of(lane, x); }
  static HWY_INLINE F32x16 combine(F32x16 a, F32x16 b) { return greater_of(a, b); }
};
struct Min : Sum {
  static constexpr bool kIsSum = false;
  static HWY_INLINE F32x16 any_of(F32x16 a, F32x16 b) { return lower(a, b); }
  static HWY_INLINE F32x16 start() { return set(HUGE_VALF); }
  static HWY_INLINE F32x16 step(F32x16 lane, F32x16 x) { return less_of(lane, x); }
  static HWY_INLINE F32x16 combine(F32x16 a, F32x16 b) { return less_of(a, b); }
};

// The tree over the lanes of one vector; the result in lane 0.
template <typename R>
HWY_INLINE F32x16 combine_lanes(F32x16 x) {
  if constexpr (R::kIsSum) return set(sum_lanes(x));
  float lane[2 * kWide] = {};
  for (std::size_t half = kWide / 2; half != 0; half /= 2) {
    store(x, lane);
    x = R::combine(x, load(lane + half));
  }
  return x;
}

template <typename R>
void reduce_rows(const float* x, float* y, std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; ++r) {
    const F32x16 lane = over_row(x + r * n, n, R::start(),
                                 [](F32x16 l, F32x16 e) SLIPWAY_LAMBDA { return R::step(l, e); });
    store_first(R::finish(combine_lanes<R>(lane), n), y + r, 1);
  }
}

// Max and min in any order, which is right unless there is a NaN or the result is a zero, whose
// sign depends on the order. x * 0 is NaN for NaN (and for infinities, which then take the long
// way).
template <typename R>
void reduce_extreme_rows(const float* x, float* y, std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; ++r, x += n) {
    F32x16 a = R::start();
    F32x16 b = R::start();
    F32x16 nan_a = zero();
    F32x16 nan_b = zero();
    std::size_t i = 0;
    for (; i + 2 * kWide <= n; i += 2 * kWide) {
      const F32x16 left = load(x + i);
      const F32x16 right = load(x + i + kWide);
      a = R::any_of(left, a);
      b = R::any_of(right, b);
      nan_a = fma(left, zero(), nan_a);
      nan_b = fma(right, zero(), nan_b);
    }
    a = over_row(x + i, n - i, R::any_of(a, b),
                 [](F32x16 l, F32x16 e) SLIPWAY_LAMBDA { return R::any_of(e, l); });
    nan_a = over_row(x + i, n - i, add(nan_a, nan_b),
                     [](F32x16 l, F32x16 e) SLIPWAY_LAMBDA { return fma(e, zero(), l); });
    store_first(combine_lanes<R>(a), y + r, 1);
    if (y[r] == 0.0F || sum_lanes(nan_a) != 0.0F) reduce_rows<R>(x, y + r, 1, n);
  }
}

// Sixteen columns at a time: lane[j] takes elements j, j + 16, ... of each.
template <typename R, typename Value>
HWY_INLINE F32x16 reduce_column(std::size_t length, Value value) {
  F32x16 lane[kWide];
  for (F32x16& l : lane) l = R::start();
  std::size_t i = 0;
  for (; i + kWide <= length; i += kWide) {
    for (std::size_t j = 0; j < kWide; ++j) lane[j] = R::step(lane[j], value(i + j));
  }
  for (std::size_t j = 0; i + j < length; ++j) lane[j] = R::step(lane[j], value(i + j));
  for (std::size_t half = kWide / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lane[j] = R::combine(lane[j], lane[j + half]);
  }
  return R::finish(lane[0], length);
}

// Four vectors of neighbouring columns at once, lane by lane: whole cache lines side by side, of
// rows that may all share a few places in the cache.
template <typename R>
HWY_NOINLINE void reduce_many_columns(const float* x, float* y, std::size_t length,
                                      std::size_t inner) {
  alignas(64) float lanes[kWide][kTogether * kWide];
  for (std::size_t j = 0; j < kWide; ++j) {
    F32x16 lane[kTogether];
    for (F32x16& l : lane) l = R::start();
    for (std::size_t i = j; i < length; i += kWide) {
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kTogether; ++v)
        lane[v] = R::step(lane[v], load(x + i * inner + v * kWide));
    }
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kTogether; ++v) store(lane[v], lanes[j] + v * kWide);
  }
  for (std::size_t v = 0; v < kTogether * kWide; v += kWide) {
    for (std::size_t half = kWide / 2; half != 0; half /= 2) {
      for (std::size_t j = 0; j < half; ++j)
        store(R::combine(load(lanes[j] + v), load(lanes[j + half] + v)), lanes[j] + v);
    }
    store(R::finish(load(lanes[0] + v), length), y + v);
  }
}

template <typename R>
void reduce_columns(const float* x, float* y, std::size_t length, std::size_t inner,
                    std::size_t begin, std::size_t end) {
  for (; begin + kTogether * kWide <= end; begin += kTogether * kWide)
    reduce_many_columns<R>(x + begin, y + begin, length, inner);
  for (std::size_t c = begin; c < end; c += kWide) {
    const std::size_t count = end - c < kWide ? end - c : kWide;
    const float* const column = x + c;
    const F32x16 result = reduce_column<R>(length, [=](std::size_t i) SLIPWAY_LAMBDA {
      return load_first(column + i * inner, count);
    });
    store_first(result, y + c, count);
  }
}

HWY_INLINE F32x16 shift_of(F32x16 greatest) {
  return select(equal(magnitude(greatest), set(HUGE_VALF)), zero(), greatest);
}

void log_sum_exp_rows(const float* x, float* y, std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; ++r, x += n) {
    const F32x16 shift = shift_of(set(any_greatest(x, n)));
    const F32x16 lane = over_row(x, n, zero(), [=](F32x16 l, F32x16 e) SLIPWAY_LAMBDA {
      return add(l, exp(sub(e, shift)));
    });
    store_first(add(log(set(sum_lanes(lane))), shift), y + r, 1);
  }
}

void log_sum_exp_columns(const float* x, float* y, std::size_t length, std::size_t inner,
                         std::size_t begin, std::size_t end) {
  for (std::size_t c = begin; c < end; c += kWide) {
    const std::size_t count = end - c < kWide ? end - c : kWide;
    const float* const column = x + c;
    F32x16 greatest = set(-HUGE_VALF);
    for (std::size_t i = 0; i < length; ++i) {
      greatest = any_greater(greatest, load_first(column + i * inner, count));
    }
    const F32x16 shift = shift_of(greatest);
    const F32x16 sum = reduce_column<Sum>(length, [=](std::size_t i) SLIPWAY_LAMBDA {
      return exp(sub(load_first(column + i * inner, count), shift));
    });
    store_first(add(log(sum), shift), y + c, count);
  }
}

template <typename R>
constexpr ReduceKernel kKernel = {reduce_rows<R>, reduce_columns<R>};

constexpr ReduceKernels kTable = {{kKernel<Sum>,
                                   kKernel<Mean>,
                                   {reduce_extreme_rows<Max>, reduce_columns<Max>},
                                   {reduce_extreme_rows<Min>, reduce_columns<Min>},
                                   kKernel<Product>,
                                   kKernel<SumSquare>,
                                   kKernel<L1>,
                                   kKernel<L2>,
                                   kKernel<LogSum>,
                                   {log_sum_exp_rows, log_sum_exp_columns}}};

}  // namespace
const ReduceKernels& reduce_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ReduceKernels, reduce_kernels, reduce_table)
}  // namespace slipway
#endif
