#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/move/grid.cc"
#include "kernels/move/grid.h"

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Points whose taps are found together.
inline constexpr std::size_t kTogether = 64;

// What an output weighs, in the order in which it does.
struct Taps {
  std::size_t count;
  std::int32_t position[4];
  float weight[4];
};

// Along one axis.
struct AxisTaps {
  std::size_t count = 0;
  std::int64_t position[2];  // -1 reads as zero
  double weight[2];

  HWY_INLINE void add(std::int64_t at, double w) {
    position[count] = at;
    weight[count++] = w;
  }
};

struct Axis {
  bool is_nearest;
  bool aligns_corners;
  GridPadding padding;
  std::int64_t extent;
  double size;
  double low, high;  // where it is mirrored
};

HWY_INLINE Axis axis_of(const GridSpec& spec, std::size_t extent) {
  const auto size = static_cast<double>(extent);
  return {spec.is_nearest,
          spec.aligns_corners,
          spec.padding,
          static_cast<std::int64_t>(extent),
          size,
          spec.aligns_corners ? 0 : -0.5,
          spec.aligns_corners ? size - 1 : size - 0.5};
}

// Mirrors x at both ends of the axis until it lies between them.
HWY_INLINE double mirrored(const Axis& axis, double x) {
  const double span = axis.high - axis.low;
  if (!(span > 0)) return axis.low;
  const double distance = __builtin_fabs(x - axis.low);
  const double rest = distance - 2 * span * __builtin_floor(distance / (2 * span));
  return axis.low + (rest > span ? 2 * span - rest : rest);
}

HWY_INLINE std::int64_t clamped(const Axis& axis, std::int64_t at) {
  return at < 0 ? 0 : at < axis.extent ? at : axis.extent - 1;
}

// Which position stands for `at`.
HWY_INLINE std::int64_t padded(const Axis& axis, std::int64_t at) {
  if (at >= 0 && at < axis.extent) return at;
  if (axis.padding == GridPadding::kZeros) return -1;
  if (axis.padding == GridPadding::kBorder) return clamped(axis, at);
  return clamped(axis, static_cast<std::int64_t>(mirrored(axis, static_cast<double>(at))));
}

HWY_INLINE double placed(const Axis& axis, double coordinate) {
  double x = axis.aligns_corners ? (coordinate + 1) / 2 * (axis.size - 1)
                                 : ((coordinate + 1) * axis.size - 1) / 2;
  if (axis.is_nearest) x = __builtin_nearbyint(x);
  if (axis.padding == GridPadding::kBorder) {
    if (!(x >= axis.low && x <= axis.high)) x = x > 0 ? axis.size - 1 : 0;
  } else if (axis.padding == GridPadding::kReflection) {
    if (x < axis.low || x > axis.high) x = mirrored(axis, x);
  }
  return x;
}

HWY_INLINE AxisTaps taps_along(const Axis& axis, double coordinate) {
  AxisTaps taps;
  const double x = placed(axis, coordinate);
  if (!(x > -4 && x < axis.size + 4)) {  // far outside, or not a number
    taps.add(axis.padding == GridPadding::kZeros ? -1 : x > 0 ? axis.extent - 1 : 0, 1);
    return taps;
  }
  if (axis.is_nearest) {
    taps.add(padded(axis, static_cast<std::int64_t>(__builtin_nearbyint(x))), 1);
    return taps;
  }
  const auto first = static_cast<std::int64_t>(__builtin_floor(x));
  taps.add(padded(axis, first), 1 - __builtin_fabs(x - static_cast<double>(first)));
  taps.add(padded(axis, first + 1), 1 - __builtin_fabs(x - static_cast<double>(first + 1)));
  return taps;
}

