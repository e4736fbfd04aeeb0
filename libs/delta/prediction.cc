#include "delta/prediction.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "delta/predict_run.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define SLIPWAY_AVX2 [[gnu::target("avx2,bmi,bmi2")]]
#endif

namespace slipway::delta {
namespace {

constexpr std::size_t kMostRun = 512;

template <Element kElement>
void know_floats(std::span<const std::int32_t> values, std::uint8_t* known) {
  for (std::size_t i = 0; i < values.size(); ++i) known[i] = exponent_of<kElement>(values[i]);
}

// Of an eight-bit number's magnitude in bits, at most 7. By comparing: many at a time.
std::uint8_t length_of(std::int32_t value) {
  const std::int32_t magnitude = std::abs(value);
  std::int32_t length = 0;
  for (std::int32_t least = 1; least <= 64; least *= 2) length += magnitude >= least ? 1 : 0;
  return static_cast<std::uint8_t>(length);
}

// Where nothing but the old value is known.
void know_plain(Element element, std::span<const std::int32_t> values, std::uint8_t* known) {
  switch (element) {
    case Element::kF32:
      return know_floats<Element::kF32>(values, known);
    case Element::kF16:
      return know_floats<Element::kF16>(values, known);
    case Element::kBf16:
      return know_floats<Element::kBf16>(values, known);
    case Element::kI32:
      std::fill_n(known, values.size(), std::uint8_t{0});
      return;
    case Element::kI8:
    case Element::kU8:
      for (std::size_t i = 0; i < values.size(); ++i) known[i] = length_of(values[i]);
  }
}

// Pairs of ranks: of each a pair of factors, and pairs of values that they multiply. The sums are
// modulo 2^32.
struct Pairs {
  std::size_t count = 0;
  const std::int16_t* factors = nullptr;
  std::size_t factor_step = 0;  // from a pair's to the next one's
  const std::int16_t* values = nullptr;
  std::size_t value_step = 0;
};

struct AnyProcessor {
  SLIPWAY_INLINED static void multiply(const Pairs& pairs, std::int32_t* sums, std::size_t count) {
    std::fill_n(sums, count, 0);
    for (std::size_t pair = 0; pair < pairs.count; ++pair) {
      const std::int32_t a = pairs.factors[pair * pairs.factor_step];
      const std::int32_t b = pairs.factors[pair * pairs.factor_step + 1];
      const std::int16_t* const values = pairs.values + pair * pairs.value_step;
      for (std::size_t i = 0; i < count; ++i) {
        sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) +
                                            static_cast<std::uint32_t>(a * values[2 * i]) +
                                            static_cast<std::uint32_t>(b * values[2 * i + 1]));
      }
    }
  }
};

#if defined(__x86_64__)
struct Avx2 {
  // `count` vectors of eight sums.
  template <std::size_t kCount>
  SLIPWAY_AVX2 SLIPWAY_INLINED static void multiply_eights(const Pairs& pairs, std::size_t first,
                                                           std::int32_t* sums) {
    __m256i totals[kCount];
    for (__m256i& total : totals) total = _mm256_setzero_si256();
    for (std::size_t pair = 0; pair < pairs.count; ++pair) {
      std::int32_t both;
      std::memcpy(&both, pairs.factors + pair * pairs.factor_step, sizeof(both));
      const __m256i factors = _mm256_set1_epi32(both);
      const std::int16_t* const values = pairs.values + pair * pairs.value_step + 2 * first;
      for (std::size_t i = 0; i < kCount; ++i) {
        const __m256i own = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 16 * i));
        totals[i] = _mm256_add_epi32(totals[i], _mm256_madd_epi16(own, factors));
      }
    }
    for (std::size_t i = 0; i < kCount; ++i) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + first + 8 * i), totals[i]);
    }
  }

  SLIPWAY_AVX2 static void multiply(const Pairs& pairs, std::int32_t* sums, std::size_t count) {
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) multiply_eights<4>(pairs, i, sums);
    if (i + 16 <= count) {
      multiply_eights<2>(pairs, i, sums);
      i += 16;
    }
    if (i == count) return;
    Pairs rest = pairs;
    rest.values += 2 * i;
    AnyProcessor::multiply(rest, sums + i, count - i);
  }
};
#endif

// Where an element stands.
struct Place {
  std::uint64_t panel_row = 0;  // the first of its panel
  std::uint64_t lane = 0;
  std::uint64_t column = 0;
};

