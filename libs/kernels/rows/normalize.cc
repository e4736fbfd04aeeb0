#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/normalize.cc"
#include "kernels/rows/normalize.h"

#include <cmath>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/simd/activation-inl.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Short rows go through each step together, so that the ends of one row overlap the next.
constexpr std::size_t kTogether = 16;
constexpr std::size_t kShortRow = 512;

// Any greatest element serves: where equal zeros or a NaN leave it open, the results do not differ.
void softmax(const float* x, float* y, std::size_t rows, std::size_t n) {
  const std::size_t together = n <= kShortRow ? kTogether : 1;
  for (std::size_t first = 0; first < rows; first += together) {
    const std::size_t end = first + together < rows ? first + together : rows;
    float factor[kTogether];
    for (std::size_t r = first; r < end; ++r) factor[r - first] = any_greatest(x + r * n, n);
    for (std::size_t r = first; r < end; ++r) {
      factor[r - first] = 1.0F / exponentials(x + r * n, y + r * n, n, factor[r - first]);
    }
    for (std::size_t r = first; r < end; ++r) multiply_row(y + r * n, n, factor[r - first]);
  }
}

HWY_INLINE float sum_of_exponentials(const float* x, std::size_t n, F32x16 shift) {
  return sum_lanes(over_row(x, n, zero(), [=](F32x16 lane, F32x16 e) SLIPWAY_LAMBDA {
    return add(lane, exp(sub(e, shift)));
  }));
}

HWY_INLINE F32x16 log_in_all(float x) { return log(set(x)); }

void log_softmax(const float* x, float* y, std::size_t rows, std::size_t n) {
  for (std::size_t r = 0; r < rows; ++r, x += n, y += n) {
    const F32x16 greatest = set(any_greatest(x, n));
    const F32x16 log_sum = log_in_all(sum_of_exponentials(x, n, greatest));
    map_row(x, y, n, [=](F32x16 e) SLIPWAY_LAMBDA { return sub(sub(e, greatest), log_sum); });
  }
}

// Sixteen columns, lane by lane of the rule: lane[j] has elements j, j + 16, ... of each column.
template <typename Value>
HWY_INLINE F32x16 sum_columns(std::size_t length, Value value) {
  F32x16 lane[kWide];
  for (F32x16& l : lane) l = zero();
  std::size_t i = 0;
  for (; i + kWide <= length; i += kWide) {
    for (std::size_t j = 0; j < kWide; ++j) lane[j] = add(lane[j], value(i + j));
  }
  for (std::size_t j = 0; i + j < length; ++j) lane[j] = add(lane[j], value(i + j));
  for (std::size_t half = kWide / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lane[j] = add(lane[j], lane[j + half]);
  }
  return lane[0];
}

struct Columns {
  std::size_t length;
  std::size_t inner;
  std::size_t count;  // of the columns, at most 16

  HWY_INLINE F32x16 get(const float* x, std::size_t i) const {
    return load_first(x + i * inner, count);
  }
  HWY_INLINE void put(F32x16 value, float* y, std::size_t i) const {
    store_first(value, y + i * inner, count);
  }
  HWY_INLINE F32x16 greatest(const float* x) const {
    F32x16 y = set(-HUGE_VALF);
    for (std::size_t i = 0; i < length; ++i) y = any_greater(y, get(x, i));
    return y;
  }
};

HWY_INLINE void softmax_in(const Columns& columns, const float* x, float* y) {
  const F32x16 greatest = columns.greatest(x);
  const F32x16 sum = sum_columns(columns.length, [&](std::size_t i) SLIPWAY_LAMBDA {
    const F32x16 e = exp(sub(columns.get(x, i), greatest));
    columns.put(e, y, i);
    return e;
  });
  const F32x16 inverse = div(set(1.0F), sum);
  for (std::size_t i = 0; i < columns.length; ++i) {
    columns.put(mul(columns.get(y, i), inverse), y, i);
  }
}

HWY_INLINE void log_softmax_in(const Columns& columns, const float* x, float* y) {
  const F32x16 greatest = columns.greatest(x);
  const F32x16 log_sum = log(sum_columns(columns.length, [&](std::size_t i) SLIPWAY_LAMBDA {
    return exp(sub(columns.get(x, i), greatest));
  }));
  for (std::size_t i = 0; i < columns.length; ++i) {
    columns.put(sub(sub(columns.get(x, i), greatest), log_sum), y, i);
  }
}

