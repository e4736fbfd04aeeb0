// Products of a recurrent layer with weights of int8, in integers. Include after dispatch.h, in a
// source with SLIPWAY_INT8_TARGETS, before recurrent-inl.h.
#if defined(SLIPWAY_BYTE_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_BYTE_PRODUCT_INL_H
#undef SLIPWAY_BYTE_PRODUCT_INL_H
#else
#define SLIPWAY_BYTE_PRODUCT_INL_H
#endif

#include <algorithm>

#include "kernels/recurrent/fixed-inl.h"
#include "kernels/recurrent/packed.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr bool kIsBytes = true;

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kMostSums = 1;  // that stay in registers
constexpr std::size_t kAbreast = 1;   // groups in one chain of instructions
constexpr std::size_t kTileRows = 1, kTilePanels = 1;
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kMostSums = 16;
constexpr std::size_t kAbreast = 4;  // nothing else stands beside them
constexpr std::size_t kTileRows = 4, kTilePanels = 2;
#else
constexpr std::size_t kMostSums = 6;
constexpr std::size_t kAbreast = 1;
#if HWY_TARGET == HWY_AVX2 && defined(SLIPWAY_DOT)
constexpr std::size_t kTileRows = 2, kTilePanels = 2;
#else
constexpr std::size_t kTileRows = 4, kTilePanels = 1;
#endif
#endif

constexpr std::size_t kFixedFours = numeric::kFixedDepth / kFour;

// sum q w of kRows vectors and kCount vectors of columns, from row to row of weights and from
// vector to vector at the strides. `use(row, column, sum, is_first, is_last)` takes what
// kFixedDepth elements of depth give.
template <std::size_t kRows, std::size_t kCount, typename Use>
HWY_INLINE void multiply_fixed(const std::uint8_t* fixed, std::size_t fixed_stride,
                               const std::int8_t* w, std::size_t row_stride,
                               std::size_t vector_stride, std::size_t depth, Use use) {
  const std::size_t fours = (depth + kFour - 1) / kFour;
  for (std::size_t first = 0; first < fours; first += kFixedFours) {
    const std::size_t end = std::min(fours, first + kFixedFours);
    F32x16 sums[kRows][kCount];
    HWY_UNROLL(2)
    for (std::size_t part = 0; part < kFixedParts; ++part) {
      const std::int8_t* row = w + part * (kFourBytes / kFixedParts);
      FixedSums acc[kRows][kCount];
      HWY_UNROLL(8)
      for (std::size_t m = 0; m < kRows; ++m) {
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < kCount; ++i) acc[m][i] = start_fixed(row + i * vector_stride);
      }
      row += row_stride;
      for (std::size_t four = first; four < end; ++four, row += row_stride) {
        FixedFour x[kRows];
        HWY_UNROLL(4)
        for (std::size_t m = 0; m < kRows; ++m) x[m] = load_fixed(fixed + m * fixed_stride, four);
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < kCount; ++i) {
          const FixedWeights weights = load_fixed_weights(row + i * vector_stride);
          HWY_UNROLL(4)
          for (std::size_t m = 0; m < kRows; ++m) take(acc[m][i], x[m], weights);
        }
      }
      HWY_UNROLL(8)
      for (std::size_t m = 0; m < kRows; ++m) {
        HWY_UNROLL(8)
        for (std::size_t i = 0; i < kCount; ++i) finish(acc[m][i], part, sums[m][i]);
      }
    }
    w += (1 + end - first) * row_stride;
    HWY_UNROLL(8)
    for (std::size_t m = 0; m < kRows; ++m) {
      HWY_UNROLL(8)
      for (std::size_t i = 0; i < kCount; ++i) {
        use(m, i, sums[m][i], first == 0, end == fours);
      }
    }
  }
}

// dot(h, R) before the scales.
template <typename W, std::size_t kGroups, std::size_t kGates>
void multiply_groups(const void* vector, const void* r, std::size_t row_stride, std::size_t hidden,
                     std::size_t /*chains*/, float* sums) {
  multiply_fixed<1, kGroups * kGates>(
      static_cast<const std::uint8_t*>(vector), 0, static_cast<const std::int8_t*>(r), row_stride,
      kFourBytes, hidden,
      [&](std::size_t /*row*/, std::size_t i, F32x16 sum, bool is_first, bool /*is_last*/)
          HWY_ATTR {
            float* const to = sums + i * kWide;
            store(is_first ? sum : add(load(to), sum), to);
          });
}

// Rows of x, as fixed-point numbers, times panels of W, with the scales.
struct InputProduct {
  const std::uint8_t* fixed;
  std::size_t fixed_stride;  // bytes from row to row
  const float* units;
  const std::int8_t* w;
  std::size_t panel_stride;
  const float* w_scale;
  std::size_t inputs;
  float* wx;
  std::size_t wx_stride;

  template <std::size_t kRows, std::size_t kPanels>
  HWY_INLINE void tile(std::size_t row, std::size_t panel) const {
    float* const to = wx + row * wx_stride + panel * kWide;
    multiply_fixed<kRows, kPanels>(
        fixed + row * fixed_stride, fixed_stride, w + panel * panel_stride, kFourBytes,
        panel_stride, inputs,
        [&](std::size_t m, std::size_t i, F32x16 sum, bool is_first, bool is_last) HWY_ATTR {
          float* const at = to + m * wx_stride + i * kWide;
          if (!is_first) sum = add(load(at), sum);
          if (is_last) {
            const F32x16 scale = load(w_scale + (panel + i) * kWide);
            sum = mul(sum, mul(scale, set(units[row + m])));
          }
          store(sum, at);
        });
  }