HWY_INLINE void find_taps(const Axis& down, const Axis& across, const float* point, Taps& taps) {
  const AxisTaps rows = taps_along(down, static_cast<double>(point[1]));
  const AxisTaps columns = taps_along(across, static_cast<double>(point[0]));
  taps.count = 0;
  for (std::size_t r = 0; r < rows.count; ++r) {
    if (rows.position[r] < 0) continue;
    for (std::size_t c = 0; c < columns.count; ++c) {
      if (columns.position[c] < 0) continue;
      const std::int64_t at = rows.position[r] * across.extent + columns.position[c];
      taps.position[taps.count] = static_cast<std::int32_t>(at);
      taps.weight[taps.count++] = static_cast<float>(rows.weight[r] * columns.weight[c]);
    }
  }
}

// Calls f(taps, first point, their number) for points begin .. end.
template <typename F>
HWY_INLINE void for_each_chunk(const GridSpec& spec, const float* grid, std::size_t begin,
                               std::size_t end, F f) {
  const Axis down = axis_of(spec, spec.height);
  const Axis across = axis_of(spec, spec.width);
  Taps taps[kTogether];
  for (std::size_t p = begin; p < end; p += kTogether) {
    const std::size_t count = end - p < kTogether ? end - p : kTogether;
    for (std::size_t i = 0; i < count; ++i) find_taps(down, across, grid + 2 * (p + i), taps[i]);
    f(taps, p, count);
  }
}

HWY_INLINE float weighed(const Taps& taps, std::size_t count, const float* x) {
  float sum = 0.0F;
  for (std::size_t t = 0; t < count; ++t)
    sum = __builtin_fmaf(taps.weight[t], x[taps.position[t]], sum);
  return sum;
}

// Points of one channel, each of kCount taps.
template <std::size_t kCount>
HWY_INLINE void weigh_all(const Taps* taps, std::size_t count, const float* x, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = weighed(taps[i], kCount, x);
}

HWY_INLINE bool have_all(const Taps* taps, std::size_t count, std::size_t wanted) {
  for (std::size_t i = 0; i < count; ++i) {
    if (taps[i].count != wanted) return false;
  }
  return true;
}

void sample_plain(const GridSpec& spec, const float* x, const float* grid, float* y,
                  std::size_t begin, std::size_t end) {
  const std::size_t pixels = spec.height * spec.width;
  for_each_chunk(spec, grid, begin, end,
                 [&](const Taps* taps, std::size_t first, std::size_t count) HWY_ATTR {
                   const bool are_inside = have_all(taps, count, 4);
                   const bool are_single = have_all(taps, count, 1);
                   for (std::size_t c = 0; c < spec.channels; ++c) {
                     const float* const from = x + c * pixels;
                     float* const to = y + c * spec.points + first;
                     if (are_inside) {
                       weigh_all<4>(taps, count, from, to);
                     } else if (are_single) {
                       weigh_all<1>(taps, count, from, to);
                     } else {
                       for (std::size_t i = 0; i < count; ++i)
                         to[i] = weighed(taps[i], taps[i].count, from);
                     }
                   }
                 });
}

void sample_blocked(const GridSpec& spec, const float* x, const float* grid, float* y,
                    std::size_t begin, std::size_t end) {
  const std::size_t pixels = spec.height * spec.width;
  const std::size_t blocks = (spec.channels + kWide - 1) / kWide;
  for_each_chunk(spec, grid, begin, end,
                 [&](const Taps* taps, std::size_t first, std::size_t count) HWY_ATTR {
                   for (std::size_t b = 0; b < blocks; ++b) {
                     const float* const from = x + b * pixels * kWide;
                     float* to = y + (b * spec.points + first) * kWide;
                     for (std::size_t i = 0; i < count; ++i, to += kWide) {
                       F32x16 sum = zero();
                       for (std::size_t t = 0; t < taps[i].count; ++t) {
                         const auto at = static_cast<std::size_t>(taps[i].position[t]);
                         sum = fma(taps[i].weight[t], load(from + at * kWide), sum);
                       }
                       store(sum, to);
                     }
                   }
                 });
}

constexpr GridKernels kTable = {sample_plain, sample_blocked};

}  // namespace
const GridKernels& grid_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(GridKernels, grid_kernels, grid_table)
}  // namespace slipway
#endif