template <void (*kFunction)(const Columns&, const float*, float*)>
void in_columns(const float* x, float* y, std::size_t length, std::size_t inner, std::size_t begin,
                std::size_t end) {
  for (std::size_t c = begin; c < end; c += kWide) {
    const std::size_t count = end - c < kWide ? end - c : kWide;
    kFunction({length, inner, count}, x + c, y + c);
  }
}

HWY_INLINE float sum_of(const float* x, std::size_t n) {
  return sum_lanes(
      over_row(x, n, zero(), [](F32x16 lane, F32x16 e) SLIPWAY_LAMBDA { return add(lane, e); }));
}

HWY_INLINE float squares_around(const float* x, std::size_t n, float centre) {
  const F32x16 c = set(centre);
  return sum_lanes(over_row(x, n, zero(), [=](F32x16 lane, F32x16 e) SLIPWAY_LAMBDA {
    const F32x16 d = sub(e, c);
    return fma(d, d, lane);
  }));
}

struct Moments {
  float mean;
  float inverse;
};

HWY_INLINE float inverse_root(float x, float epsilon) { return 1.0F / std::sqrt(x + epsilon); }

HWY_INLINE Moments moments_of(const float* x, std::size_t n, float epsilon) {
  const float mean = sum_of(x, n) / static_cast<float>(n);
  const float variance = squares_around(x, n, mean) / static_cast<float>(n);
  return {mean, inverse_root(variance, epsilon)};
}

HWY_INLINE F32x16 normal(F32x16 x, Moments m) { return mul(sub(x, set(m.mean)), set(m.inverse)); }

// A scale and a bias an element.
HWY_INLINE void normalize_row(const float* x, float* y, std::size_t n, Moments m,
                              const float* scale, const float* bias) {
  for (std::size_t i = 0; i < n; i += kWide) {
    const std::size_t count = n - i < kWide ? n - i : kWide;
    F32x16 t = normal(load_first(x + i, count), m);
    const F32x16 s = scale == nullptr ? set(1.0F) : load_first(scale + i, count);
    if (bias != nullptr) {
      t = fma(t, s, load_first(bias + i, count));
    } else if (scale != nullptr) {
      t = mul(t, s);
    }
    store_first(t, y + i, count);
  }
}

using MomentsOf = Moments (*)(const float* x, std::size_t n, float epsilon);

HWY_INLINE Moments root_mean_square_of(const float* x, std::size_t n, float epsilon) {
  return {0.0F, inverse_root(squares_around(x, n, 0.0F) / static_cast<float>(n), epsilon)};
}

template <MomentsOf kMoments>
void norm(const float* x, float* y, std::size_t rows, std::size_t n, float epsilon,
          const float* scale, const float* bias) {
  const std::size_t together = n <= kShortRow ? kTogether : 1;
  for (std::size_t first = 0; first < rows; first += together) {
    const std::size_t end = first + together < rows ? first + together : rows;
    Moments moments[kTogether];
    for (std::size_t r = first; r < end; ++r) moments[r - first] = kMoments(x + r * n, n, epsilon);
    for (std::size_t r = first; r < end; ++r) {
      normalize_row(x + r * n, y + r * n, n, moments[r - first], scale, bias);
    }
  }
}

HWY_INLINE float mean_of_squares_around(const float* x, std::size_t n, float centre) {
  const F32x16 c = set(centre);
  const float sum = sum_lanes(over_row(x, n, zero(), [=](F32x16 lane, F32x16 e) SLIPWAY_LAMBDA {
    const F32x16 d = sub(e, c);
    return add(lane, mul(d, d));
  }));
  return sum / static_cast<float>(n);
}

// x - 0 is x.
template <bool kIsQuotient>
HWY_INLINE void written_row(const float* x, float* y, std::size_t n, float mean, float root,
                            const float* scale, const float* bias) {
  const F32x16 m = set(mean);
  const F32x16 s = set(kIsQuotient ? root : 1.0F / root);
  for (std::size_t i = 0; i < n; i += kWide) {
    const std::size_t count = n - i < kWide ? n - i : kWide;
    const F32x16 d = sub(load_first(x + i, count), m);
    F32x16 q = kIsQuotient ? div(d, s) : mul(d, s);
    if (scale != nullptr) q = mul(q, load_first(scale + i, count));
    if (bias != nullptr) q = add(q, load_first(bias + i, count));
    store_first(q, y + i, count);
  }
}