  template <std::size_t kPanels>
  HWY_NOINLINE void panels(std::size_t rows, std::size_t panel) const {
    std::size_t row = 0;
    for (; row + kTileRows <= rows; row += kTileRows) tile<kTileRows, kPanels>(row, panel);
    for (; row < rows; ++row) tile<1, kPanels>(row, panel);
  }
};

// No products at all, scaled: zeros that have the sign of the scale.
inline void sum_nothing(const char* w_scale, std::size_t rows, std::size_t columns, float* wx) {
  for (std::size_t i = 0; i < rows * columns; ++i) {
    wx[i] = 0.0F * reinterpret_cast<const float*>(w_scale)[i % columns];
  }
}

// dot(x, W) of all rows, scaled.
inline void multiply_inputs(const RecurrentCall& call, const char* packed, float* wx,
                            float* scratch) {
  const RecurrentForm& form = call.form;
  const PackedRecurrent at = packed_recurrent(form);
  const std::size_t rows = call.steps * call.batch;
  const std::size_t columns = form.columns();
  if (form.inputs == 0) return sum_nothing(packed + at.w_scale, rows, columns, wx);
  const FixedScratch space = fixed_scratch(form, rows);
  const std::size_t stride = 2 * padded_to_group(form.inputs);
  auto* const fixed = reinterpret_cast<std::uint8_t*>(scratch + space.x);
  float* const units = scratch + space.units;
  for (std::size_t row = 0; row < rows; ++row) {
    const float* const x = call.x + row * form.inputs;
    const numeric::FixedScale scale =
        numeric::fixed_scale_of(greatest_bits(x, form.inputs), numeric::kLeastInputExponent);
    write_fixed(x, form.inputs, scale.factor, fixed + row * stride);
    units[row] = scale.unit;
  }
  const InputProduct product = {fixed,
                                stride,
                                units,
                                reinterpret_cast<const std::int8_t*>(packed + at.w),
                                vector_rows(form, form.inputs) * kFourBytes,
                                reinterpret_cast<const float*>(packed + at.w_scale),
                                form.inputs,
                                wx,
                                columns};
  std::size_t panel = 0;
  for (; panel + kTilePanels <= columns / kWide; panel += kTilePanels) {
    product.panels<kTilePanels>(rows, panel);
  }
  if constexpr (kTilePanels > 1) {
    for (; panel < columns / kWide; ++panel) product.panels<1>(rows, panel);
  }
}

// A vector that R is multiplied by, as fixed-point numbers, and what the sums of their products are
// multiplied by.
struct Fixed {
  std::uint8_t* numbers;
  const float* scale;        // R's times the unit
  const float* usual_scale;  // where the vector is within [-1, 1]
  float* other_scale;        // space for another
  bool is_outside;           // it is not within them: the numbers are to be made again
};
using FixedVectors = Fixed[kFixedVectors];

// Before the groups of a vector are put one by one.
HWY_INLINE void start(Fixed& fixed) {
  fixed.scale = fixed.usual_scale;
  fixed.is_outside = false;
}
// What it holds is another vector's.
HWY_INLINE void forget(Fixed& fixed) { fixed.is_outside = true; }

HWY_INLINE void put(Fixed& fixed, std::size_t unit, F32x16 x) {
  store_fixed(mul(x, set(1 << numeric::kFixedBits)), fixed.numbers, unit);
  fixed.is_outside |= has_outside(x);
}

HWY_NOINLINE void make_again(const RecurrentForm& form, const float* r_scale, const float* vector,
                             Fixed& fixed) {
  const numeric::FixedScale scale =
      numeric::fixed_scale_of(greatest_bits(vector, form.hidden), numeric::kLeastStateExponent);
  write_fixed(vector, form.hidden, scale.factor, fixed.numbers);
  for (std::size_t i = 0; i < form.columns(); ++i) fixed.other_scale[i] = r_scale[i] * scale.unit;
  fixed.scale = fixed.other_scale;
  fixed.is_outside = false;
}

// What is multiplied by R, once all of the vector is there (null: zeros), and by what then.
HWY_INLINE const void* factors_of(const RecurrentForm& form, const float* r_scale,
                                  const float* vector, Fixed& fixed, const float*& scale) {
  scale = fixed.usual_scale;
  if (vector == nullptr) return nullptr;
  if (HWY_UNLIKELY(fixed.is_outside)) make_again(form, r_scale, vector, fixed);
  scale = fixed.scale;
  return fixed.numbers;
}

// The usual scale serves all sequences.
inline void lay_out(const RecurrentForm& form, const float* r_scale, std::size_t rows, float* space,
                    FixedVectors& fixed) {
  const std::size_t columns = form.columns();
  const FixedScratch at = fixed_scratch(form, rows);
  float* const usual = space + at.scales;
  for (std::size_t i = 0; i < columns; ++i) {
    usual[i] = r_scale[i] * numeric::power_of_two_of(-numeric::kFixedBits);
  }
  auto* const numbers = reinterpret_cast<std::uint8_t*>(space + at.vectors);
  for (std::size_t i = 0; i < kFixedVectors; ++i) {
    fixed[i] = {numbers + i * 2 * padded_to_group(form.hidden), usual, usual,
                usual + (i + 1) * columns, false};
  }
}

template <typename Body>
HWY_INLINE void visit_r(const RecurrentCall& /*call*/, Body body) {
  body.template operator()<std::int8_t>();
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_BYTE_PRODUCT_INL_H
