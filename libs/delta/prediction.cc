#include "delta/prediction.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace slipway::delta {
namespace {

constexpr int kGuardBits = 6;  // a scaled mantissa has so many bits more
constexpr std::size_t kPiece = 512;

struct Float {
  int mantissa_bits;
  std::uint32_t last_exponent;  // infinities and NaN
  std::int32_t bias;
};

constexpr Float float_of(Element element) {
  switch (element) {
    case Element::kF16:
      return {10, 31, 15};
    case Element::kBf16:
      return {7, 255, 127};
    default:
      return {23, 255, 127};
  }
}

template <typename Word>
Word word_at(std::span<const std::byte> bytes, std::size_t index) {
  Word word;
  std::memcpy(&word, bytes.data() + index * sizeof(Word), sizeof(Word));
  return word;
}

// Sign and magnitude become two's complement, so that neighbours differ by one; its own inverse.
constexpr std::int32_t ordered32(std::int32_t bits) {
  return bits ^ static_cast<std::int32_t>(static_cast<std::uint32_t>(bits >> 31) >> 1U);
}
constexpr std::int32_t ordered16(std::int16_t bits) { return bits ^ ((bits >> 15) & 0x7FFF); }

constexpr unsigned count_of(std::int32_t bits) { return static_cast<unsigned>(std::max(bits, 0)); }

// old * (1 + scale / 2^kScaleBits) + product * 2^unit, rounded half up in magnitude. Signs are as
// good as random here: nothing branches on them.
template <Element kElement>
std::int32_t predict_float(std::int32_t old, std::int64_t scale, std::int64_t product,
                           std::int32_t unit) {
  constexpr Float kFormat = float_of(kElement);
  constexpr int kBits = kFormat.mantissa_bits;
  constexpr std::int64_t kMost = (static_cast<std::int64_t>(kFormat.last_exponent) << kBits) - 1;
  const std::int32_t sign = old >> 31;
  const auto magnitude = static_cast<std::uint32_t>(old ^ sign);
  const std::uint32_t field = magnitude >> static_cast<unsigned>(kBits);
  if (field >= kFormat.last_exponent) return old;
  const std::int32_t exponent = std::max<std::int32_t>(static_cast<std::int32_t>(field), 1);
  const std::uint32_t hidden = (field != 0 ? 1U : 0U) << kBits;
  std::int64_t value = ((magnitude & ((1U << kBits) - 1)) | hidden) << kGuardBits;
  value += (value * scale) >> kScaleBits;
  value = (value ^ sign) - sign;
  const std::int32_t shift = unit - (exponent - kFormat.bias - kBits - kGuardBits);
  value += (product << count_of(std::min(shift, 30))) >> count_of(std::min(-shift, 40));
  const std::int64_t new_sign = value == 0 ? sign : value >> 63;
  const std::uint64_t size = static_cast<std::uint64_t>((value ^ new_sign) - new_sign);
  const std::int32_t down = std::max(static_cast<std::int32_t>(std::bit_width(size)) - (kBits + 1),
                                     kGuardBits + 1 - exponent);
  const std::uint64_t half = std::uint64_t{1} << count_of(down) >> 1U;
  const std::uint64_t rounded = ((size << count_of(-down)) + half) >> count_of(down);
  const std::int64_t bits = (static_cast<std::int64_t>(exponent + down - kGuardBits - 1) << kBits) +
                            static_cast<std::int64_t>(rounded);
  return static_cast<std::int32_t>(std::min(bits, kMost) ^ new_sign);
}

template <Element kElement>
std::int16_t known_of_float(std::int32_t ordered) {
  const auto magnitude = static_cast<std::uint32_t>(ordered ^ (ordered >> 31));
  const auto field = static_cast<std::int32_t>(
      magnitude >> static_cast<unsigned>(float_of(kElement).mantissa_bits));
  return static_cast<std::int16_t>(16 * std::max(field, 1));
}

// A piece lies in one row, or in one column across the lanes.
struct Piece {
  std::span<std::int32_t> values;  // old, then predicted
  std::span<std::int16_t> known;
  const std::int32_t* scales;  // nothing, or of the first element
  std::size_t scale_step;      // 0 in a row, 1 across lanes
  const std::int32_t* products;
};

template <Element kElement>
void predict_floats(const Piece& piece, std::int32_t unit) {
  // Of what is left out there is a zero for all.
  constexpr std::int32_t kNothing = 0;
  const std::int32_t* const scales = piece.scales != nullptr ? piece.scales : &kNothing;
  const std::size_t scale_step = piece.scales != nullptr ? piece.scale_step : 0;
  const std::int32_t* const products = piece.products != nullptr ? piece.products : &kNothing;
  const std::size_t product_step = piece.products != nullptr ? 1 : 0;
  for (std::size_t i = 0; i < piece.values.size(); ++i) {
    piece.values[i] = predict_float<kElement>(piece.values[i], scales[i * scale_step],
                                              products[i * product_step], unit);
    piece.known[i] = known_of_float<kElement>(piece.values[i]);
  }
}

// Eight bits: a scaled element tells by its fraction how likely the next whole number is.
void predict_bytes(const Piece& piece) {
  for (std::size_t i = 0; i < piece.values.size(); ++i) {
    const std::int32_t value = piece.values[i];
    const std::int64_t scale = piece.scales[i * piece.scale_step];
    const auto grown =
        static_cast<std::int32_t>(((value < 0 ? -value : value) * scale) >> (kScaleBits - 8));
    const std::int32_t whole = (grown + 128) >> 8;
    const std::int32_t fraction = (grown + 128) & 255;
    piece.values[i] = std::clamp(value < 0 ? value - whole : value + whole, -128, 127);
    piece.known[i] = static_cast<std::int16_t>(std::min((fraction + 16) >> 5, 7));
  }
}

void predict_words(const Piece& piece) {
  for (std::size_t i = 0; i < piece.values.size(); ++i) {
    const std::int64_t value = piece.values[i];
    const std::int64_t scale = piece.scales != nullptr ? piece.scales[i * piece.scale_step] : 0;
    const std::int64_t grown = value + ((value * scale) >> kScaleBits);
    piece.values[i] =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(grown, INT32_MIN, INT32_MAX));
    piece.known[i] = 0;
  }
}

