// What the old elements say about the new ones: the same, or grown row by row, plus a product of
// two thin matrices. Whole numbers only: docs/formats/delta.md, "Predictions".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "delta/format.h"
#include "delta/model.h"

namespace slipway::delta {

// How elements that follow each other lie in a matrix: panels of `lanes` rows, each column by
// column. One lane is row-major; as many as there are rows, column-major.
struct Matrix {
  std::uint64_t elements = 0;
  std::uint64_t columns = 1;
  std::uint64_t lanes = 1;

  // Of whole panels; the last may be cut short.
  std::uint64_t rows() const {
    const std::uint64_t panel = columns * lanes;
    return (elements + panel - 1) / panel * lanes;
  }
};

struct Prediction {
  Element element = Element::kF32;
  Matrix matrix;
  std::vector<std::int32_t> scales;  // of each row, or none
  std::uint32_t rank = 0;
  std::vector<std::int16_t> left;   // [rank][rows]
  std::vector<std::int16_t> right;  // [rank][columns]
  std::int32_t unit = 0;            // the product counts in 2^unit

  bool is_plain() const { return scales.empty() && rank == 0; }

  // The elements from number `first` on, as many as `predicted` holds; `old` are their old bytes.
  // `known` is what the entropy coder is told of each.
  void predict(std::uint64_t first, std::span<const std::byte> old,
               std::span<std::int32_t> predicted, std::span<std::int16_t> known) const;
};

constexpr Kind kind_of(Element element) {
  return element == Element::kI8 || element == Element::kU8 ? Kind::kInteger : Kind::kFloat;
}

// Elements as whole numbers in the order of their values, and back: what is added to a prediction.
void load_ordered(Element element, std::span<const std::byte> bytes,
                  std::span<std::int32_t> ordered);
// new = predicted + difference, modulo the element's size. Eight-bit differences point away from
// zero: their sign is turned where the prediction is negative.
void store_sum(Element element, std::span<const std::int32_t> predicted,
               std::span<const std::int32_t> differences, std::span<std::byte> bytes);
void differences_of(Element element, std::span<const std::int32_t> predicted,
                    std::span<const std::byte> bytes, std::span<std::int32_t> differences);

}  // namespace slipway::delta
