// What the old elements say about the new ones: the same, or grown row by row, plus a product of
// two thin matrices. Whole numbers only: docs/formats/delta.md, "Predictions".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "delta/elements.h"
#include "delta/format.h"
#include "delta/model.h"

namespace slipway::delta {

// How elements that follow each other lie in a matrix: panels of `lanes` rows, each column by
// column. One lane is row-major; as many as there are rows, column-major.
struct Matrix {
  std::uint64_t elements = 0;
  std::uint64_t columns = 1;
  std::uint64_t lanes = 1;
  std::uint64_t shared = 1;  // lanes side by side that have one scale; divides `lanes`

  // Of whole panels; the last may be cut short.
  std::uint64_t rows() const {
    const std::uint64_t panel = columns * lanes;
    return (elements + panel - 1) / panel * lanes;
  }
};

struct Prediction {
  Element element = Element::kF32;
  Matrix matrix;
  std::vector<std::int32_t> scales;  // of each row, those that share one too; or none
  std::uint32_t rank = 0;
  std::vector<std::int16_t> left;   // of ranks in pairs, the last with zeros: [pair][rows][2]
  std::vector<std::int16_t> right;  // [pair][columns][2]
  std::int32_t unit = 0;            // the product counts in 2^unit

  bool is_plain() const { return scales.empty() && rank == 0; }

  // The elements from number `first` on, as many as `predicted` holds; `old` are their old bytes.
  // `known` is what the entropy coder is told of each.
  void predict(std::uint64_t first, std::span<const std::byte> old,
               std::span<std::int32_t> predicted, std::span<std::uint8_t> known) const;
  // The same by the instructions that every processor has: what others have to agree with.
  void predict_anywhere(std::uint64_t first, std::span<const std::byte> old,
                        std::span<std::int32_t> predicted, std::span<std::uint8_t> known) const;
};

// Where number i of `extent` of a rank lies in `left` or `right`, and how many there are.
constexpr std::size_t paired_at(std::size_t rank, std::size_t i, std::size_t extent) {
  return (rank / 2 * extent + i) * 2 + rank % 2;
}
constexpr std::size_t paired_count(std::size_t ranks, std::size_t extent) {
  return (ranks + 1) / 2 * 2 * extent;
}

constexpr Kind kind_of(Element element) {
  return element == Element::kI8 || element == Element::kU8 ? Kind::kInteger : Kind::kFloat;
}

}  // namespace slipway::delta