Place place_of(const Matrix& matrix, std::uint64_t at) {
  return {at / (matrix.columns * matrix.lanes) * matrix.lanes, at % matrix.lanes,
          at / matrix.lanes % matrix.columns};
}

template <bool kIsAcross>
SLIPWAY_INLINED void advance(const Matrix& matrix, std::size_t count, Place& place) {
  if constexpr (kIsAcross) {
    place.lane += count;
    if (place.lane < matrix.lanes) return;
    place.lane = 0;
    place.column += 1;
  } else {
    place.column += count;
  }
  if (place.column < matrix.columns) return;
  place.column = 0;
  place.panel_row += matrix.lanes;
}

template <bool kIsAcross>
SLIPWAY_INLINED Pairs pairs_of(const Prediction& prediction, std::uint64_t rows,
                               const Place& place) {
  const auto row_step = static_cast<std::size_t>(2 * rows);
  const auto column_step = static_cast<std::size_t>(2 * prediction.matrix.columns);
  const std::int16_t* const left = prediction.left.data() + 2 * (place.panel_row + place.lane);
  const std::int16_t* const right = prediction.right.data() + 2 * place.column;
  const std::size_t count = (prediction.rank + 1) / 2;
  return kIsAcross ? Pairs{count, right, column_step, left, row_step}
                   : Pairs{count, left, row_step, right, column_step};
}

template <typename Processor, bool kIsAcross>
SLIPWAY_INLINED void predict_all(const Prediction& prediction, std::uint64_t first,
                                 std::span<std::int32_t> predicted, std::uint8_t* known) {
  std::array<std::int32_t, kMostRun> products;
  const Matrix& matrix = prediction.matrix;
  const std::uint64_t rows = matrix.rows();
  Place place = place_of(matrix, first);
  for (std::size_t done = 0; done < predicted.size();) {
    const std::uint64_t to_end =
        kIsAcross ? matrix.lanes - place.lane : matrix.columns - place.column;
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>({to_end, predicted.size() - done, kMostRun}));
    Run run{predicted.data() + done, known + done, count, nullptr, nullptr, prediction.unit};
    if (!prediction.scales.empty()) {
      run.scales = prediction.scales.data() + place.panel_row + place.lane;
    }
    if (prediction.rank > 0) {
      Processor::multiply(pairs_of<kIsAcross>(prediction, rows, place), products.data(), count);
      run.products = products.data();
    }
    predict_run<kIsAcross>(prediction.element, run);
    advance<kIsAcross>(matrix, count, place);
    done += count;
  }
}

using Predict = void(const Prediction& prediction, std::uint64_t first,
                     std::span<std::int32_t> predicted, std::uint8_t* known);

void predict_in_any(const Prediction& prediction, std::uint64_t first,
                    std::span<std::int32_t> predicted, std::uint8_t* known) {
  if (prediction.matrix.lanes > 1) {
    predict_all<AnyProcessor, true>(prediction, first, predicted, known);
  } else {
    predict_all<AnyProcessor, false>(prediction, first, predicted, known);
  }
}

#if defined(__x86_64__)
SLIPWAY_AVX2 void predict_in_avx2(const Prediction& prediction, std::uint64_t first,
                                  std::span<std::int32_t> predicted, std::uint8_t* known) {
  if (prediction.matrix.lanes > 1) {
    predict_all<Avx2, true>(prediction, first, predicted, known);
  } else {
    predict_all<Avx2, false>(prediction, first, predicted, known);
  }
}
#endif

Predict* best_predict() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0) {
    return predict_in_avx2;
  }
#endif
  return predict_in_any;
}

void predict_by(Predict* predict, const Prediction& prediction, std::uint64_t first,
                std::span<const std::byte> old, std::span<std::int32_t> predicted,
                std::uint8_t* known) {
  load_ordered(prediction.element, old, predicted);
  if (prediction.is_plain()) {
    know_plain(prediction.element, predicted, known);
  } else {
    predict(prediction, first, predicted, known);
  }
}

}  // namespace

void Prediction::predict(std::uint64_t first, std::span<const std::byte> old,
                         std::span<std::int32_t> predicted, std::span<std::uint8_t> known) const {
  static Predict* const best = best_predict();
  predict_by(best, *this, first, old, predicted, known.data());
}

void Prediction::predict_anywhere(std::uint64_t first, std::span<const std::byte> old,
                                  std::span<std::int32_t> predicted,
                                  std::span<std::uint8_t> known) const {
  predict_by(predict_in_any, *this, first, old, predicted, known.data());
}

}  // namespace slipway::delta