void predict_piece(Element element, const Piece& piece, std::int32_t unit) {
  switch (element) {
    case Element::kF32:
      return predict_floats<Element::kF32>(piece, unit);
    case Element::kF16:
      return predict_floats<Element::kF16>(piece, unit);
    case Element::kBf16:
      return predict_floats<Element::kBf16>(piece, unit);
    case Element::kI8:
    case Element::kU8:
      return predict_bytes(piece);
    case Element::kI32:
      return predict_words(piece);
  }
}

template <Element kElement>
void know_floats(std::span<const std::int32_t> values, std::span<std::int16_t> known) {
  for (std::size_t i = 0; i < values.size(); ++i) known[i] = known_of_float<kElement>(values[i]);
}

void know_plain(Element element, std::span<const std::int32_t> values,
                std::span<std::int16_t> known) {
  switch (element) {
    case Element::kF32:
      return know_floats<Element::kF32>(values, known);
    case Element::kF16:
      return know_floats<Element::kF16>(values, known);
    case Element::kBf16:
      return know_floats<Element::kBf16>(values, known);
    case Element::kI32:
      std::ranges::fill(known, std::int16_t{0});
      return;
    case Element::kI8:
    case Element::kU8:
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto magnitude = static_cast<std::uint32_t>(std::abs(values[i]));
        known[i] =
            static_cast<std::int16_t>(std::min(static_cast<int>(std::bit_width(magnitude)), 7));
      }
  }
}

// Four factors and the values they multiply: one pass over the sums.
struct Four {
  std::array<std::int16_t, 4> factors;
  std::array<const std::int16_t*, 4> values;
};

// sums[i] += the products, modulo 2^32.
void add_products(const Four& four, std::span<std::int32_t> sums) {
  const auto [a, b, c, d] = four.values;
  const auto product = [](std::int16_t factor, std::int16_t value) {
    return static_cast<std::uint32_t>(std::int32_t{factor} * value);
  };
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] =
        static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) +
                                  product(four.factors[0], a[i]) + product(four.factors[1], b[i]) +
                                  product(four.factors[2], c[i]) + product(four.factors[3], d[i]));
  }
}

}  // namespace