void written_norm(const float* x, float* y, std::size_t rows, std::size_t n, WrittenNorm form,
                  const float* scale, const float* bias) {
  const std::size_t together = n <= kShortRow ? kTogether : 1;
  for (std::size_t first = 0; first < rows; first += together) {
    const std::size_t end = first + together < rows ? first + together : rows;
    float mean[kTogether];
    float root[kTogether];
    for (std::size_t r = first; r < end; ++r) {
      mean[r - first] = form.is_rms ? 0.0F : sum_of(x + r * n, n) / static_cast<float>(n);
    }
    for (std::size_t r = first; r < end; ++r) {
      root[r - first] =
          std::sqrt(mean_of_squares_around(x + r * n, n, mean[r - first]) + form.epsilon);
    }
    for (std::size_t r = first; r < end; ++r) {
      (form.is_quotient ? written_row<true> : written_row<false>)(x + r * n, y + r * n, n,
                                                                  mean[r - first], root[r - first],
                                                                  scale, bias);
    }
  }
}

void group_norm(const float* x, float* y, std::size_t rows, std::size_t first_row,
                std::size_t groups, std::size_t group_channels, std::size_t inner, float epsilon,
                const float* scale, const float* bias, bool is_per_group) {
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t group = (first_row + r) % groups;
    const Moments m = moments_of(x, group_channels * inner, epsilon);
    for (std::size_t c = 0; c < group_channels; ++c, x += inner, y += inner) {
      const std::size_t at = is_per_group ? group : group * group_channels + c;
      const F32x16 s = set(scale[at]);
      const F32x16 b = set(bias[at]);
      map_row(x, y, inner, [=](F32x16 e) SLIPWAY_LAMBDA { return fma(normal(e, m), s, b); });
    }
  }
}

void batch_norm(const float* x, float* y, ChannelPlanes planes, const float* mean,
                const float* factor, const float* bias, ActivationSpec activation) {
  const Clamp c = clamp_of(activation);
  for (std::size_t r = 0; r < planes.rows; ++r, x += planes.inner, y += planes.inner) {
    const std::size_t channel = (planes.first_row + r) % planes.channels;
    const F32x16 m = set(mean[channel]);
    const F32x16 f = set(factor[channel]);
    const F32x16 b = set(bias[channel]);
    map_row(x, y, planes.inner,
            [=](F32x16 e) SLIPWAY_LAMBDA { return clamp(fma(sub(e, m), f, b), c); });
    if (!is_clamp(activation)) activate_row(y, planes.inner, activation);
  }
}

void batch_norm_blocks(const float* x, float* y, ChannelPlanes planes, const float* mean,
                       const float* factor, const float* bias, ActivationSpec activation) {
  const Clamp c = clamp_of(activation);
  const std::size_t length = planes.inner * kWide;
  for (std::size_t r = 0; r < planes.rows; ++r, x += length, y += length) {
    const std::size_t first = (planes.first_row + r) % planes.channels * kWide;
    const F32x16 m = load(mean + first);
    const F32x16 f = load(factor + first);
    const F32x16 b = load(bias + first);
    map_row(x, y, length, [=](F32x16 e) SLIPWAY_LAMBDA { return clamp(fma(sub(e, m), f, b), c); });
    if (!is_clamp(activation)) activate_row(y, length, activation);
  }
}

constexpr NormalizeKernels kTable = {softmax,
                                     log_softmax,
                                     in_columns<softmax_in>,
                                     in_columns<log_softmax_in>,
                                     norm<moments_of>,
                                     norm<root_mean_square_of>,
                                     written_norm,
                                     group_norm,
                                     batch_norm,
                                     batch_norm_blocks};

}  // namespace
const NormalizeKernels& normalize_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(NormalizeKernels, normalize_kernels, normalize_table)

void batch_norm_factors(const float* scale, const float* variance, float epsilon,
                        std::size_t channels, float* factor) {
  for (std::size_t c = 0; c < channels; ++c)
    factor[c] = scale[c] / std::sqrt(variance[c] + epsilon);
}
}  // namespace slipway
#endif