void Prediction::predict(std::uint64_t first, std::span<const std::byte> old,
                         std::span<std::int32_t> predicted, std::span<std::int16_t> known) const {
  load_ordered(element, old, predicted);
  if (is_plain()) {
    know_plain(element, predicted, known);
    return;
  }
  std::array<std::int32_t, kPiece> products;
  const std::uint64_t panel = matrix.columns * matrix.lanes;
  const std::uint64_t rows = matrix.rows();
  const bool is_across = matrix.lanes > 1;
  for (std::size_t done = 0; done < predicted.size();) {
    const std::uint64_t at = first + done;
    const std::uint64_t lane = at % matrix.lanes;
    const std::uint64_t row = at / panel * matrix.lanes + lane;
    const std::uint64_t column = at / matrix.lanes % matrix.columns;
    const std::uint64_t to_end = is_across ? matrix.lanes - lane : matrix.columns - column;
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>({to_end, predicted.size() - done, kPiece}));
    const std::span<std::int32_t> sums(products.data(), count);
    if (rank > 0) std::ranges::fill(sums, 0);
    for (std::uint32_t k = 0; k < rank; k += 4) {
      Four four;
      for (std::uint32_t j = 0; j < 4; ++j) {
        const std::uint32_t own = std::min(k + j, rank - 1);
        const std::int16_t* const l = left.data() + own * rows + row;
        const std::int16_t* const r = right.data() + own * matrix.columns + column;
        const std::int16_t factor = is_across ? *r : *l;
        four.factors[j] = k + j < rank ? factor : std::int16_t{0};
        four.values[j] = is_across ? l : r;
      }
      add_products(four, sums);
    }
    predict_piece(element,
                  {predicted.subspan(done, count), known.subspan(done, count),
                   scales.empty() ? nullptr : scales.data() + row, is_across ? 1U : 0U,
                   rank > 0 ? products.data() : nullptr},
                  unit);
    done += count;
  }
}

void load_ordered(Element element, std::span<const std::byte> bytes,
                  std::span<std::int32_t> ordered) {
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    switch (element) {
      case Element::kF32:
        ordered[i] = ordered32(word_at<std::int32_t>(bytes, i));
        break;
      case Element::kI32:
        ordered[i] = word_at<std::int32_t>(bytes, i);
        break;
      case Element::kF16:
      case Element::kBf16:
        ordered[i] = ordered16(word_at<std::int16_t>(bytes, i));
        break;
      case Element::kI8:
        ordered[i] = word_at<std::int8_t>(bytes, i);
        break;
      case Element::kU8:
        ordered[i] = word_at<std::uint8_t>(bytes, i) - 128;
        break;
    }
  }
}

void store_sum(Element element, std::span<const std::int32_t> predicted,
               std::span<const std::int32_t> differences, std::span<std::byte> bytes) {
  const auto sum = [&](std::size_t i) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(predicted[i]) +
                                     static_cast<std::uint32_t>(differences[i]));
  };
  const auto away = [&](std::size_t i) {
    return predicted[i] < 0 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(predicted[i]) -
                                                        static_cast<std::uint32_t>(differences[i]))
                            : sum(i);
  };
  const auto put = [&](std::size_t i, auto word) {
    std::memcpy(bytes.data() + i * sizeof(word), &word, sizeof(word));
  };
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    switch (element) {
      case Element::kF32:
        put(i, ordered32(sum(i)));
        break;
      case Element::kI32:
        put(i, sum(i));
        break;
      case Element::kF16:
      case Element::kBf16:
        put(i, static_cast<std::int16_t>(ordered16(static_cast<std::int16_t>(sum(i)))));
        break;
      case Element::kI8:
        put(i, static_cast<std::int8_t>(away(i)));
        break;
      case Element::kU8:
        put(i, static_cast<std::uint8_t>(away(i) + 128));
        break;
    }
  }
}

void differences_of(Element element, std::span<const std::int32_t> predicted,
                    std::span<const std::byte> bytes, std::span<std::int32_t> differences) {
  load_ordered(element, bytes, differences);
  const bool is_away = kind_of(element) == Kind::kInteger;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const auto difference = static_cast<std::int32_t>(static_cast<std::uint32_t>(differences[i]) -
                                                      static_cast<std::uint32_t>(predicted[i]));
    differences[i] = is_away && predicted[i] < 0
                         ? static_cast<std::int32_t>(0U - static_cast<std::uint32_t>(difference))
                         : difference;
  }
}

}  // namespace slipway::delta
